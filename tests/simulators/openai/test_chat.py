import asyncio
import json
from typing import Any

import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from speko.providers.llm import ChatMessage, NamedFunction, NamedTool, TextDelta, Tool, ToolCall
from speko.simulators import Engines, OpenAISimulator, Script, ScriptedToolCall, ScriptedUsage
from speko.simulators.openai.chat import SUBSTITUTE
from tests.simulators.openai.engines import FAILURE, Fakes
from tests.simulators.openai.strict import assert_error, assert_known, client, refused, validated
from tests.simulators.wire import HELLO, ask

USER: Any = [{"role": "user", "content": "how are you"}]
TOOL: Any = {
    "type": "function",
    "function": {"name": "look_up", "description": "Looks it up.", "parameters": {"type": "object", "properties": {}}},
}
CALL = ScriptedToolCall("look_up", '{"query": "the weather in Bergen"}', id="call_1")
SCRIPT = Script(text="I am fine, thank you.")


async def chunks_of(simulator: OpenAISimulator, **options: Any) -> list[ChatCompletionChunk]:
    async with client(simulator) as openai:
        options = {"model": "gpt-4o-mini", "messages": USER} | options
        return [chunk async for chunk in await openai.chat.completions.create(stream=True, **options)]


async def completion_of(simulator: OpenAISimulator, **options: Any) -> ChatCompletion:
    async with client(simulator) as openai:
        options = {"model": "gpt-4o-mini", "messages": USER} | options
        made: ChatCompletion = await openai.chat.completions.create(**options)
        return made


def text_of(chunks: list[ChatCompletionChunk]) -> str:
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


async def test_an_answer_in_one_piece() -> None:
    async with OpenAISimulator(script=SCRIPT) as simulator:
        answer = await completion_of(simulator)
    assert_known(answer)
    assert answer.model == "gpt-4o-mini"
    assert answer._request_id is not None
    assert answer._request_id.startswith("req_")
    (choice,) = answer.choices
    assert (choice.message.content, choice.finish_reason) == ("I am fine, thank you.", "stop")
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (3, 6, 9)


async def test_an_answer_as_a_stream() -> None:
    async with OpenAISimulator(script=SCRIPT) as simulator:
        chunks = await chunks_of(simulator)
    for chunk in chunks:
        assert_known(chunk)
    assert text_of(chunks) == "I am fine, thank you."
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * 6 + ["stop"]
    assert len({(chunk.id, chunk.created, chunk.model) for chunk in chunks}) == 1
    assert all(chunk.usage is None for chunk in chunks)


async def test_the_synchronous_client() -> None:
    async with OpenAISimulator(script=SCRIPT) as simulator:

        def talk() -> tuple[str | None, str]:
            with OpenAI(base_url=simulator.base_url, api_key="k", max_retries=0) as openai:
                whole = openai.chat.completions.create(model="m", messages=USER)
                stream = openai.chat.completions.create(model="m", messages=USER, stream=True)
                return whole.choices[0].message.content, text_of(list(stream))

        assert await asyncio.to_thread(talk) == ("I am fine, thank you.", "I am fine, thank you.")


@pytest.mark.parametrize("include_usage", [False, True])
@pytest.mark.parametrize("calls", [(), (CALL,)])
async def test_every_message_on_the_wire_is_one_of_openais(include_usage: bool, calls: tuple[Any, ...]) -> None:
    async with OpenAISimulator(script=Script(text="a b", tool_calls=calls)) as simulator:
        body = HELLO | {"tools": [TOOL]}
        validated(ChatCompletion, (await ask(simulator, body=body)).json)
        body |= {"stream": True, "stream_options": {"include_usage": include_usage}}
        reply = await ask(simulator, body=body)
    assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"
    *events, done = reply.events
    assert done == "[DONE]"
    for event in events:
        validated(ChatCompletionChunk, json.loads(event))
        assert ("usage" in json.loads(event)) == include_usage


async def test_usage_comes_last_and_alone_when_asked_for() -> None:
    usage = ScriptedUsage(prompt_tokens=120, completion_tokens=7, cached_tokens=100)
    async with OpenAISimulator(script=Script(text="a b", usage=usage)) as simulator:
        *others, last = await chunks_of(simulator, stream_options={"include_usage": True})
        whole = await completion_of(simulator)
    assert all(chunk.usage is None for chunk in others)
    assert not last.choices
    for reported in (last.usage, whole.usage):
        assert reported is not None
        assert (reported.prompt_tokens, reported.completion_tokens, reported.total_tokens) == (120, 7, 127)
        assert reported.prompt_tokens_details is not None
        assert reported.prompt_tokens_details.cached_tokens == 100


async def test_a_vendor_that_reports_no_usage() -> None:
    async with OpenAISimulator(script=Script(text="a", report_usage=False)) as simulator:
        assert (await completion_of(simulator)).usage is None
        chunks = await chunks_of(simulator, stream_options={"include_usage": True})
    assert all(chunk.usage is None and chunk.choices for chunk in chunks)


async def test_as_many_content_events_as_scripted() -> None:
    async with OpenAISimulator(script=Script(chunks=100)) as simulator:
        chunks = await chunks_of(simulator)
        assert sum(bool(chunk.choices[0].delta.content) for chunk in chunks) == 100
        simulator.script = Script(text="abcdefgh", chunks=3)
        assert [chunk.choices[0].delta.content for chunk in await chunks_of(simulator)][1:-1] == ["ab", "cde", "fgh"]


