import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator  # type: ignore[import-untyped]

from speko.providers.embedded.rules.tools import decide
from speko.providers.errors import Unsupported
from speko.providers.llm import ChatMessage, LlmRequest, NamedFunction, NamedTool, Tool, ToolCall, ToolChoice
from tests.providers.embedded.rules.schema_strategy import parameters, utterances

NOW = datetime(2025, 11, 21, 15, 5, tzinfo=UTC)
TEXT = {"type": "string"}
WEATHER = Tool(
    "get_weather",
    "Current weather for a city",
    {"type": "object", "properties": {"city": TEXT, "unit": {"enum": ["celsius", "kelvin"]}}, "required": ["city"]},
)
ORDER = Tool(
    "lookupOrder",
    "Look up the delivery status of a purchase",
    {"type": "object", "properties": {"order_id": TEXT}, "required": ["order_id"]},
)
TIME = Tool("get_time", "Get the current time", {"type": "object", "properties": {}})
TOOLS = (WEATHER, ORDER, TIME)


def calls(
    text: str,
    choice: ToolChoice | None = None,
    tools: tuple[Tool, ...] = TOOLS,
    parallel: bool | None = None,
    history: tuple[ChatMessage, ...] = (),
) -> list[tuple[str, dict[str, Any]]]:
    messages = (ChatMessage("user", text), *history)
    request = LlmRequest(
        model="rules", messages=messages, tools=tools, tool_choice=choice, parallel_tool_calls=parallel
    )
    made = decide(request, NOW)
    assert len({call.id for call in made}) == len(made)
    assert decide(request, NOW) == made
    return [(call.name, json.loads(call.args)) for call in made]


def named(name: str) -> NamedTool:
    return NamedTool(NamedFunction(name))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What's the weather in Rome?", [("get_weather", {"city": "Rome"})]),
        ("weather in Oslo in kelvin", [("get_weather", {"city": "Oslo", "unit": "kelvin"})]),
        ("where is my order AB-123", [("lookupOrder", {"order_id": "AB-123"})]),
        ("delivery status of purchase 4711", [("lookupOrder", {"order_id": "4711"})]),
        ("what time is it", [("get_time", {})]),
        ("what is the weather", []),
        ("hello", []),
        ("what is 2 plus 2", []),
        ("", []),
    ],
)
def test_auto(text: str, expected: list[Any]) -> None:
    assert calls(text) == expected
    assert calls(text, "auto") == expected


def test_two_things_at_once() -> None:
    both = [("get_weather", {"city": "Rome"}), ("get_weather", {"city": "Paris"})]
    assert calls("weather in Rome and in Paris") == both
    assert calls("weather in Rome and Paris", parallel=True) == both
    assert calls("weather in Rome and in Paris", parallel=False) == both[:1]


def test_none_is_never() -> None:
    assert calls("weather in Rome", "none") == []


def test_required_is_always() -> None:
    assert calls("weather in Rome", "required") == [("get_weather", {"city": "Rome"})]
    assert calls("hello", "required") == [("get_weather", {"city": "hello"})]
    assert calls("", "required", tools=(ORDER,)) == [("lookupOrder", {"order_id": "unspecified"})]


def test_a_named_tool() -> None:
    assert calls("weather in Rome", named("get_time")) == [("get_time", {})]
    assert calls("weather in Rome", named("get_weather")) == [("get_weather", {"city": "Rome"})]


def test_what_cannot_be_demanded() -> None:
    impossible = Tool("strange", "Never valid", {"type": "object", "required": ["a"], "properties": {"a": False}})
    for choice, tools in (("required", (impossible,)), (named("nothing"), TOOLS), ("required", ())):
        with pytest.raises(Unsupported):
            calls("hello", choice, tools)  # type: ignore[arg-type]
    assert calls("hello", "required", (impossible, TIME)) == [("get_time", {})]


def test_after_a_result_comes_a_sentence() -> None:
    history = (
        ChatMessage("assistant", tool_calls=(ToolCall("a", "get_weather", '{"city":"Rome"}'),)),
        ChatMessage("tool", "sunny", tool_call_id="a"),
    )
    assert calls("weather in Rome", history=history) == []


def test_a_broken_schema_is_passed_over() -> None:
    broken = Tool("weather_now", "Weather in a city", {"type": "nonsense"})
    assert calls("weather in Rome", tools=(broken, WEATHER)) == [("get_weather", {"city": "Rome"})]


choices = st.sampled_from([None, "auto", "required", "none"])


@given(st.lists(parameters, min_size=1, max_size=3), utterances, choices, st.sampled_from([None, True, False]))
def test_every_choice_is_obeyed_with_valid_arguments(
    schemas: list[dict[str, Any]], text: str, choice: ToolChoice | None, parallel: bool | None
) -> None:
    tools = tuple(Tool(f"tool_{at}", "Weather of an order", schema) for at, schema in enumerate(schemas))
    made = calls(text, choice, tools, parallel)
    by_name = {tool.name: tool.parameters for tool in tools}
    assert all(Draft7Validator(by_name[name]).is_valid(arguments) for name, arguments in made)
    if choice == "required":
        assert made
    if choice == "none":
        assert not made
    if parallel is False:
        assert len(made) <= 1
    forced = calls(text, named("tool_0"), tools, parallel)
    assert forced
    assert all(name == "tool_0" and Draft7Validator(schemas[0]).is_valid(args) for name, args in forced)
