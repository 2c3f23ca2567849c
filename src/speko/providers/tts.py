"""Text to speech: the protocol every voice implements."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from speko.providers.call import Call


@dataclass(frozen=True, slots=True)
class TtsCapabilities:
    """What a synthesizer can do, declared by itself."""

    streaming: bool
    """Sound starts to arrive before the whole text is spoken."""
    speed: bool = False
    instructions: bool = False
    """Takes a speaking style; others drop it."""


@dataclass(frozen=True, slots=True)
class TtsRequest:
    """`model` and `voice` are the vendor's own names; absent `speed` is not sent to the vendor."""

    model: str
    text: str
    language: str
    voice: str
    speed: float | None = None
    """0.5 to 2, 1 is normal."""
    instructions: str | None = None
    sample_rate: int = 24000
    """Wish, in Hz. What comes back tells its own rate."""


@dataclass(frozen=True, slots=True)
class AudioChunk:
    """PCM16 little-endian mono. Never half a sample."""

    pcm: bytes
    sample_rate: int
    """Hz; the same for all chunks of one stream."""


class TextToSpeech(Protocol):
    """A voice. Yields batches, never empty ones; ends in good order or raises a `ProviderError`.

    `call.usage.characters` is kept true throughout.
    """

    capabilities: TtsCapabilities

    def synthesize(self, request: TtsRequest, call: Call) -> AsyncIterator[Sequence[AudioChunk]]: ...
