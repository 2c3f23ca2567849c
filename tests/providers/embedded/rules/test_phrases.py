from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.providers.embedded.rules import phrases

NOW = datetime(2025, 11, 21, 15, 5, tzinfo=UTC)
"""A Friday."""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("weather in Rome", ["Rome"]),
        ("weather in Rome and in Paris", ["Rome", "Paris"]),
        ("weather in Rome, Paris and New York please", ["Rome", "Paris", "New York"]),
        ("weather in the city of York tomorrow", ["York"]),
        ("weather", []),
    ],
)
def test_after_a_preposition(text: str, found: list[str]) -> None:
    assert phrases.after(text, ("in",)) == found


def test_numbers_in_digits_and_words() -> None:
    found = phrases.numbers("a table for twenty-one people at 7.5, minus three")
    assert [(float(number.value), number.at) for number in found] == [(21, 3), (7.5, 7), (-3, 9)]


@pytest.mark.parametrize(
    ("text", "said", "iso"),
    [
        ("see you tomorrow", "tomorrow", date(2025, 11, 22)),
        ("the day after tomorrow works", "the day after tomorrow", date(2025, 11, 23)),
        ("next Monday please", "next Monday", date(2025, 11, 24)),
        ("on Friday", "on Friday", date(2025, 11, 28)),
        ("on December 24th, 2026", "December 24th, 2026", date(2026, 12, 24)),
        ("january 2", "january 2", date(2026, 1, 2)),
        ("it is due 2025-12-01", "2025-12-01", date(2025, 12, 1)),
        ("february 30", "february 30", None),
        ("next week", "next week", None),
    ],
)
def test_dates(text: str, said: str, iso: date | None) -> None:
    assert phrases.date_said(text) == said
    assert phrases.iso_date(said, NOW) == iso


@pytest.mark.parametrize(
    ("text", "said", "iso"),
    [
        ("at 7 pm", "7 pm", "19:00:00"),
        ("at 12 a.m.", "12 a.m.", "00:00:00"),
        ("at 19:30", "19:30", "19:30:00"),
        ("seven o'clock", "seven o'clock", "07:00:00"),
        ("at noon", "noon", "12:00:00"),
        ("at 29:30", "29:30", None),
    ],
)
def test_times(text: str, said: str, iso: str | None) -> None:
    assert phrases.time_said(text) == said
    assert phrases.iso_time(said) == iso


def test_codes_quotes_and_lists() -> None:
    assert phrases.codes("order AB-123 and 4711, not Rome") == ["AB-123", "4711"]
    assert phrases.quoted('say "good night" now') == "good night"
    assert phrases.quoted("it's Bob's") is None
    assert phrases.listed("milk, eggs and bread") == ["milk", "eggs", "bread"]
    assert phrases.object_of("please add milk and eggs to my list", {"add"}) == "milk and eggs "


def test_words_of_names() -> None:
    assert phrases.words_in_name("getWeather_now2") == ["get", "weather", "now2"]
    assert phrases.stems(["orders", "order", "the", "cities", "city"]) == {"order", "city"}


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    phrases.numbers(text)
    phrases.codes(text)
    phrases.quoted(text)
    phrases.after(text, ("in", "to"))
    for said in (phrases.date_said(text), phrases.time_said(text)):
        assert said is None or said in text
        if said is not None:
            phrases.iso_date(said, NOW)
            phrases.iso_time(said)
