"""An open session over a real socket: frames, pressure, and every way in which it ends."""

import asyncio
import base64
import gc
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from speko.providers import errors
from speko.providers.openai_realtime import OpenAIRealtime, handshake
from speko.providers.openai_realtime import connection as module
from speko.providers.openai_realtime.connection import Connection
from speko.providers.s2s import (
    AssistantText,
    Commit,
    ResponseDone,
    ResponseStarted,
    Say,
    SpeechStarted,
    StopResponse,
    UserTranscript,
)
from tests.providers.openai_realtime import events as e
from tests.providers.openai_realtime.raw import Wire, frame, raw_server
from tests.providers.openai_realtime.vendor import (
    KEY,
    OPENAI,
    PATIENCE,
    Heard,
    call,
    conversation,
    drained,
    request,
    vendor,
)

SIGNAL = bytes(9600)
"""Audio with which a test says that it is ready."""
BEGINNING = frame(json.dumps(e.session()).encode()) + frame(json.dumps(e.session("session.updated")).encode())


@asynccontextmanager
async def wired() -> AsyncIterator[tuple[Wire, Connection, Heard]]:
    """A session that is set up, of which the server's end is raw."""
    wires: asyncio.Queue[Wire] = asyncio.Queue()
    over = asyncio.Event()

    async def handler(wire: Wire) -> None:
        await wire.write(wire.upgrade() + BEGINNING)
        wires.put_nowait(wire)
        await over.wait()

    heard = Heard()
    async with raw_server(handler) as url:
        opened = await OpenAIRealtime(vendor(url), OPENAI).connect(request(), call(), heard)
        try:
            yield await wires.get(), opened, heard
        finally:
            opened.close()
            over.set()


def text(event: e.Event) -> bytes:
    return json.dumps(event).encode()


# ---- audio


async def test_audio_goes_out_as_it_comes() -> None:
    async with conversation() as (peer, connection, _):
        sent = [bytes([number, 0]) * 480 for number in range(50)]
        for number, pcm in enumerate(sent):
            connection.audio((bytes, bytearray, memoryview)[number % 3](pcm))  # type: ignore[arg-type]
        for pcm in sent:
            message = await peer.receive()
            assert message["type"] == "input_audio_buffer.append"
            assert base64.b64decode(message["audio"]) == pcm


async def test_one_call_is_one_message() -> None:
    async with conversation() as (peer, connection, _):
        connection.audio(bytes(2 * 24000 * 60))  # a minute that was not answered yet
        message = await peer.receive()
        assert len(message["audio"]) == 2 * 24000 * 60 * 4 // 3


async def test_a_giant_delta_arrives_whole() -> None:
    pcm = bytes(range(256)) * 32_768  # 8 MiB: nearly three minutes
    async with conversation() as (peer, _, heard):
        await peer.send(e.created(), e.audio(pcm), e.done())
        await heard.until(ResponseDone)
        assert heard.sound() == pcm


async def test_audio_counts_as_usage() -> None:
    attempt = call()
    async with conversation(attempt=attempt) as (peer, connection, heard):
        connection.audio(bytes(4800))
        await peer.send(e.created(), e.audio(bytes(9600)), e.done(usage=e.usage(input=3, output=4)))
        await heard.until(ResponseDone)
        assert attempt.usage.audio_ms == 300
        assert (attempt.usage.input_tokens, attempt.usage.output_tokens) == (3, 4)
        connection.audio(bytes(4800))
        connection.close()
        assert attempt.usage.audio_ms == 400, "true when the attempt is booked"


# ---- frames


