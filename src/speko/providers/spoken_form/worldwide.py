"""Numbers in languages other than English: what can be said without knowing the grammar around it."""

import re
from dataclasses import dataclass, replace

from speko.providers.spoken_form.numerals import cardinal, converter_of, decimal


@dataclass(frozen=True, slots=True)
class _Words:
    point: str
    """How the decimal mark is read."""
    percent: str
    money: dict[str, tuple[str, str]]
    """One and many, by sign."""


def _money(euro: str, euros: str, dollar: str, dollars: str, pound: str, pounds: str) -> dict[str, tuple[str, str]]:  # noqa: PLR0917
    return {"€": (euro, euros), "$": (dollar, dollars), "£": (pound, pounds)}


_WORDS = {
    "da": _Words("komma", "procent", _money("euro", "euro", "dollar", "dollar", "pund", "pund")),
    "de": _Words("Komma", "Prozent", _money("Euro", "Euro", "Dollar", "Dollar", "Pfund", "Pfund")),
    "es": _Words("coma", "por ciento", _money("euro", "euros", "dólar", "dólares", "libra", "libras")),
    "fr": _Words("virgule", "pour cent", _money("euro", "euros", "dollar", "dollars", "livre", "livres")),
    "it": _Words("virgola", "per cento", _money("euro", "euro", "dollaro", "dollari", "sterlina", "sterline")),
    "nl": _Words("komma", "procent", _money("euro", "euro", "dollar", "dollar", "pond", "pond")),
    "no": _Words("komma", "prosent", _money("euro", "euro", "dollar", "dollar", "pund", "pund")),
    "pt": _Words("vírgula", "por cento", _money("euro", "euros", "dólar", "dólares", "libra", "libras")),
    "sv": _Words("komma", "procent", _money("euro", "euro", "dollar", "dollar", "pund", "pund")),
}

# Where 1,234 is a thousand and more; elsewhere it is one and a bit.
_POINT_LANGUAGES = frozenset({"am", "bn", "he", "ja", "kn", "ko", "te", "th"})
_POINT_REGIONS = frozenset({"es-do", "es-gt", "es-hn", "es-mx", "es-ni", "es-pa", "es-pe", "es-pr", "es-sv", "es-us"})

_NUMBER = re.compile(
    r"(?P<sign>[€$£])?[ \u00a0\u202f]?(?<![\w.,:/+\-−–'’])"
    r"(?P<number>[0-9]+(?:[.,'’\u00a0\u202f][0-9]+)*)"
    r"(?P<tail>[ \u00a0\u202f]?[%€$£])?"
)
# What may stand behind a number that is nothing but a number. A full stop before more text may make it an ordinal.
_LOOSE = re.compile(r"(?:[,;!?)\"”»…]|\.(?=\s*$))*(?:\s|$)")
_LOOSE_BEHIND_SIGN = re.compile(r"[.,;!?)\"”»…]*(?:\s|$)")
_NEXT_WORD = re.compile(r"[ \u00a0\u202f]\w")


def speak_numbers(text: str, language: str) -> str:
    """Whole numbers, decimals, percentages and amounts in words, where num2words and the table above know how."""
    converter = converter_of(language)
    if converter is None:
        return text
    primary = converter.partition("_")[0]
    tag = language.replace("_", "-").lower()
    mark = "." if primary in _POINT_LANGUAGES or tag in _POINT_REGIONS else ","
    words = _WORDS.get(primary)
    if words and primary == "es" and mark == ".":
        words = replace(words, point="punto")
    return _NUMBER.sub(lambda found: _say(found, converter, mark, words) or found[0], text)


def _say(found: re.Match[str], converter: str, mark: str, words: _Words | None) -> str | None:
    tail = (found["tail"] or "").strip()
    money = found["sign"] or (tail if tail != "%" else "")
    loose = _LOOSE_BEHIND_SIGN if tail else _LOOSE
    if not loose.match(found.string, found.end()) or (tail and found["sign"]):
        return None
    whole, fraction = _parse(found["number"], mark)
    if whole is None:
        return None
    if whole == "1" and not fraction and (money or _NEXT_WORD.match(found.string, found.end())):
        return None  # "one" before a noun follows its gender
    number = cardinal(whole, converter)
    if fraction:
        number = decimal(whole, fraction, words.point, converter) if words else None
    if number is None or not (money or tail):
        return number and _lead(found) + number
    if words is None:
        return None
    return f"{_lead(found)}{number} {words.money[money][1] if money else words.percent}"


def _lead(found: re.Match[str]) -> str:
    """The blank that the pattern took in, when it stood before the number and not behind a sign."""
    return " " if not found["sign"] and found[0][0] in " \u00a0\u202f" else ""


def _parse(number: str, mark: str) -> tuple[str | None, str]:
    """Whole part and fraction, or None for what is no plain number (a date, a version, an address)."""
    group = "." if mark == "," else ","
    head, _, fraction = number.partition(mark)
    if mark in fraction or (fraction and not fraction.isdigit()):
        return None, ""
    groups = re.split(rf"[{group}'’\u00a0\u202f]", head)
    if len(groups) == 1:
        return head, fraction
    if len(groups[0]) <= 3 and all(len(part) == 3 for part in groups[1:]):
        return "".join(groups), fraction
    if len(groups) == 2 and group in head and not fraction:
        return groups[0], groups[1]  # 3.5 where 3,5 is usual
    return None, ""
