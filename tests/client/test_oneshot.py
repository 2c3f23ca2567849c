"""The three voice calls: what both clients send, and what they make of the answer."""

import json
from functools import partial
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from speko import (
    AllowedProviders,
    ChatMessage,
    ChatTool,
    ChatToolCall,
    CompleteResult,
    CompletionUsage,
    NamedFunction,
    NamedToolChoice,
    PipelineConstraints,
    RoutingIntent,
    SpekoApiError,
    SpekoAuthError,
    SpekoRateLimitError,
    SynthesizeResult,
    TranscribeResult,
)
from speko.version import __version__
from tests.client.conftest import API_KEY, Client
from tests.client.gateway import Ending, Reply, ScriptedGateway, json_reply, sse, sse_reply

META = {"provider": "flite", "model": "kal", "failoverCount": 1, "scoresRunId": "run_1"}
ROUTED = {"provider": "flite", "model": "kal", "failover_count": 1, "scores_run_id": "run_1", "request_id": "req_1"}
USAGE = {"promptTokens": 3, "completionTokens": 4}
SPEECH_HEADERS = {
    "content-type": "audio/pcm;rate=24000",
    "X-Speko-Provider": "flite",
    "X-Speko-Model": "kal",
    "X-Speko-Failover-Count": "1",
    "X-Speko-Scores-Run-Id": "run_1",
    "x-request-id": "req_1",
}
CALLS: dict[str, Any] = {
    "transcribe": lambda speko: speko.transcribe(b"RIFF", language="en"),
    "synthesize": lambda speko: speko.synthesize("Hello.", language="en"),
    "synthesize_stream": lambda speko: speko.synthesize_stream("Hello.", language="en"),
    "complete": lambda speko: speko.complete(
        messages=[{"role": "user", "content": "Hello."}], intent={"language": "en"}
    ),
}


def _complete(arguments: dict[str, Any], client: Any) -> Any:
    return client.complete(**arguments)


async def test_transcribe_sends_audio_and_everything_else_in_headers(speko: Client, gateway: ScriptedGateway) -> None:
    gateway.replies.append(sse_reply(sse("meta", **META), sse("done", text="hi", confidence=0.5, **META)))
    result = await speko.call(
        lambda client: client.transcribe(
            memoryview(b"\x00\x01"),
            language="es-MX",
            region="us-east4",
            optimize_for="latency",
            content_type="audio/pcm;rate=8000",
            constraints=PipelineConstraints(allowed_providers=AllowedProviders(stt=["flite"])),
            session_id=" s1 ",
            keywords=("Zürich", "東京"),
            stt_language="multi",
        )
    )
    assert result == TranscribeResult(text="hi", confidence=0.5, **ROUTED)
    [sent] = gateway.received
    assert (sent.method, sent.target, sent.body) == ("POST", "/v1/transcribe", b"\x00\x01")
    assert sent.headers["content-type"] == "audio/pcm;rate=8000"
    assert sent.headers["x-speko-intent"] == '{"language":"es-MX","region":"us-east4","optimizeFor":"latency"}'
    assert sent.headers["x-speko-constraints"] == '{"allowedProviders":{"stt":["flite"]}}'
    assert sent.headers["x-speko-stt-options"].isascii()
    assert json.loads(sent.headers["x-speko-stt-options"]) == {"keywords": ["Zürich", "東京"], "language": "multi"}
    assert sent.headers["x-session-id"] == "s1"
    assert sent.headers["authorization"] == f"Bearer {API_KEY}"
    assert sent.headers["user-agent"] == f"spekoai-python/{__version__}"


async def test_transcribe_leaves_out_what_is_not_given(speko: Client, gateway: ScriptedGateway) -> None:
    gateway.replies.append(sse_reply(sse("done")))
    result = await speko.call(lambda client: client.transcribe(b"RIFF", language="en", session_id="  "))
    assert result == TranscribeResult(
        text="", provider="unknown", model="unknown", failover_count=0, scores_run_id=None, request_id="req_1"
    )
    headers = gateway.received[0].headers
    assert headers["x-speko-intent"] == '{"language":"en"}'
    assert headers["content-type"] == "audio/wav"
    assert not {"x-speko-constraints", "x-speko-stt-options", "x-session-id"} & headers.keys()


