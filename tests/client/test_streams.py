"""Streams of both clients over a real socket, cut at nasty places."""

import asyncio
from typing import Any

import httpx
import pytest

from speko import (
    CompleteDone,
    CompleteMeta,
    CompletionUsage,
    DeltaEvent,
    ServerToolCallEvent,
    SpekoApiError,
    StreamError,
    StreamMeta,
    ToolCallEvent,
    TranscribeDone,
    TranscriptEvent,
)
from tests.client.conftest import Client
from tests.client.gateway import Reply, ScriptedGateway, json_reply, sse, sse_reply

META = {"provider": "flite", "model": "kal", "failoverCount": 0, "scoresRunId": None}
ROUTED = {"provider": "flite", "model": "kal", "failover_count": 0, "scores_run_id": None, "request_id": "req_1"}


def transcribe(client: Any) -> Any:
    return client.transcribe_stream(b"RIFF", language="en")


def complete(client: Any) -> Any:
    return client.complete_stream(messages=[{"role": "user", "content": "Hello."}], intent={"language": "en"})


def speak(client: Any) -> Any:
    return client.synthesize_stream("Hello.", language="en")


@pytest.mark.parametrize("step", [1, 2, 3, 50])
async def test_transcribe_events(speko: Client, gateway: ScriptedGateway, step: int) -> None:
    data = (
        sse("meta", **META)
        + sse("transcript", text="Grüe", isFinal=False, confidence=None)
        + sse("transcript", text="Grüezi 👋", isFinal=True, confidence=0.9)
        + sse("done", text="Grüezi 👋", confidence=0.9, **META)
    )
    gateway.replies.append(sse_reply(*(data[start : start + step] for start in range(0, len(data), step))))
    assert await speko.all(await speko.call(transcribe)) == [
        StreamMeta(**ROUTED),
        TranscriptEvent(text="Grüe", is_final=False, confidence=None),
        TranscriptEvent(text="Grüezi 👋", is_final=True, confidence=0.9),
        TranscribeDone(text="Grüezi 👋", confidence=0.9, **ROUTED),
    ]


async def test_complete_events(speko: Client, gateway: ScriptedGateway) -> None:
    call = {"id": "c1", "name": "clock", "args": "{}"}
    gateway.replies.append(
        sse_reply(
            sse("meta", totalFailoverCount=2, hop=1, **META) + sse("delta", text="Let me see."),
            sse("server_tool_call", id="c0", name="search", status="started"),
            sse("brand_new_event", a=1) + sse("tool_call", **call),
            sse("done", text="Let me see.", usage={"promptTokens": 1, "completionTokens": 2}, toolCalls=[call], **META),
        )
    )
    assert await speko.all(await speko.call(complete)) == [
        CompleteMeta(total_failover_count=2, hop=1, **ROUTED),
        DeltaEvent(text="Let me see."),
        ServerToolCallEvent(id="c0", name="search", status="started"),
        ToolCallEvent(**call),
        CompleteDone(
            text="Let me see.", usage=CompletionUsage(prompt_tokens=1, completion_tokens=2), tool_calls=[call], **ROUTED
        ),
    ]


@pytest.mark.parametrize("open_stream", [transcribe, complete])
async def test_an_error_is_an_event(speko: Client, gateway: ScriptedGateway, open_stream: Any) -> None:
    gateway.replies.append(sse_reply(sse("error", error="It broke."), sse("done")))
    events = await speko.all(await speko.call(open_stream))
    assert events == [StreamError(error="It broke.", code="STREAM_ERROR", request_id="req_1")]


@pytest.mark.parametrize("open_stream", [transcribe, complete])
async def test_a_stream_that_breaks_off_says_so(speko: Client, gateway: ScriptedGateway, open_stream: Any) -> None:
    gateway.replies.append(sse_reply(sse("meta", **META)))
    stream = await speko.call(open_stream)
    assert (await speko.next(stream)).type == "meta"
    with pytest.raises(SpekoApiError) as caught:
        await speko.next(stream)
    assert caught.value.code == "STREAM_ENDED"


@pytest.mark.parametrize("open_stream", [transcribe, complete])
async def test_a_connection_that_breaks_raises_behind_the_events(
    speko: Client, gateway: ScriptedGateway, open_stream: Any
) -> None:
    gateway.replies.append(sse_reply(sse("meta", **META), ending="cut"))
    stream = await speko.call(open_stream)
    assert (await speko.next(stream)).type == "meta"
    with pytest.raises(httpx.RemoteProtocolError):
        await speko.next(stream)


@pytest.mark.parametrize("open_stream", [transcribe, complete])
async def test_a_refusal_comes_with_the_first_event(speko: Client, gateway: ScriptedGateway, open_stream: Any) -> None:
    stream = await speko.call(open_stream)
    assert gateway.received == []
    gateway.replies.append(json_reply({"error": "Bad.", "code": "INVALID_AUDIO"}, 400))
    with pytest.raises(SpekoApiError) as caught:
        await speko.next(stream)
    assert caught.value.code == "INVALID_AUDIO"