@pytest.mark.parametrize("option", ["max_tokens", "max_completion_tokens"])
async def test_a_limit_cuts_the_answer(option: str) -> None:
    async with OpenAISimulator(script=Script(text="abcd" * 10, chunks=10)) as simulator:
        answer = await completion_of(simulator, **{option: 3})
        assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("abcd" * 3, "length")
        assert answer.usage is not None
        assert answer.usage.completion_tokens == 3
        chunks = await chunks_of(simulator, **{option: 3})
        assert (text_of(chunks), chunks[-1].choices[0].finish_reason) == ("abcd" * 3, "length")
        assert (await completion_of(simulator, **{option: 10})).choices[0].finish_reason == "stop"


async def test_a_finish_reason_as_scripted() -> None:
    async with OpenAISimulator(script=Script(text="", finish_reason="content_filter")) as simulator:
        assert (await completion_of(simulator)).choices[0].finish_reason == "content_filter"
        assert (await chunks_of(simulator))[-1].choices[0].finish_reason == "content_filter"


async def test_a_tool_is_called_and_its_result_is_answered() -> None:
    async with OpenAISimulator(script=Script(text="It rains.", tool_calls=(CALL,))) as simulator:
        answer = await completion_of(simulator, tools=[TOOL])
        message = answer.choices[0].message
        assert (message.content, answer.choices[0].finish_reason) == (None, "tool_calls")
        turns = [*USER, message.to_dict(), {"role": "tool", "tool_call_id": "call_1", "content": "rain"}]
        after = await completion_of(simulator, tools=[TOOL], messages=turns)
        assert (after.choices[0].message.content, after.choices[0].finish_reason) == ("It rains.", "stop")


async def test_calls_of_tools_are_streamed_in_parts() -> None:
    second = ScriptedToolCall("look_up", "not JSON")
    async with OpenAISimulator(script=Script(tool_calls=(CALL, second))) as simulator:
        chunks = await chunks_of(simulator, tools=[TOOL])
    deltas = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
    first, other = ([delta for delta in deltas if delta.index == index] for index in (0, 1))
    assert len(first) > 2
    for parts, arguments in ((first, CALL.arguments), (other, "not JSON")):
        assert [bool(part.id) for part in parts] == [True] + [False] * (len(parts) - 1)
        assert parts[0].function is not None
        assert parts[0].function.name == "look_up"
        assert "".join(part.function.arguments or "" for part in parts if part.function) == arguments
    assert first[0].id == "call_1" != other[0].id
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


async def test_tools_are_not_called_where_none_are_offered_or_wanted() -> None:
    async with OpenAISimulator(script=Script(text="words", tool_calls=(CALL,))) as simulator:
        assert (await completion_of(simulator)).choices[0].message.content == "words"
        none = await completion_of(simulator, tools=[TOOL], tool_choice="none")
        assert none.choices[0].message.content == "words"


async def test_the_responder_is_asked_what_the_client_asked() -> None:
    fakes = Fakes()
    fakes.llm_events = [TextDelta("It "), TextDelta("rains."), ToolCall("call_2", "look_up", "{}")]
    turns = [
        {"role": "developer", "content": [{"type": "text", "text": "Be "}, {"type": "text", "text": "kind."}]},
        {
            "role": "user",
            "content": [{"type": "text", "text": "rain?"}, {"type": "image_url", "image_url": {"url": "x"}}],
        },
        {
            "role": "assistant",
            "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "look_up", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "rain"},
    ]
    choice = {"type": "function", "function": {"name": "look_up"}}
    async with OpenAISimulator(engines=fakes.engines) as simulator:
        answer = await completion_of(simulator, messages=turns, tools=[TOOL], tool_choice=choice)
    assert answer.choices[0].message.content == "It rains."
    assert [call.id for call in answer.choices[0].message.tool_calls or ()] == ["call_2"]
    (request,) = fakes.requests
    assert request.model == "the-model"
    assert request.messages == (
        ChatMessage("system", "Be kind."),
        ChatMessage("user", "rain?"),
        ChatMessage("assistant", "", tool_calls=(ToolCall("call_1", "look_up", "{}"),)),
        ChatMessage("tool", "rain", tool_call_id="call_1"),
    )
    assert request.tools == (Tool("look_up", "Looks it up.", {"type": "object", "properties": {}}),)
    assert request.tool_choice == NamedTool(NamedFunction("look_up"))
    assert fakes.closed.is_set()


async def test_no_tools_reach_the_responder_that_it_may_not_call() -> None:
    fakes = Fakes()
    async with OpenAISimulator(engines=fakes.engines) as simulator:
        await completion_of(simulator, tools=[TOOL], tool_choice="none")
    assert (fakes.requests[0].tools, fakes.requests[0].tool_choice) == ((), "none")


async def test_a_responder_that_fails_is_a_500() -> None:
    fakes = Fakes()
    fakes.llm_events = [TextDelta("I "), FAILURE]
    async with OpenAISimulator(engines=fakes.engines) as simulator:
        with refused(500) as error:
            await chunks_of(simulator)
    assert assert_error(error.value).type == "server_error"


async def test_without_a_responder_there_is_a_substitute() -> None:
    async with OpenAISimulator(engines=Engines.none()) as simulator:
        assert text_of(await chunks_of(simulator)) == SUBSTITUTE


async def test_the_models() -> None:
    async with OpenAISimulator() as simulator, client(simulator) as openai:
        models = [model async for model in openai.models.list()]
    for model in models:
        assert_known(model)
    assert "gpt-4o-mini" in {model.id for model in models}
