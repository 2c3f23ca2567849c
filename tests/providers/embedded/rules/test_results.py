import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from speko.providers.embedded.rules.results import say_results
from speko.providers.llm import ChatMessage, ToolCall

ASKED = ChatMessage(
    "assistant",
    tool_calls=(ToolCall("a", "get_weather", '{"city":"Rome"}'), ToolCall("b", "get_weather", '{"city":"Paris"}')),
)


def said(content: str, is_error: bool = False) -> str | None:
    return say_results([ASKED, ChatMessage("tool", content, tool_call_id="a", is_error=is_error)])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("it is sunny", "It is sunny."),
        ("Ready!", "Ready!"),
        ("21", "21."),
        ('{"temperature":21,"skyState":"clear"}', "Temperature is 21 and sky state is clear."),
        ('{"wind":{"speed":3},"alerts":[],"note":null}', "Wind speed is 3."),
        ('["a","b","c"]', "A, b and c."),
        ('{"open":true}', "Open is yes."),
        ("", "The get weather tool is done."),
        ("[]", "The get weather tool is done."),
    ],
)
def test_results(content: str, sentence: str) -> None:
    assert said(content) == sentence


def test_errors() -> None:
    assert said("city not found", is_error=True) == "The get weather tool failed: city not found."
    assert said("", is_error=True) == "The get weather tool failed."


def test_several_results_say_which_is_which() -> None:
    messages = [ASKED, ChatMessage("tool", "sun", tool_call_id="a"), ChatMessage("tool", "rain", tool_call_id="b")]
    assert say_results(messages) == "For Rome: sun. For Paris: rain."


def test_only_results_at_the_end_count() -> None:
    assert say_results([ASKED, ChatMessage("tool", "sun", tool_call_id="a"), ChatMessage("user", "thanks")]) is None
    assert say_results([]) is None


def test_long_results_are_cut() -> None:
    assert len(said("word " * 1000) or "") < 650
    assert len(said("x" * 5000) or "") < 650


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(values.map(lambda value: json.encode(value).decode()) | st.text(), st.booleans())
def test_any_result_is_a_sentence(content: str, is_error: bool) -> None:
    sentence = said(content, is_error)
    assert sentence
    assert sentence[-1] in ".!?"
