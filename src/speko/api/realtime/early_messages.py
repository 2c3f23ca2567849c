"""What a client says before its session is there. Source: contract, S2S WebSocket 2."""

from collections import deque
from collections.abc import Iterator

from speko.realtime.early import MOST_BYTES, MOST_FRAMES
from speko.realtime.unanswered import EARLY_BYTES

_PIECE = 4096
"""Bytes up to which audio is joined, lest a flood of tiny frames fills the memory."""


class EarlyMessages:
    """In order, and bounded: of audio, the newest MiB; of text, as much as a session keeps without an engine."""

    def __init__(self) -> None:
        self._kept: deque[tuple[bool, bytearray]] = deque()
        """Whether it is audio, and what it is."""
        self._audio_bytes = 0
        self._frames = 0
        self._text_bytes = 0

    def audio(self, pcm: bytes) -> bool:
        """Keeps a binary frame. False: like `text`. Half a sample is complained about later, so it counts as text."""
        odd = len(pcm) & 1
        if odd:
            self._frames += 1
        last = self._kept[-1] if self._kept else None
        if last is not None and last[0] and not odd and not len(last[1]) & 1 and len(last[1]) < _PIECE:
            last[1].extend(pcm)
        elif pcm:
            self._kept.append((True, bytearray(pcm)))
        self._audio_bytes += len(pcm)
        while self._audio_bytes > EARLY_BYTES:
            self._drop_oldest_audio()
        return self._frames <= MOST_FRAMES

    def text(self, text: bytes) -> bool:
        """Keeps a text frame. False: that is too much."""
        self._kept.append((False, bytearray(text)))
        self._frames += 1
        self._text_bytes += len(text)
        return self._frames <= MOST_FRAMES and self._text_bytes <= MOST_BYTES

    def take(self) -> Iterator[tuple[bool, bytes]]:
        """Everything: whether it is audio, and what it is. Each is given out once."""
        while self._kept:
            is_audio, data = self._kept.popleft()
            yield is_audio, bytes(data)

    def clear(self) -> None:
        """Forgets everything."""
        self._kept.clear()

    def _drop_oldest_audio(self) -> None:
        number = next(number for number, (is_audio, _) in enumerate(self._kept) if is_audio)
        self._audio_bytes -= len(self._kept[number][1])
        del self._kept[number]
