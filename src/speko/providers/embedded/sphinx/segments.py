"""Where speech begins and ends, from one yes or no per frame. Pure: time is counted in frames."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

SAMPLE_RATE = 16000
"""Hz."""
FRAME_BYTES = 960
"""30 ms of PCM16 at 16 kHz: what the voice activity detector takes."""
_FRAME_MS = 30


@dataclass(frozen=True, slots=True)
class Endpointing:
    """Times in milliseconds."""

    onset: int = 90
    """So much speech within `onset_window` begins a segment."""
    onset_window: int = 180
    preroll: int = 60
    """Sound kept from before that window: soft consonants. More of it does harm where it is digital silence, from which
    the decoder learns a wrong noise level (300 ms: 15 % WER in place of 8)."""
    hangover: int = 600
    """Silence that ends a segment."""
    postroll: int = 240
    """How much of that silence the decoder gets to hear."""
    long: int = 12_000
    """From this length on a pause of `short_hangover` is enough,"""
    short_hangover: int = 150
    limit: int = 24_000
    """and at this length it is cut anyway: the decoder's memory grows with the segment."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Sound of the segment that runs; never empty."""

    pcm: bytes


SegmentEvent = Sound | Literal["end"]


@dataclass(slots=True)
class Segmenter:
    """Cuts a stream of PCM16 mono at 16 kHz into segments of speech.

    Args:
        is_speech: whether a frame of `FRAME_BYTES` holds speech.
    """

    is_speech: Callable[[bytes], bool]
    times: Endpointing = Endpointing()
    _partial: bytes = b""
    _running: bool = False
    _length: int = 0
    _held: deque[tuple[bytes, bool]] = field(default_factory=deque)
    """Before a segment: what may become its beginning. Within: the silence that may be its end."""

    def push(self, pcm: bytes) -> Iterator[SegmentEvent]:
        """What is known after `pcm` (any length)."""
        data = self._partial + pcm
        whole = len(data) - len(data) % FRAME_BYTES
        self._partial = data[whole:]
        for at in range(0, whole, FRAME_BYTES):
            frame = data[at : at + FRAME_BYTES]
            yield from self._within(frame) if self._running else self._before(frame)

    def finish(self) -> Iterator[SegmentEvent]:
        """The end of the sound, which ends a running segment."""
        if self._running:
            if rest := b"".join(frame for frame, _ in self._held) + self._partial:
                yield Sound(rest)
            yield from self._end()

    def _before(self, frame: bytes) -> Iterator[SegmentEvent]:
        window, kept = self.times.onset_window // _FRAME_MS, self.times.preroll // _FRAME_MS
        self._held.append((frame, self.is_speech(frame)))
        if len(self._held) > kept + window:
            self._held.popleft()
        recent = [speech for _, speech in self._held][-window:]
        if sum(recent) * _FRAME_MS >= self.times.onset:
            sound = b"".join(held for held, _ in self._held)
            self._held.clear()
            self._running, self._length = True, len(sound) // FRAME_BYTES * _FRAME_MS
            yield Sound(sound)

    def _within(self, frame: bytes) -> Iterator[SegmentEvent]:
        self._length += _FRAME_MS
        if self.is_speech(frame):
            yield Sound(b"".join(held for held, _ in self._held) + frame)
            self._held.clear()
        else:
            self._held.append((frame, False))
            quiet = len(self._held) * _FRAME_MS
            if quiet >= (self.times.hangover if self._length < self.times.long else self.times.short_hangover):
                yield Sound(b"".join(held for held, _ in self._held)[: self.times.postroll // _FRAME_MS * FRAME_BYTES])
                yield from self._end()
                return
        if self._length >= self.times.limit:
            yield from self._end()

    def _end(self) -> Iterator[SegmentEvent]:
        self._running, self._length = False, 0
        self._held.clear()
        yield "end"
