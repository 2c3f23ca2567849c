"""Long texts, cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.providers.openai_compatible.text_pieces import text_pieces


@pytest.mark.parametrize(
    ("text", "limit", "pieces"),
    [
        ("Hello there.", 100, ["Hello there."]),
        ("", 100, []),
        ("  \n ", 100, []),
        ("One. Two! Three?", 9, ["One. Two!", "Three?"]),
        ("One. Two! Three?", 10, ["One. Two!", "Three?"]),
        ("He said: “No.” Then he left.", 15, ["He said: “No.”", "Then he left."]),
        ("first, second, third", 14, ["first, second,", "third"]),
        ("one two three", 8, ["one two", "three"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("今日は。明日は。", 4, ["今日は。", "明日は。"]),
        ("a 3.5 b", 5, ["a 3.5", "b"]),
        ("line\nother line", 12, ["line", "other line"]),
    ],
)
def test_cuts(text: str, limit: int, pieces: list[str]) -> None:
    assert text_pieces(text, limit) == pieces


@given(st.text("ab .,!\n。", max_size=200), st.integers(1, 30))
def test_no_word_is_lost_and_no_piece_is_too_long(text: str, limit: int) -> None:
    pieces = text_pieces(text, limit)
    assert all(0 < len(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())
