"""The user's voice, as it goes to the gateway: frame after frame in real time, silence in between.

A microphone never stops either, and whoever finds the end of a turn needs to hear the silence behind it.
"""

import asyncio
from collections.abc import Awaitable, Callable

FRAME_SECONDS = 0.02
_LATE = 1.0
"""Seconds: who is later than that (the machine slept) starts anew, and does not catch up."""

Send = Callable[[bytes], Awaitable[None]]


def frame_bytes(rate: int) -> int:
    """Of one frame at `rate` Hz."""
    return 2 * round(rate * FRAME_SECONDS)


class Pace:
    """Frames in real time, or `ahead` seconds before it at most."""

    def __init__(self, ahead: float = 0.0) -> None:
        self._clock = asyncio.get_running_loop().time
        self._ahead = ahead
        self._due = self._clock()

    async def next(self) -> None:
        """Waits until the next frame may go out."""
        self._due += FRAME_SECONDS
        early = self._due - self._ahead - self._clock()
        if early > 0:
            await asyncio.sleep(early)
        elif self._clock() - self._due > _LATE:
            self._due = self._clock()


class Uplink:
    """Speaks recordings in real time. `send` takes one frame after the other."""

    def __init__(self, rate: int, send: Send) -> None:
        self._send = send
        self._size = frame_bytes(rate)
        self._silence = bytes(self._size)
        self._speech = memoryview(b"")
        self._spoken = asyncio.Event()
        self._spoken.set()

    async def say(self, pcm: bytes) -> None:
        """Speaks a recording; returns when its last sample is sent. One at a time."""
        if pcm:
            self._speech = memoryview(pcm)
            self._spoken.clear()
            await self._spoken.wait()

    async def run(self) -> None:
        """Sends until it is cancelled."""
        pace = Pace()
        while True:
            await self._send(self._next())
            await pace.next()

    def _next(self) -> bytes:
        if not self._speech:
            self._spoken.set()  # one frame behind the last: that one is out
            return self._silence
        frame, self._speech = bytes(self._speech[: self._size]), self._speech[self._size :]
        return frame.ljust(self._size, b"\0")
