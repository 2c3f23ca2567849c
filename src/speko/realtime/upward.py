"""The way up: the client's sound until an engine has it, resampled where the rates differ, queued while it takes no
more.

Source: contract, S2S WebSocket 3.1 and 9.
"""

from collections import deque

from speko.audio.resample import Resampler
from speko.providers.s2s import Clear, Commit, EngineCommand, EngineConnection

_QUEUE_SECONDS = 10
"""Of audio; then the oldest is dropped."""
_SAMPLE = 2
"""Bytes."""


class Upward:
    """To one engine.

    Args:
        connection: of the engine.
        client_rate: Hz of what comes.
        engine_rate: Hz of what the engine takes.
    """

    __slots__ = ("_most", "_queue", "_queued", "_rates", "_resampler", "connection", "dropped", "full", "straight")

    def __init__(self, connection: EngineConnection, client_rate: int, engine_rate: int) -> None:
        self.connection = connection
        self._rates = (client_rate, engine_rate)
        self._resampler: Resampler | None = None
        self._queue: deque[bytes] = deque()
        self._queued = 0
        self._most = engine_rate * _SAMPLE * _QUEUE_SECONDS
        self.full = False
        """The engine takes no more."""
        self.dropped = False
        """Some of the sound was dropped."""
        self.straight = client_rate == engine_rate
        """Sound may go to the connection as it is."""

    def audio(self, pcm: bytes, *, kept: bool = False) -> None:
        """The next sound. `kept`: for this engine, from before it was there; none of that is dropped."""
        if self._rates[0] != self._rates[1]:
            if self._resampler is None:
                self._resampler = Resampler(*self._rates)
            pcm = self._resampler.push(pcm)
        if pcm and kept:
            self._drain()
            self.connection.audio(pcm)
        elif pcm:
            self._send(pcm)

    def tell(self, command: EngineCommand) -> None:
        """A command, which no sound overtakes and which overtakes none."""
        if self._resampler is not None and isinstance(command, Commit | Clear):
            # The filter's tail belongs to what is over now; what comes next begins with a filter of its own.
            resampler, self._resampler = self._resampler, None
            if isinstance(command, Commit) and (tail := resampler.flush()):
                self._send(tail)
        self._drain()
        self.connection.do(command)

    def pause(self) -> None:
        """The engine takes no more."""
        self.full = True
        self.straight = False

    def resume(self) -> None:
        """It does again."""
        self.full = False
        while self._queue and not self.full:
            self._next()
        self.straight = not self.full and self._rates[0] == self._rates[1]

    def _send(self, pcm: bytes) -> None:
        if not self.full:
            self.connection.audio(pcm)
            return
        self._queue.append(pcm)
        self._queued += len(pcm)
        while self._queued > self._most:
            self._queued -= len(self._queue.popleft())
            self.dropped = True

    def _drain(self) -> None:
        while self._queue:
            self._next()

    def _next(self) -> None:
        pcm = self._queue.popleft()
        self._queued -= len(pcm)
        self.connection.audio(pcm)
