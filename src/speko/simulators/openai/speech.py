"""`POST /v1/audio/speech`: a tone of the script's length, else the embedded voice, and a tone for what it cannot say.

Source: https://platform.openai.com/docs/api-reference/audio/createSpeech
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from speko.audio import AudioEncoder, Mp3Encoder, PcmEncoder, WavEncoder
from speko.providers.errors import EmptyResult, ProviderError
from speko.simulators.answer import Answer, Refused
from speko.simulators.captured import CapturedRequest
from speko.simulators.engines import Engines
from speko.simulators.faults import FaultKind
from speko.simulators.openai.body import decode
from speko.simulators.openai.errors import invalid, status_error
from speko.simulators.script import Script
from speko.simulators.tone import tone

SAMPLE_RATE = 24_000
"""Hz, of all that the API speaks; its `pcm` is 16-bit little-endian mono without a header."""
CHUNK_MS = 100
_CHUNK_BYTES = SAMPLE_RATE * 2 * CHUNK_MS // 1000
_MS_PER_CHARACTER = 60
"""Length of the tone where there is neither a script nor a voice for it: the vendor's own speaks every script, and
makes some sound of signs alone."""

Format = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]
_ENCODERS: dict[str, tuple[str, type[PcmEncoder] | type[WavEncoder] | type[Mp3Encoder]]] = {
    "pcm": ("audio/pcm", PcmEncoder),
    "wav": ("audio/wav", WavEncoder),
    "mp3": ("audio/mpeg", Mp3Encoder),
}


class VoiceId(Struct, forbid_unknown_fields=True):
    id: str


class SpeechRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """All parameters by name, so that a misspelt one is refused."""

    model: Annotated[str, Meta(min_length=1)]
    input: Annotated[str, Meta(min_length=1, max_length=4096)]
    voice: Annotated[str, Meta(min_length=1)] | VoiceId
    instructions: str | None = None
    response_format: Format = "mp3"
    speed: Annotated[float, Meta(ge=0.25, le=4)] | None = None
    stream_format: Literal["sse", "audio"] = "audio"


DECODER = msgspec.json.Decoder(SpeechRequest)


async def answer(request: CapturedRequest, script: Script, engines: Engines) -> Answer:
    """Speaks.

    Raises:
        Refused: the request is not valid.
    """
    speech = decode(request, DECODER)
    if speech.response_format not in _ENCODERS:
        raise invalid("This format is not simulated: use pcm, wav or mp3.", "response_format")
    if speech.stream_format != "audio":
        raise invalid("This stream format is not simulated: use audio.", "stream_format")
    content_type, encoder = _ENCODERS[speech.response_format]
    if script.audio_ms is not None:
        return _tone(script.audio_ms, content_type, encoder(SAMPLE_RATE))
    # Speeds that a voice cannot speak are no reason to refuse.
    speed = min(max(speech.speed, 0.5), 2.0) if speech.speed else None
    spoken = await engines.speak(speech.input, speed, SAMPLE_RATE)
    instead = len(speech.input) * _MS_PER_CHARACTER
    if spoken is None:
        return _tone(instead, content_type, encoder(SAMPLE_RATE))
    return Answer(_encoded(spoken, encoder(SAMPLE_RATE), instead), content_type, streamed=True)


def _tone(milliseconds: int, content_type: str, encoder: AudioEncoder) -> Answer:
    pcm = tone(milliseconds, SAMPLE_RATE)
    sound = encoder.push(pcm) + encoder.flush() if pcm else b""
    chunks = tuple(sound[start : start + _CHUNK_BYTES] for start in range(0, len(sound), _CHUNK_BYTES))
    return Answer(chunks, content_type, streamed=True, joined=sound)


async def _encoded(
    spoken: AsyncGenerator[bytes, None], encoder: AudioEncoder, instead: int
) -> AsyncGenerator[bytes, None]:
    """`instead`: milliseconds of the tone for a text of which the voice can say nothing."""
    try:
        async with aclosing(spoken):
            async for pcm in spoken:
                if chunk := encoder.push(pcm):
                    yield chunk
    except EmptyResult:
        if chunk := encoder.push(tone(instead, SAMPLE_RATE)):
            yield chunk
    except ProviderError:
        raise Refused(status_error(FaultKind.SERVER_ERROR)) from None
    if chunk := encoder.flush():
        yield chunk
