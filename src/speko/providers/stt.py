"""Speech to text: the protocol every recogniser implements."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from speko.audio import Recording
from speko.providers.call import Call


@dataclass(frozen=True, slots=True)
class SttCapabilities:
    """What a recogniser can do, declared by itself."""

    batch: bool
    """Implements `transcribe`."""
    streaming: bool
    """Implements `listen`."""
    interim: bool = False
    """Sends transcripts that are not final yet."""
    keywords: bool = False
    """Can be biased towards words."""
    formats: frozenset[str] = frozenset({"audio/wav"})
    """Content types that `transcribe` takes as they are; everything else it gets decoded from `Recording.pcm`."""


@dataclass(frozen=True, slots=True)
class SttRequest:
    """`model` is the name the vendor knows; `language` is a BCP-47 tag, or None where the vendor shall detect it."""

    model: str
    language: str | None
    keywords: tuple[str, ...] = ()
    sample_rate: int = 16000
    """Rate in Hz of the PCM given to `listen`."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """Words of one segment. A transcript that is not final is cumulative and replaced by the next one."""

    text: str
    is_final: bool
    confidence: float | None = None
    """0 to 1."""


class SpeechToText(Protocol):
    """A recogniser. Both ways yield batches: all transcripts decoded from one read, never empty batches.

    The iterator ends in good order or raises a `ProviderError`. Closing or cancelling it frees everything it holds and
    reaches the vendor. `call.usage.audio_ms` is kept true throughout.
    """

    capabilities: SttCapabilities

    def transcribe(
        self, request: SttRequest, recording: Recording, call: Call
    ) -> AsyncIterator[Sequence[Transcript]]: ...

    def listen(
        self, request: SttRequest, audio: AsyncIterator[bytes], call: Call
    ) -> AsyncIterator[Sequence[Transcript]]:
        """`audio`: PCM16 little-endian mono at `request.sample_rate`; its end asks for the last transcripts."""
        ...
