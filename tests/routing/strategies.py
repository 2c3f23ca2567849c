"""Random score rows that a score file can hold."""

from typing import get_args

from hypothesis import strategies as st

from speko.providers.catalogue import Modality
from speko.routing.metrics import MODES
from speko.routing.snapshot import ScoreRow, Status

_plain = st.characters(exclude_categories=("Cc", "Cs"))
_texts = st.text(_plain, max_size=12).map(str.strip)
_words = st.text(_plain, min_size=1, max_size=12).map(str.strip).filter(bool)
_numbers = st.none() | st.floats(0, allow_infinity=False, allow_nan=False) | st.integers(0, 10_000).map(float)
_languages = st.just("*") | st.from_regex(r"[a-z]{2,3}(-[A-Z]{2})?", fullmatch=True)


@st.composite
def _rows(draw: st.DrawFn) -> ScoreRow:
    modality = draw(st.sampled_from(get_args(Modality)))
    mode = draw(st.sampled_from(MODES[modality]))
    return ScoreRow(
        modality=modality,
        provider=draw(st.from_regex(r"[a-z0-9][a-z0-9._-]{0,8}", fullmatch=True)),
        model=draw(_words),
        language=draw(_languages),
        region="global" if mode == "batch" else draw(_words),
        mode=mode,
        quality=draw(_numbers),
        latency_ms=draw(_numbers),
        cost_per_minute=draw(_numbers),
        latency_stddev_ms=draw(_numbers),
        status=draw(st.sampled_from(get_args(Status))),
        streaming=draw(st.booleans()),
        note=draw(_texts),
        voice=draw(_texts),
    )


def _measurement(row: ScoreRow) -> tuple[str, ...]:
    return (row.modality, row.provider, row.model, row.voice, row.language, row.region, row.mode)


def valid_rows() -> st.SearchStrategy[tuple[ScoreRow, ...]]:
    """Rows of one file: no measurement twice."""
    return st.lists(_rows(), max_size=6, unique_by=_measurement).map(tuple)
