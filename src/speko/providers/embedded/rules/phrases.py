"""What an utterance holds that may be an argument: numbers, dates, places, quoted text, … Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from speko.providers.embedded.rules.number_words import DIGITS, read_number

STOP_WORDS = frozenset(
    """a about all am an and any are as at be been but by can can't could current currently did do does doing for from
    function get gets give given gives have hello hey hi how i i'd i'm if in into is it it's its just know let like
    look make may me my need now of off on one or our out please return returns right say set should show so some
    something tell than that the their them then there these they this to today tomorrow tool two up use used using
    user want was we were what what's when where which who whose will with would you your""".split()
)
_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_MONTHS = "january february march april may june july august september october november december".split()
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DATE = re.compile(
    rf"\b(?:\d{{4}}-\d{{2}}-\d{{2}}|(?:the )?day after tomorrow|today|tonight|tomorrow|yesterday"
    rf"|(?:(?:next|this|on) )?(?:{'|'.join(_DAYS)})|(?:{'|'.join(_MONTHS)}) \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?"
    rf"|(?:next|this) (?:week|month|year|weekend))\b"
)
_TIME = re.compile(
    r"\b(?:\d{1,2}:\d{2}(?: ?[ap]\.?m\b\.?)?|\d{1,2} ?[ap]\.?m\b\.?|noon|midnight"
    r"|(?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve) (?:o'clock|[ap]\.?m\b\.?))"
)
_QUOTED = re.compile(r'"([^"]+)"|“([^”]+)”|(?<!\w)\'([^\']+)\'(?!\w)')
# A phrase ends at a mark, or where another one begins.
_ENDS_PHRASE = re.compile(
    r"[.,;:?!]|\b(?:and|or|in|at|on|to|for|from|with|of|by|is|are|was|today|tonight|tomorrow|yesterday|now|right now"
    r"|please|next|this|about|saying|that|using|via|as|will|should|tell|what|what's|how|who|when|where|weather|like)\b"
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number where it was said."""

    value: Fraction
    at: int
    """Index of its first word."""


def words_of(text: str) -> list[str]:
    """Lower-case words and numbers."""
    return _WORD.findall(text.lower())


def stems(words: Iterable[str]) -> set[str]:
    """Content words without their commonest endings, so that `orders` meets `order`."""
    return {_stem(word) for word in words if word not in STOP_WORDS and len(word) > 1}


def _stem(word: str) -> str:
    for ending in ("'s", "ing", "ies", "es", "ed", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)].rstrip("y") + ("y" if ending == "ies" else "")
    return word.removesuffix("e") if len(word) > 3 else word


def words_in_name(name: str) -> list[str]:
    """`getWeather_now` as words."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\W]+", " ", name).lower().split()


def numbers(text: str) -> list[Number]:
    """All numbers, in digits and words, in order."""
    tokens = re.findall(DIGITS + r"|[a-z]+(?:'[a-z]+)?", re.sub(r"(?<=[a-z])-(?=[a-z])", " ", text.lower()))
    found, at = [], 0
    while at < len(tokens):
        number = read_number(tokens, at)
        if number is not None:
            negative = at > 0 and tokens[at - 1] in ("minus", "negative")
            found.append(Number(-number[0] if negative else number[0], at))
        at = number[1] if number is not None else at + 1
    return found


def codes(text: str) -> list[str]:
    """Identifiers: what holds a digit, like `AB-123` or `4711`."""
    return re.findall(r"(?<![\w.-])(?=[\w-]*\d)[A-Za-z0-9][\w-]*", text)


def quoted(text: str) -> str | None:
    """The first quoted text."""
    match = _QUOTED.search(text)
    return next((group for group in match.groups() if group), None) if match else None


def after(text: str, words: Iterable[str]) -> list[str]:
    """The phrases that follow one of `words`: "in Rome and in Paris" gives two, so does "in Rome and Paris"."""
    lead = re.compile(rf"\b(?:{'|'.join(map(re.escape, words))}) (?:the (?:city|town|country) of )?", re.IGNORECASE)
    found: list[str] = []
    for match in lead.finditer(text):
        at = match.end()
        while phrase := phrase_at(text, at):
            found.append(phrase)
            joint = re.match(r"\s*(?:, and|,|and|or)\s+(?=[A-Z])", text[at + len(phrase) :])
            if joint is None:
                break
            at += len(phrase) + joint.end()
    return list(dict.fromkeys(found))


def listed(text: str) -> list[str]:
    """`milk, eggs and bread` as a list."""
    parts = (part.strip(" .,?!") for part in re.split(r",| and |\band ", text))
    return [part for part in parts if part]


def object_of(text: str, verbs: set[str]) -> str:
    """What a request is about: after its small words and the stems in `verbs`, up to the next preposition."""
    words = text.split()
    while words and not stems(words_of(words[0])) - verbs:
        words.pop(0)
    return re.split(r"\b(?:to|on|onto|into|from|in|for|at|please)\b", " ".join(words), maxsplit=1)[0]


def phrase_at(text: str, start: int) -> str:
    """The phrase that begins at `start`, at most 80 characters."""
    end = _ENDS_PHRASE.search(text, start)
    return text[start : end.start() if end else len(text)].rstrip()[:80]


def date_said(text: str) -> str | None:
    """The first date or day, as said."""
    match = _DATE.search(text.lower())
    return text[match.start() : match.end()] if match and len(text.lower()) == len(text) else None


def time_said(text: str) -> str | None:
    """The first time of day, as said."""
    match = _TIME.search(text.lower())
    return text[match.start() : match.end()].strip() if match and len(text.lower()) == len(text) else None


def iso_date(said: str, now: datetime) -> date | None:
    """A day that was said, as a date; None where it names no single day."""
    words = said.lower().removeprefix("on ").removeprefix("the ")
    relative = {"today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1, "day after tomorrow": 2}
    if words in relative:
        return now.date() + timedelta(days=relative[words])
    weekday = words.removeprefix("next ").removeprefix("this ")
    if weekday in _DAYS:
        ahead = (_DAYS.index(weekday) - now.weekday() - 1) % 7 + 1
        return now.date() + timedelta(days=ahead)
    try:
        if match := re.fullmatch(r"([a-z]+) (\d+)(?:st|nd|rd|th)?(?:,? (\d{4}))?", words):
            day = date(int(match[3] or now.year), _MONTHS.index(match[1]) + 1, int(match[2]))
            return day if match[3] or day >= now.date() else day.replace(year=now.year + 1)
        return date.fromisoformat(words)
    except ValueError:
        return None


def iso_time(said: str) -> str | None:
    """A time of day that was said, as `HH:MM:SS`."""
    words = said.lower().replace(".", "")
    if words in ("noon", "midnight"):
        return "12:00:00" if words == "noon" else "00:00:00"
    match = re.match(r"(\d{1,2}):(\d{2})", words)
    hour_read = None if match else read_number(re.findall(r"\d+|[a-z]+", words), 0)
    if match is None and hour_read is None:
        return None
    hour, minute = (int(match[1]), int(match[2])) if match else (int(hour_read[0]), 0) if hour_read else (0, 0)
    if words.endswith("pm") and hour < 12:
        hour += 12
    elif words.endswith("am") and hour == 12:
        hour = 0
    return f"{hour:02}:{minute:02}:00" if hour < 24 and minute < 60 else None
