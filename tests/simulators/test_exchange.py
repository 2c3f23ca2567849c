"""Faults, as a client sees them on the wire."""

import asyncio
import json

import pytest

from speko.simulators import Fault, FaultKind, OpenAISimulator, Script
from speko.simulators.exchange import MAX_BODY
from tests.simulators.wire import CHAT, HELLO, PATIENCE, Reply, Wire, ask

SCRIPT = Script(text="one two three", audio_ms=1000)
SPEECH = "/v1/audio/speech"
HI = {"model": "tts-1", "input": "hi", "voice": "alloy", "response_format": "pcm"}
STREAM = HELLO | {"stream": True}
STATUSES = [kind for kind in FaultKind if kind.status is not None]


async def one(fault: Fault, path: str = CHAT, body: object = None) -> Reply:
    async with OpenAISimulator(script=SCRIPT, fault=fault) as simulator:
        return await ask(simulator, path, body)


def words(reply: Reply) -> list[str]:
    return [
        choice["delta"].get("content") or ""
        for event in reply.events
        if event != "[DONE]"
        for choice in json.loads(event)["choices"]
    ]


@pytest.mark.parametrize("kind", STATUSES)
@pytest.mark.parametrize("path", [CHAT, SPEECH, "/v1/audio/transcriptions", "/v1/models"])
async def test_statuses_whatever_was_asked(kind: FaultKind, path: str) -> None:
    reply = await one(Fault(kind), path)
    assert reply.status == kind.status
    assert set(reply.json["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize("kind", [FaultKind.RATE_LIMITED, FaultKind.OVERLOADED])
@pytest.mark.parametrize("value", ["30", "Wed, 21 Oct 2035 07:28:00 GMT"])
async def test_retry_after_is_sent_as_it_stands(kind: FaultKind, value: str) -> None:
    assert (await one(Fault(kind, retry_after=value))).headers["retry-after"] == value


async def test_no_retry_after_where_it_does_not_belong() -> None:
    for fault in (
        Fault(FaultKind.QUOTA),
        Fault(FaultKind.SERVER_ERROR),
        Fault(FaultKind.RATE_LIMITED, retry_after=None),
    ):
        assert "retry-after" not in (await one(fault)).headers


async def test_quota_says_why() -> None:
    assert (await one(Fault(FaultKind.QUOTA))).json["error"]["code"] == "insufficient_quota"


async def test_refuse_resets_without_an_answer() -> None:
    async with OpenAISimulator(fault=Fault(FaultKind.REFUSE)) as simulator:
        wire = await Wire.open(simulator)
        # A body that is not sent: nobody waits for it.
        await wire.send(f"POST {CHAT} HTTP/1.1\nAuthorization: Bearer k", length=10)
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(wire.reader.read(1), PATIENCE)
        assert simulator.state()["faults"] == {"refuse": 1}
        assert simulator.cancelled == 0


async def test_silent_says_nothing_until_the_client_leaves() -> None:
    async with OpenAISimulator(fault=Fault(FaultKind.SILENT)) as simulator:
        wire = await Wire.open(simulator)
        await wire.post()
        await simulator.until(lambda: len(simulator.requests) == 1)
        assert await wire.is_silent()
        assert simulator.cancelled == 0
        wire.close()
        await simulator.until(lambda: simulator.cancelled == 1)


async def test_stall_in_a_stream() -> None:
    async with OpenAISimulator(script=SCRIPT, fault=Fault(FaultKind.STALL, chunks=3)) as simulator:
        wire = await Wire.open(simulator)
        await wire.post(body=STREAM)
        assert (await wire.head())[0] == 200
        received = [await wire.chunk() for _ in range(3)]
        assert [json.loads(c[6:])["choices"][0]["delta"]["content"] for c in received] == ["", "one", " two"]
        assert await wire.is_silent()
        wire.close()
        await simulator.until(lambda: simulator.cancelled == 1)


@pytest.mark.parametrize("kind", [FaultKind.STALL, FaultKind.CUT])
async def test_the_head_alone(kind: FaultKind) -> None:
    async with OpenAISimulator(script=SCRIPT, fault=Fault(kind, chunks=0)) as simulator:
        for body in (HELLO, STREAM):
            wire = await Wire.open(simulator)
            await wire.post(body=body)
            assert (await wire.head())[0] == 200
            if kind is FaultKind.STALL:
                assert await wire.is_silent()
            else:
                with pytest.raises(ConnectionResetError):
                    await asyncio.wait_for(wire.reader.read(1), PATIENCE)
            wire.close()


async def test_stall_in_a_body_of_one_piece() -> None:
    async with OpenAISimulator(script=SCRIPT, fault=Fault(FaultKind.STALL)) as simulator:
        wire = await Wire.open(simulator)
        await wire.post()
        _, headers = await wire.head()
        length = int(headers["content-length"])
        half = await asyncio.wait_for(wire.reader.readexactly(length // 2), PATIENCE)
        assert half.startswith(b"{")
        assert await wire.is_silent()
        wire.close()


async def test_cut_resets_in_the_middle() -> None:
    reply = await one(Fault(FaultKind.CUT, chunks=3), body=STREAM)
    assert (reply.status, reply.ending) == (200, "reset")
    assert words(reply) == ["", "one", " two"]
    reply = await one(Fault(FaultKind.CUT))
    assert (reply.status, reply.ending) == (200, "reset")
    assert 0 < len(reply.body) < int(reply.headers["content-length"])


async def test_cut_in_speech() -> None:
    reply = await one(Fault(FaultKind.CUT, chunks=3), SPEECH, HI)
    assert (reply.status, reply.ending) == (200, "reset")
    assert len(reply.body) == 3 * 4800


async def test_malformed_in_a_stream() -> None:
    reply = await one(Fault(FaultKind.MALFORMED, chunks=2), body=STREAM)
    assert (reply.status, reply.ending) == (200, "complete")
    *good, bad = reply.events
    assert [json.loads(event)["object"] for event in good] == ["chat.completion.chunk"] * 2
    with pytest.raises(json.JSONDecodeError):
        json.loads(bad)


@pytest.mark.parametrize(
    ("path", "body", "chunks"), [(CHAT, HELLO, 2), (CHAT, STREAM, 0), (SPEECH, HI, 2), ("/v1/models", None, 2)]
)
async def test_malformed_elsewhere_is_a_page_of_html(path: str, body: object, chunks: int) -> None:
    if path == "/v1/models":
        async with OpenAISimulator(fault=Fault(FaultKind.MALFORMED)) as simulator:
            wire = await Wire.open(simulator)
            await wire.send(f"GET {path} HTTP/1.1\nAuthorization: Bearer k")
            reply = await wire.reply()
            wire.close()
    else:
        reply = await one(Fault(FaultKind.MALFORMED, chunks=chunks), path, body)
    assert (reply.status, reply.ending) == (200, "complete")
    assert reply.headers["content-type"].startswith("text/html")
    assert reply.body.startswith(b"<html>")


async def test_truncated_stream_ends_politely_without_its_end_mark() -> None:
    reply = await one(Fault(FaultKind.TRUNCATED), body=STREAM)
    assert reply.ending == "complete"
    assert words(reply) == ["", "one", " two", " three"]
    assert all(json.loads(event)["choices"][0]["finish_reason"] is None for event in reply.events)


@pytest.mark.parametrize(("path", "body"), [(CHAT, HELLO), (SPEECH, HI)])
async def test_truncated_body_is_shorter_than_announced(path: str, body: object) -> None:
    reply = await one(Fault(FaultKind.TRUNCATED), path, body)
    assert (reply.status, reply.ending) == (200, "closed")
    assert len(reply.body) == int(reply.headers["content-length"]) // 2


async def test_empty_is_in_good_order() -> None:
    reply = await one(Fault(FaultKind.EMPTY), body=STREAM)
    assert reply.ending == "complete"
    assert words(reply) == ["", ""]
    assert reply.events[-1] == "[DONE]"
    reply = await one(Fault(FaultKind.EMPTY))
    assert reply.json["choices"][0] == {
        "index": 0,
        "message": {"role": "assistant", "content": "", "refusal": None, "annotations": []},
        "logprobs": None,
        "finish_reason": "stop",
    }
    reply = await one(Fault(FaultKind.EMPTY), SPEECH, HI)
    assert (reply.status, reply.body, reply.ending) == (200, b"", "complete")


async def test_slow_is_late() -> None:
    async with OpenAISimulator(script=SCRIPT, fault=Fault(FaultKind.SLOW, seconds=3600)) as simulator:
        wire = await Wire.open(simulator)
        await wire.post(body=STREAM)
        await simulator.until(lambda: len(simulator.requests) == 1)
        assert await wire.is_silent()
        wire.close()
        await simulator.until(lambda: simulator.cancelled == 1)


async def test_slow_is_whole() -> None:
    reply = await one(Fault(FaultKind.SLOW, seconds=0.01), body=STREAM)
    assert words(reply) == ["", "one", " two", " three", ""]
    assert reply.events[-1] == "[DONE]"


async def test_the_connection_lives_on_after_a_status_and_after_a_whole_answer() -> None:
    async with OpenAISimulator(script=SCRIPT, fault=Fault(FaultKind.SERVER_ERROR, times=1)) as simulator:
        wire = await Wire.open(simulator)
        for status in (500, 200, 200):
            await wire.post(body=STREAM)
            assert (await wire.reply()).status == status
        wire.close()


async def test_an_http_1_0_client_gets_its_stream_too() -> None:
    async with OpenAISimulator(script=SCRIPT) as simulator:
        for pace in (0.0, 0.001):
            simulator.script = Script(text="one two", pace=pace)
            wire = await Wire.open(simulator)
            body = json.dumps(STREAM).encode()
            head = f"POST {CHAT} HTTP/1.0\nAuthorization: Bearer k\nContent-Type: application/json"
            await wire.send(head, body)
            _, headers = await wire.head()
            assert "transfer-encoding" not in headers
            assert (await asyncio.wait_for(wire.reader.read(-1), PATIENCE)).endswith(b"data: [DONE]\n\n")


async def test_a_claimed_body_that_is_too_large_is_refused_at_once() -> None:
    async with OpenAISimulator() as simulator:
        wire = await Wire.open(simulator)
        await wire.send(f"POST {CHAT} HTTP/1.1\nAuthorization: Bearer k", length=2 * 2**30)
        assert (await wire.reply()).status == 413
        wire.close()


async def test_a_body_that_grows_too_large_is_refused() -> None:
    async with OpenAISimulator() as simulator:
        wire = await Wire.open(simulator)
        wire.writer.write(f"POST {CHAT} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        piece = bytes(2**20)
        for _ in range(MAX_BODY // len(piece) + 1):
            wire.writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            await asyncio.wait_for(wire.writer.drain(), PATIENCE)
        assert (await wire.reply()).status == 413
        wire.close()


async def test_a_body_that_never_comes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("speko.simulators.exchange.BODY_TIMEOUT", 0.05)
    async with OpenAISimulator() as simulator:
        wire = await Wire.open(simulator)
        await wire.send(f"POST {CHAT} HTTP/1.1\nAuthorization: Bearer k", length=10)
        reply = await wire.reply()
        assert (reply.status, reply.json["error"]["type"]) == (408, "invalid_request_error")
        wire.close()


async def test_a_body_in_a_coding_that_it_does_not_follow() -> None:
    async with OpenAISimulator() as simulator:
        wire = await Wire.open(simulator)
        await wire.send(f"POST {CHAT} HTTP/1.1\nAuthorization: Bearer k\nContent-Encoding: gzip", b"no gzip at all")
        assert (await wire.reply()).status == 400
        assert simulator.ledger.errors == 0
        wire.close()


async def test_a_client_that_asks_first_is_told_to_go_on() -> None:
    async with OpenAISimulator(script=SCRIPT) as simulator:
        wire = await Wire.open(simulator)
        body = json.dumps(HELLO).encode()
        head = f"POST {CHAT} HTTP/1.1\nAuthorization: Bearer k\nContent-Type: application/json\nExpect: 100-continue"
        await wire.send(head, length=len(body))
        assert (await wire.head())[0] == 100
        wire.writer.write(body)
        assert (await wire.reply()).status == 200
        wire.close()


async def test_an_error_of_the_simulator_itself_is_a_500_and_tells_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError(words)

    words = "what the caller said"
    async with OpenAISimulator() as simulator:
        monkeypatch.setattr(simulator, "answer", broken)
        reply = await ask(simulator)
        assert (reply.status, reply.json["error"]["type"]) == (500, "server_error")
        assert simulator.ledger.errors == 1
    (record,) = caplog.records
    assert words not in str(record.__dict__)
