from datetime import UTC, datetime

import pytest

from speko.providers.embedded.rules.calendar import answer

NOW = datetime(2025, 12, 31, 15, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("what time is it", "It is 3:05 PM."),
        ("can you tell me what time it is", "It is 3:05 PM."),
        ("what's the time?", "It is 3:05 PM."),
        ("what time is it in tokyo", "I only know the time where I run: it is 3:05 PM there."),
        ("what day is it today", "Today is Wednesday, December 31, 2025."),
        ("what is today's date?", "Today is Wednesday, December 31, 2025."),
        ("what's the date", "Today is Wednesday, December 31, 2025."),
        ("what is today", "Today is Wednesday, December 31, 2025."),
        ("what day is tomorrow", "Tomorrow is Thursday, January 1, 2026."),
        ("what day was yesterday", "Yesterday was Tuesday, December 30, 2025."),
        ("which year is it", "The year is 2025."),
        ("what month is it", "It is December."),
    ],
)
def test_questions(text: str, said: str) -> None:
    assert answer(text, NOW) == said


@pytest.mark.parametrize(
    "text",
    [
        "what time does the museum open",
        "what is today's weather",
        "in which year did the war end",
        "what day is christmas",
        "have a nice day",
        "long time no see",
    ],
)
def test_other_questions(text: str) -> None:
    assert answer(text, NOW) is None


@pytest.mark.parametrize(("hour", "said"), [(0, "12:00 AM"), (11, "11:00 AM"), (12, "12:00 PM"), (23, "11:00 PM")])
def test_the_clock(hour: int, said: str) -> None:
    assert answer("what time is it", NOW.replace(hour=hour, minute=0)) == f"It is {said}."
