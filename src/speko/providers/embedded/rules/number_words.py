"""English numbers in words and digits. Pure."""

import re
from collections.abc import Sequence
from fractions import Fraction

_UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split()
_UNITS += ["seventeen", "eighteen", "nineteen"]
SMALL = {word: value for value, word in enumerate(_UNITS)} | {"nought": 0, "oh": 0}
TENS = {
    word: 10 * value
    for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)
} | {"fourty": 40}
SCALES = {"thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000, "trillion": 1_000_000_000_000}
HOMOPHONES = {
    "won": "one",
    "to": "two",
    "too": "two",
    "tree": "three",
    "for": "four",
    "fore": "four",
    "sicks": "six",
    "ate": "eight",
    "tin": "ten",
    "time": "times",
    "time's": "times",
    "tines": "times",
    "plus's": "plus",
    "minors": "minus",
    "buy": "by",
    "bye": "by",
}
"""What recognisers write where a number or an operator was said."""
MAX_DIGITS = 30
DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
"""A number in digits, as a regular expression."""
_DIGITS = re.compile(rf"{DIGITS}\Z|\.\d+\Z")


def read_digits(token: str) -> Fraction | None:
    """`1,250.5` as a number; None for anything else, and for more than `MAX_DIGITS` digits."""
    if len(token) > MAX_DIGITS or not token.isascii() or not _DIGITS.match(token):
        return None
    return Fraction(token.replace(",", ""))


def read_number(tokens: Sequence[str], start: int) -> tuple[Fraction, int] | None:
    """The longest number that begins at `tokens[start]`, and where it ends.

    Knows `1,250.5`, `twenty one`, `twenty-one` as two tokens, `a hundred and five`, `two point five`, `3 million`.
    """
    whole = _read_whole(tokens, start)
    if whole is None:
        return None
    value, at = whole
    if at + 1 < len(tokens) and tokens[at] == "point":
        decimals, end = "", at + 1
        while end < len(tokens) and (digit := _digit(tokens[end])) is not None:
            decimals, end = decimals + digit, end + 1
        if decimals and value.denominator == 1 and len(decimals) <= MAX_DIGITS:
            return value + Fraction(int(decimals), 10 ** len(decimals)), end
    return value, at


def _digit(token: str) -> str | None:
    if token.isdecimal() and token.isascii():
        return token
    value = SMALL.get(token)
    return str(value) if value is not None and value < 10 else None


def _read_whole(tokens: Sequence[str], start: int) -> tuple[Fraction, int] | None:
    """Groups below a thousand, each with its scale; scales have to fall."""
    total, at, last_scale = Fraction(0), start, None
    while True:
        begin = at
        if last_scale is not None and at < len(tokens) and tokens[at] == "and":
            begin = at + 1
        group = _read_group(tokens, begin)
        if group is None:
            break
        value, end = group
        scale = SCALES.get(tokens[end], 1) if end < len(tokens) else 1
        if last_scale is not None and (scale >= last_scale or value >= last_scale or _is_digits(tokens[begin])):
            break
        total += value * scale
        at = end + (scale > 1)
        last_scale = scale
        if scale == 1:
            break
    return (total, at) if last_scale is not None else None


def _is_digits(token: str) -> bool:
    return read_digits(token) is not None


def _read_group(tokens: Sequence[str], start: int) -> tuple[Fraction, int] | None:
    """A number below a thousand in words, or digits as they stand."""
    if start >= len(tokens):
        return None
    token = tokens[start]
    if (digits := read_digits(token)) is not None:
        return digits, start + 1
    following = tokens[start + 1] if start + 1 < len(tokens) else ""
    if token in ("a", "an"):
        if following == "dozen":
            return Fraction(12), start + 2
        if following != "hundred" and following not in SCALES:
            return None
        value, at = 1, start + 1
    else:
        below = _read_below_hundred(tokens, start)
        if below is None:
            return None
        value, at = below
    if at < len(tokens) and tokens[at] == "hundred" and 0 < value < 100:
        value, at = value * 100, at + 1
        joined = at + 1 if at < len(tokens) and tokens[at] == "and" else at
        if (rest := _read_below_hundred(tokens, joined)) is not None and rest[0] > 0:
            value, at = value + rest[0], rest[1]
    return Fraction(value), at


def _read_below_hundred(tokens: Sequence[str], start: int) -> tuple[int, int] | None:
    if start >= len(tokens):
        return None
    if tokens[start] in SMALL:
        return SMALL[tokens[start]], start + 1
    if tokens[start] not in TENS:
        return None
    value, at = TENS[tokens[start]], start + 1
    if at < len(tokens) and 0 < SMALL.get(tokens[at], 0) < 10:
        return value + SMALL[tokens[at]], at + 1
    return value, at


def say_number(value: Fraction) -> str:
    """In digits; exact up to six decimals, else rounded to four and marked with `about`."""
    if value.denominator == 1:
        return str(value.numerator)
    scaled = value * 10**6
    if scaled.denominator == 1:
        return _decimal(scaled.numerator, 6)
    rounded = round(value * 10**4)
    return f"about {_decimal(rounded, 4) if rounded else f'{float(value):.3g}'}"


def _decimal(units: int, places: int) -> str:
    sign, digits = "-" if units < 0 else "", str(abs(units)).rjust(places + 1, "0")
    return f"{sign}{digits[:-places]}.{digits[-places:].rstrip('0')}".removesuffix(".")