async def stop(speko: Client, stream: Any, way: str) -> None:
    """Ends a stream early: each way again and again, as a caller may."""
    for _ in range(2):
        if way == "close":
            await speko.close(stream)
        else:
            await speko.leave(stream, RuntimeError("the caller's") if way == "exception" else None)


@pytest.mark.parametrize("open_stream", [transcribe, complete])
@pytest.mark.parametrize("way", ["close", "leave", "exception"])
async def test_stopping_early_ends_the_call_at_once(
    speko: Client, gateway: ScriptedGateway, open_stream: Any, way: str
) -> None:
    gateway.replies.append(sse_reply(sse("meta", **META), ending="held_open"))
    stream = await speko.call(open_stream)
    # The event is here although the answer goes on.
    assert (await speko.next(stream)).type == "meta"
    await stop(speko, stream, way)
    # Nothing is left for the loop to do: it stands still here.
    assert gateway.client_left.wait(10)


@pytest.mark.parametrize("way", ["close", "leave", "exception", "iterator"])
async def test_stopping_early_ends_the_speech_at_once(speko: Client, gateway: ScriptedGateway, way: str) -> None:
    gateway.replies.append(Reply(200, {}, [b"\x01\x00", b"\x02\x00"], ending="held_open"))
    stream = await speko.call(speak)
    chunks = speko.iterator(stream)
    assert await speko.next(chunks) == b"\x01\x00"
    if way == "iterator":
        await speko.close(chunks)
    else:
        await stop(speko, stream, way)
    assert gateway.client_left.wait(10)


@pytest.mark.parametrize("open_stream", [transcribe, complete, speak])
async def test_a_stream_that_is_forgotten_ends_the_call(
    speko: Client, gateway: ScriptedGateway, open_stream: Any
) -> None:
    gateway.replies.append(sse_reply(sse("meta", **META), ending="held_open"))
    stream = await speko.call(open_stream)
    iterator = speko.iterator(stream)
    await speko.next(iterator)
    del stream, iterator
    # On a thread: here the loop has to close it.
    assert await asyncio.to_thread(gateway.client_left.wait, 10)


@pytest.mark.parametrize(
    ("open_stream", "reply", "error"),
    [
        (transcribe, sse_reply(b"event: done\ndata: no JSON\n\n", ending="held_open"), SpekoApiError),
        (speak, Reply(200, {"content-encoding": "gzip"}, [b"no gzip"], ending="held_open"), httpx.DecodingError),
    ],
)
async def test_what_cannot_be_read_ends_the_call(
    speko: Client, gateway: ScriptedGateway, open_stream: Any, reply: Reply, error: type[Exception]
) -> None:
    gateway.replies.append(reply)
    stream = await speko.call(open_stream)
    # The error is kept, and with it everything that its traceback refers to.
    with pytest.raises(error) as _kept:
        await speko.all(stream)
    assert await asyncio.to_thread(gateway.client_left.wait, 10)


async def test_a_gateway_that_goes_on_after_done_is_left(speko: Client, gateway: ScriptedGateway) -> None:
    for _ in range(2):
        gateway.replies.append(sse_reply(sse("done"), b": ping\n\n", b": ping\n\n"))
        assert [event.type for event in await speko.all(await speko.call(transcribe))] == ["done"]
    assert [received.connection for received in gateway.received] == [0, 1]


async def test_speech_comes_in_the_chunks_that_arrive(speko: Client, gateway: ScriptedGateway) -> None:
    headers = {"content-type": "audio/pcm;rate=16000", "X-Speko-Provider": "flite", "X-Speko-Model": "kal"}
    gateway.replies.append(Reply(200, headers, [b"\x01", b"\x00\x02", b"\x00"]))
    stream = await speko.call(speak)
    assert (stream.provider, stream.model, stream.content_type) == ("flite", "kal", "audio/pcm;rate=16000")
    assert await speko.all(stream) == [b"\x01", b"\x00\x02", b"\x00"]
    with pytest.raises(httpx.StreamError):
        await speko.all(stream)


async def test_speech_can_be_read_whole(speko: Client, gateway: ScriptedGateway) -> None:
    gateway.replies.append(Reply(200, {}, [b"\x01", b"\x00\x02", b"\x00"]))
    stream = await speko.call(speak)
    assert await speko.settle(stream.read()) == b"\x01\x00\x02\x00"
    await speko.leave(stream)


async def test_speech_that_was_left_is_not_mistaken_for_an_end(speko: Client, gateway: ScriptedGateway) -> None:
    gateway.replies.append(Reply(200, {}, [b"\x01\x00"], ending="held_open"))
    stream = await speko.call(speak)
    await speko.close(stream)
    with pytest.raises(httpx.StreamError):
        await speko.settle(stream.read())


async def test_speech_that_breaks_off_raises(speko: Client, gateway: ScriptedGateway) -> None:
    gateway.replies.append(Reply(200, {}, [b"\x01\x00"], ending="cut"))
    stream = await speko.call(speak)
    received = []
    with pytest.raises(httpx.RemoteProtocolError):
        async for chunk in speko.each(stream):
            received.append(chunk)
    assert received == [b"\x01\x00"]
