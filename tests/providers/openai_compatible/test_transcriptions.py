"""The transcription connector against a server on this machine."""

import asyncio
import io
from collections.abc import AsyncIterator, Iterator, Sequence
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from openai.types.audio import Transcription, TranscriptionVerbose
from openai.types.audio.transcription_create_params import (
    TranscriptionCreateParamsNonStreaming,
    TranscriptionCreateParamsStreaming,
)

from speko.audio import AudioFormatError, Recording, wav_header
from speko.providers.call import Call
from speko.providers.errors import (
    CallerError,
    MalformedResponse,
    ProviderError,
    ProviderUnavailable,
    TruncatedResponse,
    Unsupported,
)
from speko.providers.openai_compatible import OpenAITranscriptions, Profiles
from speko.providers.stt import SttRequest, Transcript
from tests.providers.openai_compatible.shapes import check_shape
from tests.providers.openai_compatible.test_transcript_stream import delta, done
from tests.providers.openai_compatible.vendor import (
    VENDOR,
    Handler,
    Running,
    answering,
    cutting,
    event,
    streaming,
    vendor,
)

PCM = bytes(range(256)) * 125  # a second at 16 kHz
WAV = wav_header(16000, len(PCM)) + PCM
REQUEST = SttRequest(model="m", language="de-AT")
HEARD = Transcription.model_validate(
    {"text": " Guten Tag.", "usage": {"type": "duration", "seconds": 1}}
).model_dump_json()


def recording(data: bytes = WAV, content_type: str = "audio/wav") -> Recording:
    return Recording.read(io.BytesIO(data), len(data), content_type)


def hear(
    running: Running, call: Call, request: SttRequest = REQUEST, of: Recording | None = None, **facts: Any
) -> AsyncIterator[Sequence[Transcript]]:
    connector = OpenAITranscriptions(VENDOR, Profiles(facts), running.runtime)
    return connector.transcribe(request, of or recording(), call)


async def transcripts(handler: Handler, **facts: Any) -> list[list[Transcript]]:
    async with vendor(handler) as running:
        return [list(batch) async for batch in hear(running, running.call(), **facts)]


def form(running: Running) -> list[Message]:
    """The parts of the form that was sent, as Python's own mail parser sees them."""
    head = f"Content-Type: {running.requests[-1].headers['Content-Type']}\r\n\r\n".encode()
    message = BytesParser().parsebytes(head + running.bodies[-1])
    return [part for part in message.walk() if not part.is_multipart()]


def name(part: Message) -> str:
    return str(part.get_param("name", header="content-disposition"))


def fields(running: Running) -> dict[str, Any]:
    """What was sent, in the form in which the `openai` package takes it."""
    sent: dict[str, Any] = {}
    for part in form(running):
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        if name(part) == "file":
            sent["file"] = (part.get_filename(), payload, part.get_content_type())
        elif name(part).endswith("[]"):
            sent.setdefault(name(part)[:-2], []).append(payload.decode())
        else:
            sent[name(part)] = {"true": True}.get(payload.decode(), payload.decode())
    return sent


async def send(request: SttRequest = REQUEST, of: Recording | None = None, **facts: Any) -> dict[str, Any]:
    """Sends a request; gives its fields, held against OpenAI's type."""
    async with vendor(answering(HEARD)) as running:
        async for _ in hear(running, running.call(), request, of, **facts):
            pass
        assert running.requests[-1].path == "/v1/audio/transcriptions"
        assert "Transfer-Encoding" not in running.requests[-1].headers
        sent = fields(running)
    check_shape(TranscriptionCreateParamsStreaming if "stream" in sent else TranscriptionCreateParamsNonStreaming, sent)
    return sent


# ---- requests ----


async def test_a_recording_goes_out_as_it_is() -> None:
    assert await send() == {
        "model": "m",
        "language": "de",
        "response_format": "json",
        "file": ("audio.wav", WAV, "audio/wav"),
    }


async def test_raw_pcm_becomes_a_wave_file() -> None:
    sent = await send(of=recording(PCM, "audio/pcm;rate=16000"))
    assert sent["file"] == ("audio.wav", WAV, "audio/wav")


async def test_more_than_16_khz_would_only_be_a_longer_upload() -> None:
    filename, sent, _ = (await send(of=recording(PCM * 3, "audio/pcm;rate=48000")))["file"]
    assert filename == "audio.wav"
    assert sent[:44] == wav_header(16000, len(sent) - 44)
    assert len(sent) == len(WAV)


async def test_a_recording_larger_than_any_buffer(tmp_path: Path) -> None:
    data = wav_header(16000, 3_000_000) + bytes(3_000_000)
    path = tmp_path / "long.wav"
    path.write_bytes(data)
    large = Recording.read(path.open("rb"), len(data), "audio/wav")
    assert (await send(of=large))["file"][1] == data


@pytest.mark.parametrize(
    ("language", "sent"),
    [("de-AT", "de"), ("fil", "tl"), ("nb-NO", "no"), ("auto", None), ("multi", None), (None, None)],
)
async def test_languages(language: str | None, sent: str | None) -> None:
    assert (await send(SttRequest("m", language))).get("language") == sent


async def test_keywords() -> None:
    request = SttRequest("m", "en", keywords=("Speko", "Zoë"))
    assert (await send(request))["prompt"] == "Speko, Zoë"
    listed = await send(request, keywords="list")
    assert listed["keywords"] == ["Speko", "Zoë"]
    assert "prompt" not in listed
    none = await send(request, keywords="none")
    assert not {"prompt", "keywords"} & set(none)


