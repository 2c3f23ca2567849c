"""An open session over a real socket: audio, pressure, and what the gateway does inside an event."""

import asyncio
import base64
from typing import Any

import pytest

from speko.providers import errors
from speko.providers.openai_realtime import OpenAIRealtime
from speko.providers.s2s import ResponseDone, ResponseStarted, SpeechStarted, StopResponse, UserTranscript
from tests.providers.openai_realtime import events as e
from tests.providers.openai_realtime.raw import Wire, frame, raw_server
from tests.providers.openai_realtime.vendor import OPENAI, Heard, call, conversation, request, vendor
from tests.providers.openai_realtime.wired import BEGINNING, settled, text, wired

SIGNAL = bytes(9600)
"""Audio with which a test says that it is ready."""

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
