"""Numbers in words, through num2words."""

import threading
from functools import lru_cache

from num2words import CONVERTER_CLASSES, num2words

MAX_DIGITS = 12
"""Longer numbers are read digit by digit: nobody follows them otherwise."""

# Some of num2words' converters keep their working state in one shared object.
_CONVERTING = threading.Lock()


def is_english(tag: str) -> bool:
    """Whether a BCP-47 tag names a kind of English."""
    return tag.replace("_", "-").partition("-")[0].lower() == "en"


def converter_of(tag: str) -> str | None:
    """num2words' name for a BCP-47 tag, or None where it does not know the language."""
    primary, _, region = tag.replace("_", "-").partition("-")
    primary = {"nb": "no", "nn": "no"}.get(primary.lower(), primary.lower())
    regional = f"{primary}_{region.upper()}"
    if regional in CONVERTER_CLASSES:
        return regional
    return primary if primary in CONVERTER_CLASSES else None


@lru_cache(maxsize=4096)
def _convert(number: int, converter: str, kind: str) -> str | None:
    try:
        with _CONVERTING:
            words = str(num2words(number, lang=converter, to=kind))
    except Exception:  # 50 hand-written grammars fail in as many ways, and each means: digits
        return None
    # A comma is for the eye; a voice would pause there.
    words = words.replace(",", "").strip()
    return words if words and not any(sign.isdigit() for sign in words) else None


def cardinal(digits: str, converter: str = "en") -> str | None:
    """ASCII digits as a number; digit by digit where they are too many or begin with a zero; None: no words."""
    if len(digits) > MAX_DIGITS or (digits[0] == "0" and len(digits) > 1):
        return one_by_one(digits, converter)
    return _convert(int(digits), converter, "cardinal")


def one_by_one(digits: str, converter: str = "en") -> str | None:
    """Every digit for itself."""
    words = [_convert(int(digit), converter, "cardinal") for digit in digits]
    known = [word for word in words if word]
    return " ".join(known) if len(known) == len(words) else None


def decimal(whole: str, fraction: str, point: str, converter: str = "en") -> str | None:
    """`whole` as a number, then the word for the decimal mark, then the digits of `fraction` as they are written."""
    left, right = cardinal(whole, converter), one_by_one(fraction, converter)
    return f"{left} {point} {right}" if left and right else None


def ordinal(number: int) -> str:
    """English, up to `MAX_DIGITS` digits."""
    return _convert(number, "en", "ordinal") or str(number)


def year(number: int) -> str:
    """English: 1984 is nineteen eighty-four."""
    return _convert(number, "en", "year") or str(number)