async def test_synthesize_sends_json_and_reads_headers(speko: Client, gateway: ScriptedGateway) -> None:
    gateway.replies.append(Reply(200, SPEECH_HEADERS, [b"\x01", b"\x00\x02\x00"]))
    result = await speko.call(
        lambda client: client.synthesize(
            "Grüezi 👋",
            language="de",
            voice="kal",
            model="m1",
            speed=1.5,
            instructions="calm",
            spoken_form=False,
            constraints={"allowed_providers": {"tts": ["flite"], "llm": None}},
            session_id="s1",
        )
    )
    assert result == SynthesizeResult(audio=b"\x01\x00\x02\x00", content_type="audio/pcm;rate=24000", **ROUTED)
    [sent] = gateway.received
    assert (sent.method, sent.target) == ("POST", "/v1/synthesize")
    assert sent.headers["content-type"] == "application/json"
    assert sent.headers["x-session-id"] == "s1"
    assert sent.json == {
        "text": "Grüezi 👋",
        "intent": {"language": "de"},
        "voice": "kal",
        "model": "m1",
        "speed": 1.5,
        "instructions": "calm",
        "spokenForm": False,
        "constraints": {"allowedProviders": {"tts": ["flite"]}},
    }


@pytest.mark.parametrize("call", ["synthesize", "synthesize_stream"])
async def test_speech_without_headers_has_defaults(speko: Client, gateway: ScriptedGateway, call: str) -> None:
    gateway.replies.append(Reply(200, {"X-Speko-Failover-Count": "many"}, [b"\x01\x00"]))
    result = await speko.call(CALLS[call])
    assert (result.provider, result.model, result.failover_count) == ("unknown", "unknown", 0)
    assert (result.scores_run_id, result.content_type) == (None, "application/octet-stream")
    assert gateway.received[0].json == {"text": "Hello.", "intent": {"language": "en"}}


async def test_complete_sends_models_and_dicts_alike(speko: Client, gateway: ScriptedGateway) -> None:
    call = {"id": "c1", "name": "clock", "args": '{"zone": "UTC"}'}
    schema = {"type": "object", "properties": {"time_zone": {"type": "string"}}}
    as_models = {
        "messages": [
            ChatMessage(role="user", content="What time is it?"),
            ChatMessage(role="assistant", content="", tool_calls=[ChatToolCall(**call)]),
            ChatMessage(role="tool", content="broken", tool_call_id="c1", is_error=True),
        ],
        "intent": RoutingIntent(language="en", region=None),
        "tools": [ChatTool(name="clock", description="Tells the time.", parameters=schema)],
        "tool_choice": NamedToolChoice(function=NamedFunction(name="clock")),
    }
    as_dicts = {
        "messages": [
            {"role": "user", "content": "What time is it?"},
            {"role": "assistant", "content": "", "toolCalls": [call]},
            {"role": "tool", "content": "broken", "tool_call_id": "c1", "isError": True},
        ],
        "intent": {"language": "en"},
        "tools": [{"name": "clock", "description": "Tells the time.", "parameters": schema}],
        "tool_choice": {"type": "function", "function": {"name": "clock"}},
    }
    options = {
        "system_prompt": "Be brief.",
        "temperature": 0.0,
        "max_tokens": 5,
        "reasoning_effort": "low",
        "parallel_tool_calls": False,
        "max_tool_hops": 2,
        "constraints": {"allowedProviders": {"llm": ["speko:rules"]}},
    }
    for arguments in (as_models, as_dicts):
        gateway.replies.append(sse_reply(sse("done", text="Noon.", usage=USAGE, **META)))
        result = await speko.call(partial(_complete, {**arguments, **options}))
        assert result == CompleteResult(
            text="Noon.", usage=CompletionUsage(prompt_tokens=3, completion_tokens=4), tool_calls=None, **ROUTED
        )
    first, second = (received.json for received in gateway.received)
    assert first == second
    assert first == {
        "messages": [
            {"role": "user", "content": "What time is it?"},
            {"role": "assistant", "content": "", "toolCalls": [call]},
            {"role": "tool", "content": "broken", "toolCallId": "c1", "isError": True},
        ],
        "intent": {"language": "en"},
        "systemPrompt": "Be brief.",
        "temperature": 0.0,
        "maxTokens": 5,
        "reasoningEffort": "low",
        "constraints": {"allowedProviders": {"llm": ["speko:rules"]}},
        "tools": [{"name": "clock", "description": "Tells the time.", "parameters": schema}],
        "toolChoice": {"type": "function", "function": {"name": "clock"}},
        "parallelToolCalls": False,
        "maxToolHops": 2,
    }