async def test_a_keyword_cannot_break_out_of_its_part() -> None:
    nasty = 'x\r\n--\r\nContent-Disposition: form-data; name="model"\r\n\r\nevil'
    sent = await send(SttRequest("m", "en", keywords=(nasty,)))
    assert (sent["model"], sent["prompt"]) == ("m", nasty)


async def test_streaming_is_asked_for_only_where_it_is_offered() -> None:
    assert "stream" not in await send()
    sent = await send(stream_transcript=True, transcript_format="")
    assert sent["stream"] is True
    assert "response_format" not in sent


# ---- answers ----


async def test_one_final_transcript() -> None:
    assert await transcripts(answering(HEARD)) == [[Transcript("Guten Tag.", is_final=True)]]


async def test_a_verbose_answer() -> None:
    verbose = TranscriptionVerbose(text="Hi", language="english", duration=1.0, segments=[]).model_dump_json()
    assert await transcripts(answering(verbose)) == [[Transcript("Hi", is_final=True)]]


async def test_interim_transcripts_and_the_final_one() -> None:
    seen = await transcripts(streaming(event(delta("Gu")), event(delta("ten")), event(done("Guten."))))
    texts = [(transcript.text, transcript.is_final) for batch in seen for transcript in batch]
    assert texts[-1] == ("Guten.", True)
    assert set(texts[:-1]) <= {("Gu", False), ("Guten", False)}


async def test_silence_gives_nothing() -> None:
    assert await transcripts(answering('{"text": " "}')) == []
    assert await transcripts(streaming(event(done("")))) == []


@pytest.mark.parametrize(
    ("handler", "kind"),
    [
        (answering("{}"), MalformedResponse),
        (answering("not json"), MalformedResponse),
        (answering("words", content_type="text/plain"), MalformedResponse),
        (answering('{"error": {"message": "boom"}}'), ProviderUnavailable),
        (streaming(event(delta("Gu"))), TruncatedResponse),
        (streaming(event("[DONE]")), TruncatedResponse),
        (cutting(event(delta("Gu"))), TruncatedResponse),
        (streaming(event("{")), MalformedResponse),
        (streaming(event('{"error": {"message": "boom"}}')), ProviderUnavailable),
        (answering('{"error": {"message": "corrupted", "param": "file"}}', status=400), CallerError),
    ],
)
async def test_answers_that_fail(handler: Handler, kind: type[ProviderError]) -> None:
    with pytest.raises(kind):
        await transcripts(handler)


# ---- formats ----


async def test_a_format_that_nobody_here_can_decode_is_refused() -> None:
    odd = recording(b"\x00" * 4000, "audio/x-unheard-of")
    async with vendor(answering(HEARD)) as running:
        with pytest.raises(Unsupported):
            await anext(hear(running, running.call(), of=odd))
        assert running.requests == []


class Compressed(Recording):
    """A recording that has to be decoded, so that nobody knows the length of its samples."""

    def __init__(self, *pieces: bytes, broken: bool = False) -> None:
        self._pieces, self._broken = pieces, broken
        self.content_type, self.filename, self.size = "audio/amr", "audio.amr", 100
        self.duration_ms, self.sample_rate, self.channels, self.decodable = 1000, 8000, 1, True

    def pcm_bytes(self, sample_rate: int) -> int | None:
        return None

    def wav(self, sample_rate: int) -> Iterator[bytes]:
        yield wav_header(sample_rate, None)
        yield from self._pieces
        if self._broken:
            raise AudioFormatError("damaged")


async def test_sound_of_unknown_length_is_sent_while_it_is_decoded() -> None:
    async with vendor(answering(HEARD)) as running:
        async for _ in hear(running, running.call(), of=Compressed(PCM, PCM)):
            pass
        assert running.requests[-1].headers["Transfer-Encoding"] == "chunked"
        assert fields(running)["file"] == ("audio.wav", wav_header(8000, None) + PCM + PCM, "audio/wav")


async def test_sound_that_turns_out_to_be_damaged_is_not_the_vendors_fault() -> None:
    async with vendor(answering(HEARD)) as running:
        call = running.call()
        with pytest.raises(Unsupported):
            await anext(hear(running, call, of=Compressed(PCM, broken=True)))


async def test_listening_is_not_offered() -> None:
    async def sound() -> AsyncIterator[bytes]:
        yield PCM

    async with vendor(answering(HEARD)) as running:
        connector = OpenAITranscriptions(VENDOR, Profiles({}), running.runtime)
        assert not connector.capabilities.streaming
        with pytest.raises(Unsupported):
            connector.listen(REQUEST, sound(), running.call())


# ---- usage, leaving ----


async def test_the_length_of_the_recording_is_what_is_metered() -> None:
    async with vendor(answering(HEARD)) as running:
        call = running.call()
        async for _ in hear(running, call):
            pass
        assert call.usage.audio_ms == 1000


async def test_a_refused_recording_costs_nothing() -> None:
    async with vendor(answering("", status=500)) as running:
        call = running.call()
        with pytest.raises(ProviderUnavailable):
            await anext(hear(running, call))
        assert call.usage.audio_ms == 0


async def test_cancelling_the_upload_reaches_the_vendor() -> None:
    asked, left = asyncio.Event(), asyncio.Event()

    async def handle(_: web.Request) -> web.StreamResponse:
        asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            left.set()
            raise
        return web.Response()

    async with vendor(handle) as running:
        call = running.call()
        waiting = asyncio.ensure_future(anext(hear(running, call)))
        await asyncio.wait_for(asked.wait(), 10)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await asyncio.wait_for(left.wait(), 10)
        assert call.usage.audio_ms == 1000
