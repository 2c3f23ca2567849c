from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from num2words import num2words

from speko.providers.embedded.rules.number_words import MAX_DIGITS, read_digits, read_number, say_number


def read(text: str) -> tuple[Fraction, int] | None:
    return read_number(text.split(), 0)


@pytest.mark.parametrize(
    ("text", "value", "words"),
    [
        ("twelve", 12, 1),
        ("a hundred and five", 105, 4),
        ("one hundred five apples", 105, 3),
        ("two thousand and one", 2001, 4),
        ("3 million", 3_000_000, 2),
        ("1,250.5", Fraction("1250.5"), 1),
        ("two point five", Fraction("2.5"), 3),
        ("zero point oh five", Fraction("0.05"), 4),
        ("a dozen", 12, 2),
        ("five and six", 5, 1),
        ("twenty and three", 20, 1),
        ("one thousand two thousand", 1000, 2),
        ("two hundred million", 200_000_000, 3),
    ],
)
def test_examples(text: str, value: int | Fraction, words: int) -> None:
    assert read(text) == (Fraction(value), words)


@pytest.mark.parametrize("text", ["", "a", "a b", "and five", "point five", "hundred", "twelfth", "1e5", "٣"])
def test_no_numbers(text: str) -> None:
    assert read(text) is None


@given(st.integers(0, 10**15 - 1))
def test_what_others_write_in_words(value: int) -> None:
    words = num2words(value).replace("-", " ").replace(",", "")
    assert read(words) == (Fraction(value), len(words.split()))


@given(st.integers(0, 10**6), st.text("0123456789", min_size=1, max_size=6))
def test_decimals_in_words(whole: int, decimals: str) -> None:
    words = f"{num2words(whole)} point {' '.join(num2words(int(digit)) for digit in decimals)}"
    words = words.replace("-", " ").replace(",", "")
    assert read(words) == (Fraction(f"{whole}.{decimals}"), len(words.split()))


@given(st.decimals(0, 10**9, allow_nan=False, places=4))
def test_digits(value: object) -> None:
    assert read_digits(str(value)) == Fraction(str(value))


def test_digits_without_end_are_no_number() -> None:
    assert read_digits("9" * (MAX_DIGITS + 1)) is None


@given(st.fractions(-(10**9), 10**9))
def test_said_as_near_as_it_claims(value: Fraction) -> None:
    said = say_number(value)
    if said.startswith("about "):
        assert float(said.removeprefix("about ")) == pytest.approx(float(value), rel=0.01, abs=5.1e-5)
    else:
        assert Fraction(said) == value
        assert not (set(said) - set("-.0123456789"))
