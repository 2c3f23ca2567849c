import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.bench.error_rate import ErrorRate, character_error_rate, edits, normalised, word_error_rate


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Hello, World!", "hello world"),
        ("It’s  nine o'clock.", "it's nine o'clock"),
        ("'quoted' twenty-one", "quoted twenty one"),
        ("ＦＵＬＬ Straße_x", "full strasse x"),
        ("...", ""),
    ],
)
def test_normalised(text: str, plain: str) -> None:
    assert normalised(text) == plain


@pytest.mark.parametrize(
    ("reference", "hypothesis", "distance"),
    [("kitten", "sitting", 3), ("", "abc", 3), ("abc", "", 3), ("same", "same", 0), ("flaw", "lawn", 2)],
)
def test_edits(reference: str, hypothesis: str, distance: int) -> None:
    assert edits(reference, hypothesis) == distance


words = st.text("abc", max_size=8)


@given(words, words, words)
def test_edits_are_a_distance(a: str, b: str, c: str) -> None:
    assert edits(a, b) == edits(b, a)
    assert (edits(a, b) == 0) == (a == b)
    assert edits(a, c) <= edits(a, b) + edits(b, c)
    assert abs(len(a) - len(b)) <= edits(a, b) <= max(len(a), len(b))


def test_rates_count_all_units_together() -> None:
    pairs = [("one two three four", "one too three"), ("five", "five six")]
    assert word_error_rate(pairs) == ErrorRate(3, 5)
    assert word_error_rate(pairs).percent == pytest.approx(60)
    assert character_error_rate([("a cat", "a hat")]) == ErrorRate(1, 5)


def test_rates_at_the_edges() -> None:
    assert word_error_rate([]).percent == 0
    assert word_error_rate([("", "word")]).percent == 100
    assert word_error_rate([("one", "one two three")]).percent == 200
    assert word_error_rate([("Good morning!", "good morning")]).percent == 0