@pytest.mark.parametrize("pieces", [1, 2, 3, 50])
async def test_an_event_in_fragments(pieces: int) -> None:
    whole = text(e.spoken("Grüß Gott"))
    size = -(-len(whole) // pieces)
    parts = [whole[at : at + size] for at in range(0, len(whole), size)]
    packets = [frame(part, 1 if number == 0 else 0, fin=number == len(parts) - 1) for number, part in enumerate(parts)]
    packets.insert(len(packets) // 2, frame(b"ping", 9))
    async with wired() as (wire, _, heard):
        await wire.write(b"".join(packets), *packets)
        await heard.until(lambda _: len(heard.log) == 3)
        assert heard.log[1:] == [AssistantText("resp_1", "Grüß Gott")] * 2


@pytest.mark.parametrize("size", [1, 2, 5, 100])
async def test_packets_of_any_size(size: int) -> None:
    stream = b"".join(map(frame, map(text, [e.created(), e.audio(b"\x01\x00" * 50), e.spoken("Hi"), e.done()])))
    async with wired() as (wire, _, heard):
        await wire.write(*(stream[at : at + size] for at in range(0, len(stream), size)))
        await heard.until(ResponseDone)
        assert heard.log == [
            ResponseStarted("resp_1"), ("resp_1", b"\x01\x00" * 50), AssistantText("resp_1", "Hi"),
            ResponseDone("resp_1"),
        ]  # fmt: skip


async def test_binary_frames_are_events_too() -> None:
    async with wired() as (wire, _, heard):
        await wire.write(frame(text(e.created()), 2))
        await heard.until(ResponseStarted("resp_1"))


async def test_a_ping_is_answered() -> None:
    async with conversation() as (peer, _, _):
        async with asyncio.timeout(PATIENCE):
            await (await peer.socket.ping())


@pytest.mark.parametrize(
    ("packet", "words"),
    [
        (frame(b"{"), "not valid JSON"),
        (frame(b"[]"), "not an event"),
        (frame(b""), "not valid JSON"),
        (frame(b"\xff\xfe"), "not valid JSON"),
        (frame(b"[" * 100_000), "an event"),
        (frame(b'{"type":"response.output_audio.delta","delta":"?"}'), "response.output_audio.delta has an unknown"),
        (frame(b"x", 0), "broke the rules"),
        (frame(b"{", fin=False) + frame(b"{"), "broke the rules"),
        (frame(b"x", 3), "broke the rules"),
        (frame(b"x" * 10)[:1] + b"\xff" + bytes(20), "broke the rules"),
        (bytes([0x81, 127]) + (2**40).to_bytes(8, "big"), "broke the rules"),
    ],
    ids=["half", "array", "empty", "bytes", "deep", "not base64", "lone continuation", "interleaved", "opcode",
         "masked", "giant"],
)  # fmt: skip
async def test_nonsense_loses_the_engine(packet: bytes, words: str, caplog: pytest.LogCaptureFixture) -> None:
    async with wired() as (wire, _, heard):
        await wire.write(packet)
        error = await heard.until(errors.ProviderError)
        assert isinstance(error, errors.MalformedResponse)
        assert words in error.message
        await wire.gone()
    await settled()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR and record.name == "asyncio"] == []


async def test_fragments_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_MESSAGE", 1000)
    async with wired() as (wire, _, heard):
        await wire.write(frame(b"x" * 600, fin=False), frame(b"x" * 600, 0, fin=False))
        error = await heard.until(errors.ProviderError)
        assert error.message == "an event is too large"


async def test_events_of_no_interest_are_ignored() -> None:
    async with conversation() as (peer, _, heard):
        peer.strict = False
        await peer.send({"type": "response.brand_new", "x": [1, {}]}, {"type": "ping", "timestamp": 1}, e.created())
        await heard.until(ResponseStarted("resp_1"))
        assert len(heard.log) == 1


async def settled() -> None:
    """Lets what is over be collected: futures complain only then."""
    for _ in range(3):
        await asyncio.sleep(0.01)
        gc.collect()


# ---- the ends


async def test_close_is_the_end() -> None:
    async with conversation() as (peer, connection, heard):
        connection.close()
        connection.close()
        connection.audio(bytes(960))
        connection.do(Commit())
        connection.pause_reading()
        connection.resume_reading()
        async with asyncio.timeout(PATIENCE):
            await peer.socket.wait_closed()
        assert peer.socket.close_code == 1000
        assert await drained(peer) == []
        assert heard.log == []


async def test_a_vendor_that_closes() -> None:
    async with conversation() as (peer, connection, heard):
        await peer.socket.close(1001, f"session over for {KEY}")
        error = await heard.until(errors.ProviderError)
        assert isinstance(error, errors.ConnectionLost)
        assert "(1001): session over" in error.message
        assert KEY not in error.message
        connection.close()
        await settled()
        assert heard.log == [error]


@pytest.mark.parametrize("code", [1011, 3000, 4000])
async def test_any_close_code(code: int) -> None:
    async with conversation() as (peer, _, heard):
        await peer.socket.close(code)
        error = await heard.until(errors.ProviderError)
        assert f"({code})" in error.message


async def test_a_close_without_a_code() -> None:
    async with wired() as (wire, _, heard):
        await wire.write(frame(b"", 8))
        assert "(1005)" in (await heard.until(errors.ConnectionLost)).message


@pytest.mark.parametrize("when", ["before the first audio", "in the middle"])
async def test_a_vendor_that_vanishes(when: str) -> None:
    async with conversation() as (peer, connection, heard):
        await peer.send(e.created())
        if when == "in the middle":
            await peer.send(e.audio(bytes(960)), e.spoken("Half a"))
            await heard.until(AssistantText)
        peer.socket.transport.abort()
        await heard.until(errors.ConnectionLost)
        entries = len(heard.log)
        connection.audio(bytes(960))
        connection.do(Say("Hello?"))
        await settled()
        assert len(heard.log) == entries


async def test_half_a_frame_and_gone() -> None:
    async with wired() as (wire, _, heard):
        await wire.write(frame(text(e.created())), frame(text(e.spoken("Hi")))[:20])
        wire.writer.transport.abort()
        await heard.until(errors.ConnectionLost)
        assert heard.events() == [ResponseStarted("resp_1")]


async def test_the_vendors_own_limit_of_a_session() -> None:
    async with conversation() as (peer, _, heard):
        await peer.send(e.error("Your session hit the maximum duration of 60 minutes.", code="session_expired"))
        error = await heard.until(errors.ProviderError)
        assert isinstance(error, errors.ConnectionLost)
        assert "maximum duration" in error.message
        async with asyncio.timeout(PATIENCE):
            await peer.socket.wait_closed()


async def test_a_vendor_that_answers_no_ping(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshake, "PING_SECONDS", 0.1)
    async with wired() as (_, _, heard):
        error = await heard.until(errors.ProviderError)
        assert isinstance(error, errors.ConnectionLost)
        assert "ping" in error.message


async def test_late_pongs_are_no_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshake, "PING_SECONDS", 0.2)
    async with wired() as (wire, _, heard):
        for _ in range(4):
            head = await wire.reader.readuntil(b"\x89\x80")  # a ping without content
            assert head
            await asyncio.sleep(0.1)
            await wire.write(frame(b"", 10))
        assert heard.log == []


