"""Score rows as text: what is written is read, and what is wrong is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.routing.score_rows import COLUMNS, ScoreFileError, format_rows, parse_rows
from speko.routing.snapshot import ScoreRow
from tests.routing.scores import row
from tests.routing.strategies import valid_rows

GOOD = {
    "modality": "stt",
    "vendor": "deepgram",
    "model": "nova-3",
    "voice": "",
    "language": "en",
    "region": "us-east4",
    "mode": "streaming",
    "quality_metric": "wer_pct",
    "quality": "7.8",
    "latency_metric": "ttfp_p50_ms",
    "latency": "1061",
    "cost_usd_per_min": "7e-3",
    "status": "production",
    "note": "",
}


def text_of(*lines: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> str:
    return "\n".join([",".join(columns), *(",".join(line.get(column, "") for column in columns) for line in lines)])


def failure(text: str) -> ScoreFileError:
    with pytest.raises(ScoreFileError) as caught:
        parse_rows(text, "own.csv")
    assert caught.value.file == "own.csv"
    assert str(caught.value).startswith("own.csv")
    return caught.value


def test_a_row_in_full() -> None:
    assert parse_rows(text_of(GOOD), "own.csv") == (
        ScoreRow(
            modality="stt",
            provider="deepgram",
            model="nova-3",
            language="en",
            region="us-east4",
            mode="streaming",
            quality=7.8,
            latency_ms=1061,
            cost_per_minute=0.007,
        ),
    )


@given(valid_rows())
def test_what_is_written_is_read_back(rows: tuple[ScoreRow, ...]) -> None:
    assert parse_rows(format_rows(rows), "own.csv") == rows


@given(st.text() | st.text(alphabet=',"\r\nab').map(lambda tail: text_of(GOOD) + "\n" + tail))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        rows = parse_rows(text, "own.csv")
    except ScoreFileError as error:
        assert error.file == "own.csv"
    else:
        assert parse_rows(format_rows(rows), "own.csv") == rows


@given(st.sampled_from(COLUMNS), st.text(max_size=6))
def test_any_cell_is_read_or_refused_with_its_column(column: str, cell: str) -> None:
    quoted = '"' + cell.replace('"', '""') + '"'
    try:
        parse_rows(text_of(GOOD | {column: quoted}), "own.csv")
    except ScoreFileError as error:
        assert error.column in (column, "mode", "region", "quality_metric", "latency_metric")
        assert error.line is not None and error.line >= 2


def test_optional_columns_appear_when_they_are_needed() -> None:
    assert format_rows([row("a", 5)]).splitlines()[0] == ",".join(COLUMNS)
    written = format_rows([row("a", 5), row("b", 5, streaming=False, stddev=12.5)])
    assert written.splitlines()[0] == ",".join((*COLUMNS, "latency_stddev", "streaming"))
    assert written.splitlines()[1:] == [
        "stt,a,m,,en,global,batch,wer_pct,5,latency_p50_ms,,,production,,,yes",
        "stt,b,m,,en,global,batch,wer_pct,5,latency_p50_ms,,,production,,12.5,no",
    ]


def test_columns_may_come_in_any_order_and_blank_lines_are_skipped() -> None:
    shuffled = tuple(reversed(COLUMNS))
    assert parse_rows("\n" + text_of(GOOD, columns=shuffled) + "\n\n", "x") == parse_rows(text_of(GOOD), "x")


def test_windows_line_ends_are_read() -> None:
    assert parse_rows(text_of(GOOD).replace("\n", "\r\n"), "x") == parse_rows(text_of(GOOD), "x")


def test_a_header_alone_is_no_row() -> None:
    assert parse_rows(text_of(), "x") == ()


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("modality", ""),
        ("modality", "STT"),
        ("modality", "video"),
        ("vendor", ""),
        ("vendor", "Deepgram"),
        ("vendor", "deep gram"),
        ("vendor", "deep:gram"),
        ("model", ""),
        ("model", " nova-3"),
        ("language", ""),
        ("language", "english"),
        ("language", "en_US"),
        ("language", "EN"),
        ("region", ""),
        ("mode", ""),
        ("mode", "realtime"),
        ("quality_metric", "cer"),
        ("quality_metric", ""),
        ("quality", "7,8"),
        ("quality", "-1"),
        ("quality", "nan"),
        ("quality", "inf"),
        ("quality", "1e999"),
        ("quality", "1_000"),
        ("quality", "٣"),
        ("quality", "7.8 %"),
        ("quality", " 7.8"),
        ("quality", "."),
        ("quality", "n/a"),
        ("latency_metric", "latency_p50_ms"),
        ("latency", "fast"),
        ("latency", "0x10"),
        ("cost_usd_per_min", "$0.01"),
        ("status", ""),
        ("status", "Production"),
        ("status", "retired"),
        ("note", "two\nlines"),
        ("note", "trailing "),
        ("voice", "bell\x07"),
    ],
)
def test_a_wrong_cell_is_named_by_line_and_column(column: str, cell: str) -> None:
    other = GOOD | {"model": "other"}
    error = failure(text_of(other, GOOD | {column: f'"{cell}"'}))
    assert error.column == column
    assert error.line == 3 + cell.count("\n")
    assert f"own.csv, line {error.line}, column {column}: " in str(error)


def test_batch_figures_belong_to_no_region() -> None:
    batch = GOOD | {"mode": "batch", "latency_metric": "latency_p50_ms"}
    assert failure(text_of(batch)).column == "region"
    assert parse_rows(text_of(batch | {"region": "global"}), "x")[0].mode == "batch"


def test_each_mode_has_its_latency() -> None:
    assert failure(text_of(GOOD | {"mode": "batch", "region": "global"})).column == "latency_metric"


@pytest.mark.parametrize(("column", "cell"), [("latency_stddev", "-1"), ("streaming", "true"), ("streaming", "")])
def test_optional_columns_are_as_strict(column: str, cell: str) -> None:
    error = failure(text_of(GOOD | {column: cell}, columns=(*COLUMNS, column)))
    assert (error.line, error.column) == (2, column)


def test_an_unknown_column() -> None:
    error = failure(text_of(GOOD, columns=(*COLUMNS, "wer")))
    assert (error.line, error.column) == (1, "wer")
    assert "unknown column" in str(error)


def test_a_column_without_a_name() -> None:
    error = failure(text_of(GOOD, columns=(*COLUMNS, "")))
    assert (error.line, error.column) == (1, "15")


@pytest.mark.parametrize("column", COLUMNS)
def test_a_missing_column(column: str) -> None:
    error = failure(text_of(GOOD, columns=tuple(one for one in COLUMNS if one != column)))
    assert (error.line, error.column) == (1, column)
    assert "is missing" in str(error)


def test_a_column_named_twice() -> None:
    error = failure(text_of(GOOD, columns=(*COLUMNS, "note")))
    assert (error.line, error.column) == (1, "note")
    assert "named twice" in str(error)


@pytest.mark.parametrize("line", ["stt,deepgram", ",".join(["x"] * 15), '"unclosed', '"a"b,c'])
def test_a_broken_line(line: str) -> None:
    assert failure(text_of(GOOD) + "\n" + line + "\n").line == 3


def test_the_same_measurement_twice() -> None:
    other = GOOD | {"model": "other"}
    error = failure(text_of(GOOD, other, GOOD | {"quality": "1"}))
    assert error.line == 4
    assert "line 2" in str(error)


def test_two_voices_are_two_measurements() -> None:
    tts = GOOD | {"modality": "tts", "quality_metric": "round_trip_cer_pct", "latency_metric": "ttfb_p50_ms"}
    assert [one.voice for one in parse_rows(text_of(tts | {"voice": "Ann"}, tts | {"voice": "Ben"}), "x")] == [
        "Ann",
        "Ben",
    ]


def test_an_empty_file() -> None:
    for text in ("", "\n\n"):
        assert "empty" in str(failure(text))


def test_a_long_cell_is_not_echoed_in_full() -> None:
    assert len(str(failure(text_of(GOOD | {"status": "x" * 10_000})))) < 200
