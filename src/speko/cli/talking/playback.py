"""The agent's voice, as it is heard: in real time, cut at once by an interruption, and with or without a loudspeaker.

The gateway sends faster than anybody speaks. What is heard is known here alone, by the clock, and the gateway is told:
an answer that is interrupted is cut there.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from speko.cli.talking.uplink import FRAME_SECONDS, frame_bytes

LEAD_SECONDS = 0.2
"""How far a loudspeaker's program is kept ahead of what is heard, so that it never runs dry."""
_LONGEST_SECONDS = 600
"""Of sound that waits to be played; what comes beyond it is dropped."""


class Speaker(Protocol):
    """Something that makes sound of samples. Neither call may block."""

    def play(self, pcm: bytes) -> None:
        """The next samples; may be a little ahead of time."""

    def silence(self) -> None:
        """Stops at once, and forgets what was not heard."""


class Playback:
    """Plays samples at `rate` Hz as they come, and keeps what was heard. `clock`: the loop's."""

    def __init__(self, rate: int, speaker: Speaker | None = None) -> None:
        self._clock = asyncio.get_running_loop().time
        self._rate = rate
        self._speaker = speaker
        self._lead = FRAME_SECONDS if speaker is None else LEAD_SECONDS
        self._size = frame_bytes(rate)
        self._waiting: deque[tuple[int, memoryview]] = deque()
        """Number of the answer, and its sound."""
        self._waiting_bytes = 0
        self._newest = 0
        self._newest_over = False
        self._playing = 0
        self._played_seconds = 0.0
        """Of the answer that plays: given to the loudspeaker."""
        self._began = 0.0
        """When the sound began that has been playing without a pause."""
        self._fed = 0.0
        """Seconds of it that were given to the loudspeaker."""
        self._something = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._idle_since = 0.0
        self.heard = bytearray()
        """All that was heard so far."""
        self.on_frame: Callable[[float, bytes], None] | None = None
        """Told when a frame is heard, and the frame."""

    def play(self, pcm: bytes) -> None:
        """The next sound of the newest answer."""
        if self._newest_over:
            self._newest += 1
            self._newest_over = False
        if self._waiting_bytes + len(pcm) > 2 * self._rate * _LONGEST_SECONDS:
            return
        self._waiting.append((self._newest, memoryview(pcm)))
        self._waiting_bytes += len(pcm)
        self._idle.clear()
        self._something.set()

    def end_of_answer(self) -> None:
        """The sound that comes next is of another answer."""
        self._newest_over = True

    @property
    def heard_ms(self) -> float | None:
        """How much of the newest answer was heard; None while an earlier one plays."""
        if self._playing != self._newest:
            return None
        return 1000 * max(0.0, self._played_seconds - self._ahead)

    def cut(self) -> float:
        """Silence, at once. Returns how much of the newest answer was heard, in ms."""
        heard_ms, unheard = self.heard_ms or 0.0, self._ahead
        if unheard:
            del self.heard[-2 * round(unheard * self._rate) :]
        self._waiting.clear()
        self._waiting_bytes = 0
        self._fed = 0.0
        self._newest_over = True
        self._nothing_left()
        if self._speaker is not None:
            self._speaker.silence()
        return heard_ms

    @property
    def last_heard(self) -> float:
        """When there was something to hear for the last time, by the clock: now, unless everything that came was
        heard."""
        return self._idle_since if self._idle.is_set() else self._clock()

    async def played_out(self) -> None:
        """Waits until everything that came was heard."""
        await self._idle.wait()

    async def run(self) -> None:
        """Plays until it is cancelled."""
        while True:
            frame = self._next()
            if not frame:
                await self._run_dry()
                continue
            if not self._ahead:
                self._began, self._fed = self._clock(), 0.0  # there was a pause
            if self.on_frame is not None:
                self.on_frame(self._began + self._fed, frame)
            if self._speaker is not None:
                self._speaker.play(frame)
            self.heard += frame
            self._fed += len(frame) / 2 / self._rate
            self._played_seconds += len(frame) / 2 / self._rate
            await asyncio.sleep(max(0.0, self._ahead - self._lead))

    @property
    def _ahead(self) -> float:
        """Seconds that were given to the loudspeaker and are not heard yet."""
        return max(0.0, self._began + self._fed - self._clock()) if self._fed else 0.0

    def _next(self) -> bytes:
        """The next frame of one answer; empty when nothing waits."""
        frame = b""
        while self._waiting and len(frame) < self._size:
            answer, piece = self._waiting[0]
            if answer != self._playing:
                if frame:
                    break
                self._playing, self._played_seconds = answer, 0.0
            room = self._size - len(frame)
            frame += piece[:room]
            if len(piece) > room:
                self._waiting[0] = (answer, piece[room:])
            else:
                self._waiting.popleft()
        self._waiting_bytes -= len(frame)
        return frame

    async def _run_dry(self) -> None:
        """Nothing waits: what the loudspeaker has plays out, unless more comes."""
        self._something.clear()
        if self._ahead:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._ahead):
                    await self._something.wait()
            return
        self._nothing_left()
        await self._something.wait()

    def _nothing_left(self) -> None:
        if not self._idle.is_set():
            self._idle.set()
            self._idle_since = self._clock()
