"""Questions about time and date, answered from a clock that is handed in. Pure."""

import re
from datetime import datetime, timedelta

_TIME = re.compile(
    r"\b(?:what time is it|what's the time|what is the time|what time it is|what time do you have|do you have the time"
    r"|the (?:current|exact|right) time|tell me the time|current time|time is it)\b"
)
_DATE = re.compile(
    r"\b(?:(?:what|which|what's|what is)(?: is)?(?: the)? (?:date|day)(?: of (?:the )?(?:week|month))?"
    r"(?: is it| is| do we have)?(?: today)?\s*\W*$|today's date|the date today|current date|what day is (?:it|today)"
    r"|what date is (?:it|today)|which day is (?:it|today)|date is it|tell me the date|what(?:'s| is) today\W*$)"
)
_OTHER_DAY = re.compile(r"\b(?:what|which)(?: day| date|'s| is)?.*\b(?:is|was|will) (?:it )?(tomorrow|yesterday)\b")
_YEAR = re.compile(r"\b(?:what|which|current) year\b(?! was|.* (?:did|was|were) )")
_MONTH = re.compile(r"\b(?:what|which|current) month\b(?! was|.* (?:did|was|were) )")


def answer(text: str, now: datetime) -> str | None:
    """The answer to a question about now, or None. `text` is lower case; `now` is local time."""
    if _TIME.search(text):
        elsewhere = re.search(r"\btime is it in [a-z]", text)
        return f"I only know the time where I run: it is {_time(now)} there." if elsewhere else f"It is {_time(now)}."
    if other := _OTHER_DAY.search(text):
        is_next = other[1] == "tomorrow"
        day = now + timedelta(days=1 if is_next else -1)
        return f"{'Tomorrow is' if is_next else 'Yesterday was'} {_date(day)}."
    answers = (
        (_YEAR, f"The year is {now.year}."),
        (_MONTH, f"It is {now:%B}."),
        (_DATE, f"Today is {_date(now)}."),
    )
    return next((said for pattern, said in answers if pattern.search(text)), None)


def _time(now: datetime) -> str:
    return f"{now.hour % 12 or 12}:{now.minute:02} {'AM' if now.hour < 12 else 'PM'}"


def _date(day: datetime) -> str:
    return f"{day:%A}, {day:%B} {day.day}, {day.year}"
