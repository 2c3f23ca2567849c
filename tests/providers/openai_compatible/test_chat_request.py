"""What we send to `/chat/completions`."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from pydantic import ValidationError

from speko.providers.llm import ChatMessage, LlmRequest, NamedFunction, NamedTool, Tool, ToolCall
from speko.providers.openai_compatible.chat_request import chat_request
from speko.providers.openai_compatible.chat_wire import encode_request
from speko.providers.openai_compatible.profile import EFFORTS, Profile
from tests.providers.openai_compatible.shapes import check_shape

TOOL = Tool("get_weather", "Tells the weather", {"type": "object", "properties": {"city": {"type": "string"}}})
CALL = ToolCall("call_Xy12", "get_weather", '{"city": "Rome"}')
TALK = (
    ChatMessage("system", "Be brief."),
    ChatMessage("user", "Weather in Rome?"),
    ChatMessage("assistant", "", tool_calls=(CALL,)),
    ChatMessage("tool", "no such city", tool_call_id="call_Xy12", is_error=True),
    ChatMessage("assistant", "Let me try again.", tool_calls=(CALL,)),
    ChatMessage("tool", "sunny", tool_call_id="call_Xy12"),
)


def sent(request: LlmRequest, **facts: Any) -> dict[str, Any]:
    """The request as JSON, held against OpenAI's type."""
    body: dict[str, Any] = msgspec.json.decode(encode_request(chat_request(request, Profile(**facts))))
    check_shape(CompletionCreateParamsStreaming, body)
    return body


def test_the_least_request() -> None:
    assert sent(LlmRequest(model="m", messages=(ChatMessage("user", "Hi"),))) == {
        "model": "m",
        "messages": [{"role": "user", "content": "Hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


@pytest.mark.parametrize("wrong", [{"streem": True}, {"temperature": "hot"}, {"tools": [{"type": "function"}]}])
def test_the_check_itself_can_fail(wrong: dict[str, Any]) -> None:
    body = sent(LlmRequest(model="m", messages=TALK))
    with pytest.raises((AssertionError, ValidationError)):
        check_shape(CompletionCreateParamsStreaming, {**body, **wrong})


def test_a_conversation_with_tools() -> None:
    call = {"id": "call_Xy12", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Rome"}'}}
    body = sent(LlmRequest(model="m", messages=TALK, system_prompt="You are Ann.", tools=(TOOL,)))
    assert body["messages"] == [
        {"role": "system", "content": "You are Ann."},
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Weather in Rome?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "content": "Error: no such city", "tool_call_id": "call_Xy12"},
        {"role": "assistant", "content": "Let me try again.", "tool_calls": [call]},
        {"role": "tool", "content": "sunny", "tool_call_id": "call_Xy12"},
    ]
    assert body["tools"] == [
        {
            "type": "function",
            "function": {"name": "get_weather", "description": "Tells the weather", "parameters": TOOL.parameters},
        }
    ]


@pytest.mark.parametrize(
    ("choice", "wire"),
    [
        ("auto", "auto"),
        ("none", "none"),
        ("required", "required"),
        (NamedTool(NamedFunction("get_weather")), {"type": "function", "function": {"name": "get_weather"}}),
    ],
)
def test_tool_choice(choice: Any, wire: Any) -> None:
    options = LlmRequest(model="m", messages=TALK, tools=(TOOL,), tool_choice=choice, parallel_tool_calls=False)
    body = sent(options)
    assert body["tool_choice"] == wire
    assert body["parallel_tool_calls"] is False


def test_options_about_tools_go_only_with_tools() -> None:
    body = sent(LlmRequest(model="m", messages=TALK, tool_choice="none", parallel_tool_calls=True))
    assert not {"tools", "tool_choice", "parallel_tool_calls"} & set(body)


def test_usual_options() -> None:
    request = LlmRequest(model="m", messages=TALK, temperature=0.0, max_tokens=5, reasoning_effort="low")
    body = sent(request)
    assert (body["temperature"], body["max_tokens"]) == (0.0, 5)
    assert "reasoning_effort" not in body  # a model that does not reason


def test_a_model_that_reasons() -> None:
    request = LlmRequest(model="m", messages=TALK, temperature=0.5, max_tokens=5, reasoning_effort="minimal")
    body = sent(
        request,
        max_tokens_field="max_completion_tokens",
        temperature=False,
        stream_usage=False,
        efforts=("low", "high"),
    )
    assert body["max_completion_tokens"] == 5
    assert body["reasoning_effort"] == "low"
    assert not {"temperature", "max_tokens", "stream_options"} & set(body)


def test_the_language_stays_here() -> None:
    body = sent(LlmRequest(model="m", messages=TALK, language="it"))
    assert set(body) == {"model", "messages", "stream", "stream_options"}


def test_ids_of_other_vendors_become_nine_characters_where_a_vendor_wants_that() -> None:
    messages = sent(LlmRequest(model="m", messages=TALK), tool_call_ids="nine")["messages"]
    made = messages[2]["tool_calls"][0]["id"]
    assert made.isalnum()
    assert len(made) == 9
    assert messages[3]["tool_call_id"] == made
    own = ChatMessage("assistant", tool_calls=(ToolCall("abcDEF123", "f", "{}"),))
    kept = sent(LlmRequest(model="m", messages=(own,)), tool_call_ids="nine")["messages"]
    assert kept[0]["tool_calls"][0]["id"] == "abcDEF123"


MESSAGES = st.one_of(
    st.builds(ChatMessage, st.sampled_from(["system", "user", "assistant"]), st.text()),
    st.builds(
        lambda text, calls: ChatMessage("assistant", text, tool_calls=tuple(calls)),
        st.text(),
        st.lists(st.builds(ToolCall, st.text(min_size=1), st.just("f"), st.just("{}")), min_size=1, max_size=3),
    ),
    st.builds(lambda text, call, bad: ChatMessage("tool", text, (), call, bad), st.text(), st.text(), st.booleans()),
)


@given(
    st.builds(
        LlmRequest,
        model=st.text(min_size=1),
        messages=st.lists(MESSAGES, min_size=1, max_size=5).map(tuple),
        system_prompt=st.none() | st.text(),
        temperature=st.none() | st.floats(0, 2),
        max_tokens=st.none() | st.integers(1, 10**6),
        reasoning_effort=st.none() | st.sampled_from(EFFORTS),
        tools=st.sampled_from([(), (TOOL,)]),
        tool_choice=st.sampled_from([None, "auto", "none", "required", NamedTool(NamedFunction("f"))]),
        parallel_tool_calls=st.none() | st.booleans(),
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "stream_usage": st.booleans(),
            "temperature": st.booleans(),
            "max_tokens_field": st.sampled_from(["max_tokens", "max_completion_tokens"]),
            "efforts": st.sampled_from([(), ("low", "high"), EFFORTS]),
            "tool_call_ids": st.sampled_from(["any", "nine"]),
        },
    ),
)
def test_every_request_has_openais_shape(request: LlmRequest, facts: dict[str, Any]) -> None:
    sent(request, **facts)
