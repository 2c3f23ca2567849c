"""What the chat endpoint refuses, and that it knows all that the package's types know."""

from typing import Any, get_args

import msgspec
import openai.types.chat as package
import pytest
from openai.types.chat.completion_create_params import (
    CompletionCreateParamsBase,
    CompletionCreateParamsStreaming,
)
from openai.types.shared_params import FunctionDefinition

from speko.simulators import OpenAISimulator, Script
from speko.simulators.openai import chat_request as ours
from tests.simulators.openai.strict import assert_error, client, refused
from tests.simulators.wire import HELLO, Wire, ask

USER = {"role": "user", "content": "hello"}
TOOL = {"type": "function", "function": {"name": "f"}}
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CALLING = {"role": "assistant", "content": None, "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "c", "content": "x"}


def fields(struct: Any) -> set[str]:
    config = struct.__struct_config__
    return {*struct.__struct_fields__, *([config.tag_field] if config.tag_field else [])}


@pytest.mark.parametrize(
    ("struct", "theirs"),
    [
        (ours.SystemMessage, package.ChatCompletionSystemMessageParam),
        (ours.DeveloperMessage, package.ChatCompletionDeveloperMessageParam),
        (ours.UserMessage, package.ChatCompletionUserMessageParam),
        (ours.AssistantMessage, package.ChatCompletionAssistantMessageParam),
        (ours.ToolMessage, package.ChatCompletionToolMessageParam),
        (ours.TextPart, package.ChatCompletionContentPartTextParam),
        (ours.RefusalPart, package.ChatCompletionContentPartRefusalParam),
        (ours.ImagePart, package.ChatCompletionContentPartImageParam),
        (ours.AudioPart, package.ChatCompletionContentPartInputAudioParam),
        (ours.CalledTool, package.ChatCompletionMessageFunctionToolCallParam),
        (ours.FunctionTool, package.ChatCompletionFunctionToolParam),
        (ours.Function, FunctionDefinition),
        (ours.NamedTool, package.ChatCompletionNamedToolChoiceParam),
        (ours.StreamOptions, package.ChatCompletionStreamOptionsParam),
    ],
)
def test_structs_have_the_fields_of_the_package(struct: Any, theirs: Any) -> None:
    # Clients send an answer back as they got it, with a member that only answers have.
    assert fields(struct) - {"annotations"} == set(theirs.__annotations__)


def test_the_request_has_the_parameters_of_the_package() -> None:
    theirs = {*CompletionCreateParamsBase.__annotations__, *CompletionCreateParamsStreaming.__annotations__}
    assert fields(ours.ChatRequest) == theirs


def test_every_role_but_the_deprecated_one_is_taken() -> None:
    roles = {message.__struct_config__.tag for message in get_args(ours.Message)}
    assert roles == {"system", "developer", "user", "assistant", "tool"}


@pytest.mark.parametrize(
    ("options", "param"),
    [
        ({"model": None}, "model"),
        ({"model": ""}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": "hello"}, "messages"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": "x", "tool_calls": []}]}, "messages[0].tool_calls"),
        ({"messages": [{"role": "assistant"}]}, "messages[0]"),
        ({"messages": [RESULT]}, "messages[0]"),
        ({"messages": [USER, CALLING]}, "messages"),
        ({"messages": [USER, CALLING, USER]}, "messages[2]"),
        ({"messages": [USER, CALLING, RESULT, RESULT]}, "messages[3]"),
        ({"messages": [USER, CALLING, RESULT | {"tool_call_id": "d"}]}, "messages[2]"),
        ({"temperature": 3}, "temperature"),
        ({"max_completion_tokens": 0}, "max_completion_tokens"),
        ({"max_completion_tokens": 5, "max_tokens": 5}, "max_tokens"),
        ({"n": 2}, "n"),
        ({"stream": "yes"}, "stream"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"stream": True, "stream_options": {"include": True}}, "stream_options.include"),
        ({"tools": []}, "tools"),
        ({"tools": [{"type": "function", "function": {"name": "not a name"}}]}, "tools[0].function.name"),
        ({"tool_choice": "auto"}, "tool_choice"),
        ({"parallel_tool_calls": True}, "parallel_tool_calls"),
        ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "g"}}}, "tool_choice"),
        ({"reasoning_effort": "extreme"}, "reasoning_effort"),
        ({"metadata": {"a": "b"}}, "metadata"),
        ({"reasoning": "high"}, "reasoning"),
    ],
)
async def test_what_does_not_fit_is_refused_and_named(options: dict[str, Any], param: str) -> None:
    async with OpenAISimulator(script=Script(text="x")) as simulator, client(simulator) as openai:
        with refused(400) as error:
            await openai.post("/chat/completions", cast_to=object, body=HELLO | options)
    told = assert_error(error.value)
    assert (told.type, told.param) == ("invalid_request_error", param)


@pytest.mark.parametrize(
    "options",
    [
        {"messages": [USER, CALLING, RESULT]},
        {
            "messages": [
                USER,
                CALLING | {"tool_calls": [CALL, CALL | {"id": "d"}]},
                RESULT | {"tool_call_id": "d"},
                RESULT,
            ]
        },
        {"messages": [{"role": "assistant", "content": "x"}, USER]},
        {"tools": [TOOL], "tool_choice": "required", "parallel_tool_calls": False},
        {"metadata": {"a": "b"}, "store": True},
        {"reasoning_effort": "minimal", "verbosity": "low", "temperature": 2, "stop": ["a"], "seed": 1},
    ],
)
async def test_what_fits_is_taken(options: dict[str, Any]) -> None:
    async with OpenAISimulator(script=Script(text="x")) as simulator:
        assert (await ask(simulator, body=HELLO | options)).status == 200


async def test_an_error_does_not_repeat_what_was_said() -> None:
    secret = "my secret words"
    async with OpenAISimulator() as simulator:
        for body in (
            HELLO | {"messages": [{"role": secret, "content": secret}]},
            HELLO | {secret: secret},
            HELLO | {"tool_choice": secret, "tools": [TOOL]},
            {"messages": secret},
        ):
            reply = await ask(simulator, body=body)
            assert reply.status == 400
            assert secret.encode() not in reply.body


async def test_only_json_is_taken() -> None:
    async with OpenAISimulator() as simulator:
        wire = await Wire.open(simulator)
        head = "POST /v1/chat/completions HTTP/1.1\nAuthorization: Bearer k"
        await wire.send(head, msgspec.json.encode(HELLO))
        assert (await wire.reply()).status == 415
        await wire.send(f"{head}\nContent-Type: application/json; charset=utf-8", b"[" * 100_000)
        assert (await wire.reply()).status == 400
        wire.close()


@pytest.mark.parametrize(
    ("request_line", "status", "code"),
    [
        ("GET /v1/chat/completions", 405, "method_not_supported"),
        ("POST /v1/models", 405, "method_not_supported"),
        ("GET /v1/nowhere", 404, "unknown_url"),
        ("POST /v1/chat/completions/", 404, "unknown_url"),
        ("GET /", 404, "unknown_url"),
    ],
)
async def test_what_is_not_there(request_line: str, status: int, code: str) -> None:
    async with OpenAISimulator() as simulator:
        wire = await Wire.open(simulator)
        await wire.send(f"{request_line} HTTP/1.1\nAuthorization: Bearer k")
        reply = await wire.reply()
        wire.close()
    assert (reply.status, reply.json["error"]["code"]) == (status, code)
    assert reply.headers["x-request-id"].startswith("req_")
