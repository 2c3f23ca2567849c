from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft7Validator  # type: ignore[import-untyped]

from speko.providers.embedded.rules.arguments import Filler
from tests.providers.embedded.rules.schema_strategy import parameters, utterances

NOW = datetime(2025, 11, 21, 15, 5, tzinfo=UTC)
TEXT = {"type": "string"}
NUMBER = {"type": "integer"}


def filled(
    text: str, properties: dict[str, Any], required: list[str] | None = None, several: bool = True
) -> list[dict[str, Any]]:
    schema = {"type": "object", "properties": properties, "required": required or []}
    return Filler(schema, text, NOW, {"tool"}).arguments(several=several)


@given(parameters, utterances)
def test_whatever_is_filled_is_valid(schema: dict[str, Any], text: str) -> None:
    filler = Filler(schema, text, NOW)
    validator = Draft7Validator(schema)
    for several in (True, False):
        assert all(validator.is_valid(arguments) for arguments in filler.arguments(several=several))
    assert len(filler.arguments(several=False)) <= 1
    assert validator.is_valid(filler.forced())


@pytest.mark.parametrize(
    ("text", "properties", "expected"),
    [
        ("weather in New York today", {"city": TEXT}, {"city": "New York"}),
        (
            "fly from Rome to Oslo",
            {"destination": TEXT, "origin": TEXT},
            {"destination": "Oslo", "origin": "Rome"},
        ),
        ("a table for four people", {"people": NUMBER}, {"people": 4}),
        ("4 adults and 2 children", {"children": NUMBER, "adults": NUMBER}, {"children": 2, "adults": 4}),
        ("it is twenty point five degrees", {"degrees": {"type": "number"}}, {"degrees": 20.5}),
        ("in celsius please", {"unit": {"enum": ["fahrenheit", "celsius"]}}, {"unit": "celsius"}),
        ("the living room light", {"room": {"enum": ["living_room", "hall"]}}, {"room": "living_room"}),
        ("turn it off", {"on": {"type": "boolean"}}, {"on": False}),
        ("without notification", {"notification": {"type": "boolean"}}, {"notification": False}),
        ("with gift wrapping", {"gift": {"type": "boolean"}}, {"gift": True}),
        ("order AB-123 please", {"order_id": TEXT}, {"order_id": "AB-123"}),
        ("tomorrow at noon", {"date": TEXT, "time": TEXT}, {"date": "tomorrow", "time": "noon"}),
        ("next monday", {"day": {"type": "string", "format": "date"}}, {"day": "2025-11-24"}),
        (
            "tomorrow at 7 pm",
            {"start": {"type": "string", "format": "date-time"}},
            {"start": "2025-11-22T19:00:00+00:00"},
        ),
        ("write to bob@example.com", {"email": TEXT}, {"email": "bob@example.com"}),
        ("open https://example.com/a?b=c now", {"url": TEXT}, {"url": "https://example.com/a?b=c"}),
        (
            "send a message to Bob saying I am late",
            {"recipient": TEXT, "text": TEXT},
            {"recipient": "Bob", "text": "I am late"},
        ),
        ('search for "old maps"', {"query": TEXT}, {"query": "old maps"}),
        ("the subject is lunch", {"subject": TEXT}, {"subject": "lunch"}),
        ("numbers 1, 2 and three", {"values": {"type": "array", "items": NUMBER}}, {"values": [1, 2, 3]}),
        (
            "buy milk, eggs and bread",
            {"products": {"type": "array", "items": TEXT}},
            {"products": ["buy milk", "eggs", "bread"]},
        ),
        (
            "red and blue",
            {"colors": {"type": "array", "items": {"enum": ["blue", "red", "green"]}}},
            {"colors": ["red", "blue"]},
        ),
        ("anything", {"version": {"const": 2}}, {"version": 2}),
        ("nothing fits here", {"count": NUMBER, "unit": {"enum": ["a1", "b2"]}}, {}),
    ],
)
def test_one_set(text: str, properties: dict[str, Any], expected: dict[str, Any]) -> None:
    assert filled(text, properties) == [expected]


def test_what_is_required_and_was_not_said() -> None:
    assert filled("what is the weather", {"city": TEXT, "count": NUMBER}, ["city", "count"]) == []


def test_several_calls() -> None:
    two = [{"city": "Rome"}, {"city": "Paris"}]
    assert filled("weather in Rome and in Paris", {"city": TEXT}, ["city"]) == two
    assert filled("weather in Rome and in Paris", {"city": TEXT}, ["city"], several=False) == two[:1]
    assert filled("orders 12 and 13", {"order_number": NUMBER}, ["order_number"]) == [
        {"order_number": 12},
        {"order_number": 13},
    ]


def test_nested_objects() -> None:
    place = {"type": "object", "properties": {"city": TEXT}, "required": ["city"]}
    assert filled("weather in Rome", {"place": place}, ["place"]) == [{"place": {"city": "Rome"}}]


def test_forced_values() -> None:
    schema = {
        "type": "object",
        "properties": {"city": TEXT, "count": {"type": "integer", "minimum": 3}},
        "required": ["city", "count"],
    }
    assert Filler(schema, "hello", NOW).forced() == {"city": "hello", "count": 3}
    assert Filler(schema, "", NOW).forced() == {"city": "unspecified", "count": 3}
