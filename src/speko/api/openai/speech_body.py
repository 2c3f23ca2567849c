"""The request of `/v1/audio/speech`. No I/O.

Source: https://platform.openai.com/docs/api-reference/audio/createSpeech
"""

from collections.abc import Callable
from typing import Annotated, Literal

from msgspec import Meta, Struct

from speko.api.openai.naming import ModelName
from speko.audio.encode import AudioEncoder, Mp3Encoder, PcmEncoder, WavEncoder
from speko.audio.muxed import AacEncoder, FlacEncoder, OpusEncoder

SAMPLE_RATE = 24_000
"""Hz, of all that this API speaks; its `pcm` is 16-bit little-endian mono without a header."""
Format = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]
_ENCODERS: dict[Format, Callable[[int], AudioEncoder]] = {
    "mp3": Mp3Encoder,
    "opus": OpusEncoder,
    "aac": AacEncoder,
    "flac": FlacEncoder,
    "wav": WavEncoder,
    "pcm": PcmEncoder,
}


class VoiceId(Struct, frozen=True):
    """A voice of the caller's own."""

    id: str


class SpeechBody(Struct, frozen=True, kw_only=True):
    """Body of `/v1/audio/speech`. Members that are not here are ignored."""

    model: ModelName
    input: Annotated[str, Meta(min_length=1, max_length=50_000)]
    voice: str | VoiceId | None = None
    """Of one vendor; the others speak with their own default."""
    language: str | None = None
    """Ours: BCP-47, for routing and the vendor; else the header `X-Speko-Intent` says it, else it is `en`."""
    instructions: str | None = None
    """Speaking style, dropped by models that have none."""
    response_format: Format | None = None
    """`mp3` where it is missing. `opus` comes in Ogg, `aac` in ADTS."""
    speed: Annotated[float, Meta(ge=0.5, le=2)] | None = None
    stream_format: Literal["sse", "audio"] | None = None


def encoder_of(chosen: Format) -> AudioEncoder:
    """For sound at `SAMPLE_RATE`."""
    return _ENCODERS[chosen](SAMPLE_RATE)