async def test_tool_calls_of_a_result_can_be_sent_back(speko: Client, gateway: ScriptedGateway) -> None:
    call = {"id": "c1", "name": "clock", "args": "{}"}
    gateway.replies.append(sse_reply(sse("tool_call", **call), sse("done", text="", toolCalls=[call], **META)))
    result = await speko.call(CALLS["complete"])
    assert result.tool_calls == [ChatToolCall(**call)]
    gateway.replies.append(sse_reply(sse("done")))
    message = ChatMessage(role="assistant", content=result.text, tool_calls=result.tool_calls)
    await speko.call(
        lambda client: client.complete(messages=[message], intent={"language": "en"}, tool_choice="required")
    )
    sent = gateway.received[1].json
    assert sent["messages"] == [{"role": "assistant", "content": "", "toolCalls": [call]}]
    assert sent["toolChoice"] == "required"


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (json_reply({"error": "Bad.", "code": "VALIDATION_ERROR"}, 400), (SpekoApiError, 400, "VALIDATION_ERROR")),
        (json_reply({"error": "Bad.", "code": "UNAUTHORIZED"}, 401), (SpekoAuthError, 401, "AUTH_ERROR")),
        (json_reply({"error": "Bad."}, 429, retry_after="7"), (SpekoRateLimitError, 429, "RATE_LIMITED")),
        (Reply(502, {}, [b"Bad", b"."]), (SpekoApiError, 502, "UNKNOWN")),
        (Reply(307, {"location": "/elsewhere"}, [b"Bad."], "length"), (SpekoApiError, 307, "UNKNOWN")),
    ],
)
async def test_a_refusal_is_an_error_and_the_connection_goes_on(
    speko: Client, gateway: ScriptedGateway, call: str, reply: Reply, error: tuple[type, int, str]
) -> None:
    gateway.replies.extend([reply, reply])
    for _ in range(2):
        with pytest.raises(SpekoApiError, match=r"^Bad\.$") as caught:
            await speko.call(CALLS[call])
        assert (type(caught.value), caught.value.status, caught.value.code) == error
    assert [received.connection for received in gateway.received] == [0, 0]


@pytest.mark.parametrize("call", ["transcribe", "complete"])
async def test_an_error_event_is_an_error(speko: Client, gateway: ScriptedGateway, call: str) -> None:
    gateway.replies.append(sse_reply(sse("meta", **META), sse("error", error="It broke.", code="COMPLETE_FAILED")))
    with pytest.raises(SpekoApiError) as caught:
        await speko.call(CALLS[call])
    error = caught.value
    assert (error.message, error.status, error.code, error.request_id) == ("It broke.", 200, "COMPLETE_FAILED", "req_1")


@pytest.mark.parametrize("call", ["transcribe", "complete"])
@pytest.mark.parametrize("framing", ["chunked", "until_close"])
async def test_a_stream_without_done_is_an_error(
    speko: Client, gateway: ScriptedGateway, call: str, framing: Any
) -> None:
    gateway.replies.append(sse_reply(sse("meta", **META), sse("done", **META)[:-10], framing=framing))
    with pytest.raises(SpekoApiError) as caught:
        await speko.call(CALLS[call])
    assert (caught.value.status, caught.value.code) == (200, "STREAM_ENDED")


@pytest.mark.parametrize("call", ["transcribe", "complete", "synthesize"])
async def test_a_connection_that_breaks_raises_what_httpx_raises(
    speko: Client, gateway: ScriptedGateway, call: str
) -> None:
    gateway.replies.append(sse_reply(sse("meta", **META), ending="cut"))
    with pytest.raises(httpx.RemoteProtocolError):
        await speko.call(CALLS[call])


@pytest.mark.parametrize("ending", ["whole", "cut"])
async def test_done_counts_whatever_happens_behind_it(speko: Client, gateway: ScriptedGateway, ending: Ending) -> None:
    gateway.replies.append(sse_reply(sse("done", text="hi"), ending=ending))
    assert (await speko.call(CALLS["transcribe"])).text == "hi"


@pytest.mark.parametrize("call", ["transcribe", "synthesize", "complete"])
async def test_one_connection_serves_many_calls(speko: Client, gateway: ScriptedGateway, call: str) -> None:
    for _ in range(3):
        gateway.replies.append(sse_reply(sse("meta", **META), sse("done")))
        await speko.call(CALLS[call])
    assert [received.connection for received in gateway.received] == [0, 0, 0]


async def test_wrong_arguments_send_nothing(speko: Client, gateway: ScriptedGateway) -> None:
    wrong: list[Any] = [
        lambda client: client.transcribe(b"RIFF", language=""),
        lambda client: client.transcribe(b"RIFF", language="en", constraints={"allowedProviders": ["flite"]}),
        lambda client: client.synthesize("Hello.", language="en", optimize_for="speed"),
        lambda client: client.complete(messages=[{"role": "robot", "content": ""}], intent={"language": "en"}),
        lambda client: client.complete(messages=[], intent={"region": "global"}),
    ]
    for call in wrong:
        with pytest.raises(ValidationError):
            await speko.call(call)
    assert gateway.received == []
