"""The buffer of the user's sound, and the detection of turns in it by energy. Without I/O.

Source: https://platform.openai.com/docs/guides/realtime-vad
"""

from dataclasses import dataclass

import numpy as np

from speko.simulators.openai.realtime.config import SAMPLE_RATE, ServerVad, TurnDetection
from speko.simulators.openai.realtime.errors import Complaint

BYTES_PER_MS = SAMPLE_RATE * 2 // 1000
FRAME_MS = 20
_FRAME = FRAME_MS * BYTES_PER_MS
_ONSET_FRAMES = 3
"""Loud frames in a row that are speech."""
_QUIETEST, _LOUDEST = -60.0, -20.0
"""dBFS of speech at the thresholds 0 and 1."""
MIN_COMMIT_MS = 100
MAX_BUFFER_MS = 15 * 60_000
_EAGER_SILENCE_MS = {"low": 1000, "medium": 600, "auto": 600, "high": 300}
"""The vendor's model of meaning is not simulated; it waits for silence, too."""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The user speaks, since `at_ms` of all sound of the session (the padding before the speech included)."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """The user has stopped; `pcm` is what was said, up to `at_ms`, padding and silence included."""

    at_ms: int
    pcm: bytes


class InputAudio:
    """Sound that was appended and not yet committed. Without turn detection it is kept until it is committed."""

    def __init__(self, turns: TurnDetection | None) -> None:
        self.total_ms = 0.0
        """Sound of the session so far."""
        self._pcm = bytearray()
        self._begin = 0
        """Byte of the session at which the buffer begins."""
        self._examined = 0
        """Byte of the session up to which frames were examined."""
        self.configure(turns)

    def configure(self, turns: TurnDetection | None) -> None:
        """Changes the turn detection; None = the client decides."""
        self._detects = turns is not None
        vad = turns if isinstance(turns, ServerVad) else ServerVad()
        self._padding = vad.prefix_padding_ms * BYTES_PER_MS
        self._silence_ms = vad.silence_duration_ms if turns is vad else _EAGER_SILENCE_MS[_eagerness(turns)]
        self._level = 32768 * 10 ** ((_QUIETEST + (_LOUDEST - _QUIETEST) * vad.threshold) / 20)
        self._speaking, self._loud, self._quiet = False, 0, 0
        self._examined = self._begin + len(self._pcm)

    def append(self, pcm: bytes) -> list[SpeechStarted | SpeechStopped]:
        """Takes sound, and says what was detected in it.

        Raises:
            Complaint: the buffer is full.
        """
        if len(self._pcm) + len(pcm) > MAX_BUFFER_MS * BYTES_PER_MS:
            raise Complaint("The input audio buffer is full: commit it.", "input_audio_buffer_full")
        self.total_ms += len(pcm) / BYTES_PER_MS
        self._pcm += pcm
        found: list[SpeechStarted | SpeechStopped] = []
        while self._detects and self._examined + _FRAME <= self._begin + len(self._pcm):
            start = self._examined - self._begin
            self._examined += _FRAME
            event = self._examine(self._pcm[start : start + _FRAME])
            if event is not None:
                found.append(event)
        return found

    def commit(self) -> bytes:
        """All of the buffer, which is empty afterwards.

        Raises:
            Complaint: it holds less than 100 ms.
        """
        held = len(self._pcm) / BYTES_PER_MS
        if held < MIN_COMMIT_MS:
            raise Complaint(
                "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, "
                f"but buffer only has {held:.2f}ms of audio.",
                "input_audio_buffer_commit_empty",
            )
        pcm = bytes(self._pcm)
        self.clear()
        return pcm

    def clear(self) -> None:
        """Empties the buffer. Speech that has begun is forgotten."""
        self._drop_before(self._begin + len(self._pcm))
        self._speaking, self._loud, self._quiet = False, 0, 0
        self._examined = self._begin

    def _examine(self, frame: bytearray) -> SpeechStarted | SpeechStopped | None:
        samples = np.frombuffer(frame, "<i2").astype(np.float32)
        loud = float(np.sqrt(np.mean(samples * samples))) >= self._level
        if self._speaking:
            self._quiet = 0 if loud else self._quiet + 1
            return self._stop() if self._quiet * FRAME_MS >= max(self._silence_ms, FRAME_MS) else None
        self._loud = self._loud + 1 if loud else 0
        self._drop_before(self._examined - _ONSET_FRAMES * _FRAME - self._padding)
        if self._loud < _ONSET_FRAMES:
            return None
        self._speaking, self._quiet = True, 0
        return SpeechStarted(self._begin // BYTES_PER_MS)

    def _stop(self) -> SpeechStopped:
        pcm = bytes(self._pcm[: self._examined - self._begin])
        self._drop_before(self._examined)
        self._speaking, self._loud, self._quiet = False, 0, 0
        return SpeechStopped(self._examined // BYTES_PER_MS, pcm)

    def _drop_before(self, byte: int) -> None:
        if byte > self._begin:
            del self._pcm[: byte - self._begin]
            self._begin = byte


def _eagerness(turns: TurnDetection | None) -> str:
    return getattr(turns, "eagerness", "auto")
