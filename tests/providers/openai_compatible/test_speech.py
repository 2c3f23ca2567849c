"""The speech connector against a server on this machine."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from aiohttp import web
from openai.types.audio.speech_create_params import SpeechCreateParams

from speko.audio import wav_header
from speko.providers.call import Call
from speko.providers.errors import (
    MalformedResponse,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    TruncatedResponse,
    Unsupported,
)
from speko.providers.openai_compatible import OpenAISpeech, Profiles
from speko.providers.tts import AudioChunk, TtsRequest
from tests.providers.openai_compatible.shapes import check_shape
from tests.providers.openai_compatible.vendor import VENDOR, Handler, Running, answering, cutting, streaming, vendor

PCM = bytes(range(100))
REQUEST = TtsRequest(model="m", text="Good morning.", language="en-US", voice="alloy")


def speak(
    running: Running, call: Call, request: TtsRequest = REQUEST, **facts: Any
) -> AsyncIterator[Sequence[AudioChunk]]:
    return OpenAISpeech(VENDOR, Profiles(facts), running.runtime).synthesize(request, call)


async def sound(handler: Handler, request: TtsRequest = REQUEST, **facts: Any) -> tuple[bytes, set[int]]:
    """The whole sound, and the rates that its chunks say."""
    async with vendor(handler) as running:
        batches = [batch async for batch in speak(running, running.call(), request, **facts)]
    assert all(batches)
    chunks = [chunk for batch in batches for chunk in batch]
    return b"".join(chunk.pcm for chunk in chunks), {chunk.sample_rate for chunk in chunks}


async def send(request: TtsRequest = REQUEST, **facts: Any) -> dict[str, Any]:
    """Sends a request; gives its body, held against OpenAI's type."""
    async with vendor(answering(PCM, content_type="audio/pcm")) as running:
        async for _ in speak(running, running.call(), request, **facts):
            pass
        assert running.requests[-1].path == "/v1/audio/speech"
        body = running.json()
    check_shape(SpeechCreateParams, body)
    return body


# ---- requests ----


async def test_the_least_request() -> None:
    assert await send() == {"model": "m", "input": "Good morning.", "voice": "alloy", "response_format": "pcm"}


async def test_options_go_where_they_are_understood() -> None:
    request = TtsRequest("m", "Hi", "en", "alloy", speed=1.5, instructions="whisper")
    assert (await send(request))["speed"] == 1.5
    assert "instructions" not in await send(request)
    assert (await send(request, instructions=True))["instructions"] == "whisper"
    assert (await send(request, speech_format="wav"))["response_format"] == "wav"


# ---- answers ----


async def test_raw_sound_has_the_vendors_rate() -> None:
    assert await sound(answering(PCM, content_type="audio/pcm")) == (PCM, {24000})
    assert await sound(answering(PCM, content_type="application/octet-stream"), pcm_rate=48000) == (PCM, {48000})
    assert await sound(answering(PCM, content_type="audio/pcm; rate=16000")) == (PCM, {16000})


async def test_sound_comes_as_it_arrives_and_no_sample_is_split() -> None:
    more = asyncio.Event()

    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "audio/pcm"})
        await response.prepare(request)
        await response.write(PCM[:33])
        await more.wait()
        await response.write(PCM[33:])
        return response

    async with vendor(handle) as running:
        stream = speak(running, running.call())
        first = await asyncio.wait_for(anext(stream), 10)
        assert first == [AudioChunk(PCM[:32], 24000)]
        more.set()
        assert b"".join([chunk.pcm async for batch in stream for chunk in batch]) == PCM[32:]


@pytest.mark.parametrize("content_type", ["audio/wav", "audio/x-wav", "application/octet-stream", "audio/pcm"])
async def test_a_wave_file_whatever_was_asked_for(content_type: str) -> None:
    wav = wav_header(16000, None) + PCM
    assert await sound(answering(wav, content_type=content_type)) == (PCM, {16000})


async def test_no_sound_gives_nothing() -> None:
    assert await sound(answering(b"", content_type="audio/pcm")) == (b"", set())
    assert await sound(answering(wav_header(16000, 0), content_type="audio/wav")) == (b"", set())


@pytest.mark.parametrize(
    ("handler", "kind"),
    [
        (answering(b"ID3", content_type="audio/mpeg"), Unsupported),
        (answering("oops", content_type="text/plain"), MalformedResponse),
        (answering("<html>", content_type="text/html"), MalformedResponse),
        (answering("{}"), MalformedResponse),
        (answering("not json"), MalformedResponse),
        (answering('{"error": {"message": "slow down", "type": "rate_limit_error"}}'), RateLimited),
        (answering("", status=500), ProviderUnavailable),
        (cutting(PCM, content_type="audio/pcm"), TruncatedResponse),
        (answering(b"RIFF\x00\x00\x00\x00WAVEjunk", content_type="audio/wav"), MalformedResponse),
    ],
)
async def test_answers_that_fail(handler: Handler, kind: type[ProviderError]) -> None:
    with pytest.raises(kind):
        await sound(handler)


# ---- long texts ----

LONG = TtsRequest("m", "One sentence. Another sentence. The end.", "en", "alloy")


async def test_a_long_text_is_spoken_in_pieces() -> None:
    async with vendor(streaming(PCM[:50], PCM[50:], content_type="audio/pcm")) as running:
        call = running.call()
        spoken = b"".join(
            [chunk.pcm async for batch in speak(running, call, LONG, speech_characters=20) for chunk in batch]
        )
        inputs = [running.json(index)["input"] for index in range(3)]
    assert spoken == PCM * 3
    assert inputs == ["One sentence.", "Another sentence.", "The end."]
    assert call.usage.characters == sum(map(len, inputs))


async def test_pieces_of_different_rates_do_not_go_together() -> None:
    rates = iter([16000, 24000])

    async def handle(_: web.Request) -> web.Response:
        return web.Response(body=wav_header(next(rates), None) + PCM, content_type="audio/wav")

    with pytest.raises(MalformedResponse):
        await sound(handle, LONG, speech_characters=35)


async def test_a_failure_in_the_middle_costs_what_was_spoken() -> None:
    answers = iter([200, 500])

    async def handle(_: web.Request) -> web.Response:
        return web.Response(status=next(answers), body=PCM, content_type="audio/pcm")

    async with vendor(handle) as running:
        call = running.call()
        with pytest.raises(ProviderUnavailable):
            async for _ in speak(running, call, LONG, speech_characters=20):
                pass
        assert call.usage.characters == len("One sentence.")


# ---- usage, leaving ----


async def test_characters_are_metered() -> None:
    async with vendor(answering(PCM, content_type="audio/pcm")) as running:
        call = running.call()
        async for _ in speak(running, call):
            pass
        assert call.usage.characters == len("Good morning.")


async def test_leaving_reaches_the_vendor() -> None:
    left = asyncio.Event()

    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "audio/pcm"})
        await response.prepare(request)
        await response.write(PCM)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            left.set()
            raise
        return response

    async with vendor(handle) as running:
        stream = speak(running, running.call())
        await anext(stream)
        await stream.aclose()  # type: ignore[attr-defined]
        await asyncio.wait_for(left.wait(), 10)
