"""English abbreviations in full."""

import re

_TITLES = {
    "dr": "doctor",
    "mr": "mister",
    "mrs": "missus",
    "ms": "miz",
    "prof": "professor",
    "capt": "captain",
    "gen": "general",
    "gov": "governor",
    "lt": "lieutenant",
    "rev": "reverend",
    "sen": "senator",
    "sgt": "sergeant",
}
_MONTHS = {
    "jan": "January",
    "feb": "February",
    "mar": "March",
    "apr": "April",
    "jun": "June",
    "jul": "July",
    "aug": "August",
    "sep": "September",
    "sept": "September",
    "oct": "October",
    "nov": "November",
    "dec": "December",
}
_BEFORE_A_NUMBER = {
    "no": "number",
    "nos": "numbers",
    "fig": "figure",
    "figs": "figures",
    "vol": "volume",
    "p": "page",
    "pp": "pages",
}
_ANYWHERE = {
    "a.k.a": "also known as",
    "approx": "approximately",
    "apt": "apartment",
    "ave": "avenue",
    "blvd": "boulevard",
    "co": "company",
    "corp": "corporation",
    "dept": "department",
    "dr": "drive",
    "e.g": "for example",
    "etc": "et cetera",
    "i.e": "that is",
    "inc": "incorporated",
    "jr": "junior",
    "ltd": "limited",
    "mr": "mister",
    "mrs": "missus",
    "ms": "miz",
    "prof": "professor",
    "rd": "road",
    "sr": "senior",
    "st": "street",
    "vs": "versus",
}


_NEVER_LAST = frozenset({"a.k.a", "approx", "e.g", "i.e", "mr", "mrs", "ms", "prof", "vs"})


def _any(names: dict[str, str]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))


_TITLE = re.compile(rf"(?<![\w.])((?i:{_any(_TITLES)}))\.(?=[ \u00a0][A-Z])")
_SAINT = re.compile(r"(?<![\w.])St\.(?=[ \u00a0][A-Z])")
_NUMBERED = re.compile(r"(?<![\w.])(Nos?|[Ff]igs?|[Vv]ol|[Pp]p?)\.(?= ?[0-9])")
_MONTH = re.compile(rf"(?<![\w.])({_any(_MONTHS)})\.(?= ?[0-9])", re.IGNORECASE)
_SHORT = re.compile(rf"(?<![\w.])({_any(_ANYWHERE)})\.(?!\w)", re.IGNORECASE)
_PLAIN = (
    (re.compile(r"(?<![\w./])w/o(?![\w/])", re.IGNORECASE), "without"),
    (re.compile(r"(?<![\w./])w/ ?(?=[A-Za-z])", re.IGNORECASE), "with "),
    (re.compile(r"(?<![\w.])vs(?![\w.])"), "versus"),
    (re.compile(r"(?<!\w)#(?=[0-9])"), "number "),
)
_SENTENCE_END = re.compile(r"\s*$|[ \u00a0]*\n|[ \u00a0][\"“(]?[A-Z]")
_NAME_BEFORE = re.compile(r"(?:^|[^\w])[A-Z0-9][\w'’]* $")


def expand_abbreviations(text: str) -> str:
    """Titles, streets, months and the usual Latin, in words; a full stop stays where it ends a sentence."""
    text = _TITLE.sub(lambda found: _cased(found[1], _TITLES[found[1].lower()]), text)
    text = _SAINT.sub(_saint_or_street, text)
    text = _NUMBERED.sub(lambda found: _cased(found[1], _BEFORE_A_NUMBER[found[1].lower()]), text)
    text = _MONTH.sub(lambda found: _MONTHS[found[1].lower()], text)
    text = _SHORT.sub(_short, text)
    for pattern, words in _PLAIN:
        text = pattern.sub(words, text)
    return text


def _saint_or_street(found: re.Match[str]) -> str:
    before = found.string[max(0, found.start() - 40) : found.start()]
    return "Street" if _NAME_BEFORE.search(before) else "Saint"


def _short(found: re.Match[str]) -> str:
    words = _cased(found[1], _ANYWHERE[found[1].lower()])
    may_end = found[1].lower() not in _NEVER_LAST
    return words + "." if may_end and _SENTENCE_END.match(found.string, found.end()) else words


def _cased(short: str, words: str) -> str:
    return words[0].upper() + words[1:] if short[0].isupper() else words
