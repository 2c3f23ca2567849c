"""Snapshots in files: the figures, where they come from, and the id that follows from both."""

import json
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.routing.score_files import measured_snapshot, packaged_snapshot, read_snapshot, write_snapshot
from speko.routing.score_rows import ScoreFileError, format_rows
from speko.routing.snapshot import ScoreRow
from tests.routing.scores import row, snapshot
from tests.routing.strategies import valid_rows

ROWS = (row("a", 5, 300, 0.01), row("b", 6, None, 0.02))
DAY = date(2026, 1, 31)


@given(rows=valid_rows(), title=st.text(), source=st.text(), day=st.none() | st.dates())
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: tuple[ScoreRow, ...], title: str, source: str, day: date | None
) -> None:
    path = tmp_path_factory.getbasetemp() / "round-trip.csv"
    written = measured_snapshot("round-trip", rows, title=title or "round-trip", source=source, measured_on=day)
    write_snapshot(written, path)
    assert read_snapshot(path) == written


@given(valid_rows(), st.data())
def test_the_id_does_not_depend_on_the_order_of_rows(rows: tuple[ScoreRow, ...], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(rows))
    ids = {measured_snapshot("n", some, title="", source="", measured_on=DAY).id for some in (rows, shuffled)}
    assert len(ids) == 1
    assert re.fullmatch(r"n_2026-01-31_[0-9a-f]{12}", ids.pop())


def test_the_id_depends_on_every_figure() -> None:
    changed = [
        ROWS,
        ROWS[:1],
        (),
        (row("a", 5, 300, 0.02), ROWS[1]),
        (row("a", 5, 300, 0.01, status="warned"), ROWS[1]),
        (row("a", 5, 300, 0.01, streaming=False), ROWS[1]),
        (row("a", 5, 300, 0.01, voice="x"), ROWS[1]),
    ]
    ids = [measured_snapshot("n", rows, title="", source="", measured_on=DAY).id for rows in changed]
    assert len(set(ids)) == len(changed)
    assert measured_snapshot("n", ROWS, title="other", source="words", measured_on=DAY).id == ids[0]


def test_the_id_is_fit_for_a_header() -> None:
    made = measured_snapshot("my scores:ä\n2", ROWS, title="", source="", measured_on=None)
    assert re.fullmatch(r"my-scores-2_undated_[0-9a-f]{12}", made.id)


def test_without_a_file_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(format_rows(ROWS), encoding="utf-8")
    found = read_snapshot(path)
    assert (found.kind, found.title, found.source, found.date, found.rows) == ("measured", "own", "", None, ROWS)


def test_with_a_byte_order_mark_and_more_to_say(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_bytes(b"\xef\xbb\xbf" + format_rows(ROWS).encode())
    beside = {"title": "Ours", "source": "lab", "date": "2026-01-31", "machine": "two cores"}
    path.with_suffix(".json").write_text(json.dumps(beside), encoding="utf-8")
    found = read_snapshot(path)
    assert (found.title, found.source, found.date, found.rows) == ("Ours", "lab", DAY, ROWS)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ScoreFileError, match="No such file") as caught:
        read_snapshot(tmp_path / "none.csv")
    assert caught.value.file == str(tmp_path / "none.csv")


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ScoreFileError, match="directory"):
        read_snapshot(tmp_path)


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ScoreFileError, match=r"own\.csv: is not UTF-8"):
        read_snapshot(path)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"date": "yesterday"}', '{"title": 7}'])
def test_a_broken_file_beside_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "own.csv"
    path.write_text(format_rows(ROWS), encoding="utf-8")
    path.with_suffix(".json").write_text(text, encoding="utf-8")
    with pytest.raises(ScoreFileError, match=r"own\.json: "):
        read_snapshot(path)


def test_errors_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(format_rows(ROWS).replace("production", "prod"), encoding="utf-8")
    with pytest.raises(ScoreFileError, match=r"own\.csv, line 2, column status: "):
        read_snapshot(path)


def test_rows_that_would_not_be_read_back_are_not_written(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    for bad in (row("A", 5), row("a", -1), row("a", note="two\nlines"), row("a", language="zh-Hans")):
        with pytest.raises(ScoreFileError):
            write_snapshot(snapshot(bad), path)
    assert list(tmp_path.iterdir()) == []


def test_no_such_packaged_snapshot() -> None:
    with pytest.raises(ScoreFileError):
        packaged_snapshot("nobody")