async def test_while_nothing_is_read_no_pong_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshake, "PING_SECONDS", 0.1)
    async with conversation() as (peer, connection, heard):
        connection.pause_reading()
        connection.pause_reading()
        await peer.send(e.created())
        for _ in range(10):
            await asyncio.sleep(0.05)
        assert heard.log == []
        connection.resume_reading()
        connection.resume_reading()
        await heard.until(ResponseStarted("resp_1"))


# ---- pressure


async def test_a_vendor_that_does_not_read_holds_the_client_back() -> None:
    async with wired() as (wire, connection, heard):
        second = bytes(48_000)
        wire.writer.transport.pause_reading()  # type: ignore[attr-defined]
        sent = 0
        while "pause" not in heard.log:
            connection.audio(second)
            sent += 1
            await asyncio.sleep(0)
            assert sent < 2000
        wire.writer.transport.resume_reading()  # type: ignore[attr-defined]
        reading = asyncio.create_task(wire.gone())
        await heard.until("resume")
        connection.close()
        await reading
        assert heard.log == ["pause", "resume"]


async def test_a_vendor_that_never_reads_is_lost() -> None:
    async with wired() as (wire, connection, heard):
        wire.writer.transport.pause_reading()  # type: ignore[attr-defined]
        for _ in range(2000):
            connection.audio(bytes(48_000))
            if any(isinstance(entry, errors.ProviderError) for entry in heard.log):
                break
            await asyncio.sleep(0)
        assert heard.log[0] == "pause"
        error = heard.log[-1]
        assert isinstance(error, errors.ConnectionLost)
        assert error.message == "the vendor takes no more audio"


async def test_a_session_closed_under_pressure_leaves_nothing_open() -> None:
    async with wired() as (wire, connection, heard):
        wire.writer.transport.pause_reading()  # type: ignore[attr-defined]
        while "pause" not in heard.log:
            connection.audio(bytes(48_000))
            await asyncio.sleep(0)
        connection.close()
        wire.writer.transport.resume_reading()  # type: ignore[attr-defined]
        await wire.gone()


# ---- callbacks of the gateway


async def test_the_gateway_may_close_in_the_middle_of_an_event() -> None:
    class Closing(Heard):
        def event(self, event: Any) -> None:
            super().event(event)
            connection.close()

    heard = Closing()
    async with raw_server(greeting) as url:
        connection = await OpenAIRealtime(vendor(url), OPENAI).connect(request(), call(), heard)
        connection.audio(SIGNAL)
        await heard.until(ResponseStarted)
        await settled()
        assert len(heard.log) == 1


async def greeting(wire: Wire) -> None:
    await wire.write(wire.upgrade() + BEGINNING)
    await wire.reader.readexactly(len(SIGNAL))
    events = [e.created(), e.audio(bytes(960)), e.done(usage=e.usage(input=1))]
    await wire.write(b"".join(map(frame, map(text, events))), frame(b"{"))
    await wire.gone()


async def test_the_gateway_answers_inside_an_event() -> None:
    class Interrupting(Heard):
        def event(self, event: Any) -> None:
            super().event(event)
            if isinstance(event, SpeechStarted):
                connection.do(StopResponse("resp_1", 10, ""))

    heard = Interrupting()
    async with raw_server(echo) as url:
        connection = await OpenAIRealtime(vendor(url), OPENAI).connect(request(), call(), heard)
        connection.audio(SIGNAL)
        await heard.until(UserTranscript)
        connection.close()
    assert ("resp_1", bytes(960)) in heard.log
    assert ("resp_1", bytes(480)) not in heard.log


async def echo(wire: Wire) -> None:
    await wire.write(wire.upgrade() + BEGINNING)
    await wire.reader.readexactly(len(SIGNAL))
    events = [e.created(), e.audio(bytes(960)), e.speech_started(0), e.audio(bytes(480)), e.transcript("Stop")]
    await wire.write(b"".join(map(frame, map(text, events))))
    await wire.gone()


async def test_a_mistake_of_ours_loses_the_engine_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Heard):
        def event(self, event: Any) -> None:
            raise KeyError("ours")

    heard = Broken()
    async with raw_server(greeting) as url:
        connection = await OpenAIRealtime(vendor(url), OPENAI).connect(request(), call(), heard)
        connection.audio(SIGNAL)
        await heard.until(errors.ProviderError)
    assert "an event could not be handled" in caplog.text
