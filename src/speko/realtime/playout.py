"""What the client plays: the sound on its way to it as one stream, of which a part is heard already, and what is not
heard yet is kept for a client that loses its socket.

The client is taken for a player that plays at once, without gaps of its own. So what it has heard is what was sent,
less what it still has to play; where it says how far it is, that counts from there on. Positions are bytes of the
stream.
"""

import math
from collections import deque

_MARGIN = 1.0
"""Seconds that are kept beyond what is taken for heard: the client may be behind."""
_TIDY_EVERY = 1.0
"""Seconds of sound between two looks at what need not be kept any more."""
_MOST_KEPT = 240.0
"""Seconds; longer than engines speak in one go. Beyond it the oldest could not be sent again."""
_PIECE = 65_536
"""Bytes of one frame of kept audio."""


class Playout:
    """The stream of one session. Stands still until `resume`."""

    __slots__ = (
        "_chunks",
        "_given",
        "_heard_by",
        "_kept_from",
        "_per_second",
        "_starts",
        "_stood_at",
        "_tidy_at",
        "end",
        "running",
    )

    def __init__(self, rate: int) -> None:
        self._per_second = rate * 2
        self.end = 0
        """Position after the last byte that the engine gave."""
        self.running = False
        """A client is there and plays."""
        self._heard_by = 0.0
        """When all will be heard."""
        self._stood_at = 0
        """What was heard when the client was lost."""
        self._given = 0
        """What was sent until then."""
        self._chunks: deque[bytes] = deque()
        self._kept_from = 0
        self._tidy_at = 0
        self._starts: deque[int] = deque(maxlen=16)

    def begin(self) -> int:
        """The next sound belongs to a new response; returns where it starts."""
        self._starts.append(self.end)
        return self.end

    def add(self, pcm: bytes, now: float) -> None:
        """The next sound, which leaves for the client now, or is kept when there is none."""
        self._chunks.append(pcm)
        size = len(pcm)
        self.end += size
        heard_by = self._heard_by
        self._heard_by = (heard_by if heard_by > now else now) + size / self._per_second
        if self.end > self._tidy_at:
            self._tidy(now)

    def heard(self, now: float) -> int:
        """Position up to which the client has heard."""
        if not self.running:
            return self._stood_at
        ahead = self._heard_by - now
        return self.end - self._bytes(ahead) if ahead > 0 else self.end

    @property
    def heard_by(self) -> float | None:
        """When all that is there will be heard; None = not while no client plays."""
        return self._heard_by if self.running else None

    def ms(self, size: int) -> float:
        """So many bytes as time."""
        return size * 1000 / self._per_second

    def unheard(self, now: float) -> float:
        """Seconds of sound that the client has not heard."""
        return (self.end - self.heard(now)) / self._per_second

    def played(self, ms: float, now: float) -> float | None:
        """The client has played so much of what it takes for the current response. Returns that in ms, but never more
        than was sent; None = there is none, or no sense in it."""
        given = self.end if self.running else self._given
        start = next((start for start in reversed(self._starts) if start < given), None)
        if start is None or not math.isfinite(ms) or ms < 0:
            return None
        position = min(given, start + self._bytes(min(ms, 1e7) / 1000))
        if position > start or self.heard(now) >= start:  # else it still plays what came before
            self._stood_at = position
            self._heard_by = now + (self.end - position) / self._per_second
        return self.ms(position - start)

    def stop(self, now: float) -> None:
        """The client is gone: nothing is heard until it comes back."""
        if self.running:
            self._stood_at = self.heard(now)
            self._given = self.end
            self.running = False

    def resume(self, now: float) -> list[bytes]:
        """A client plays again: what it gets first, which is all that it has not heard."""
        self.running = True
        start = max(self._stood_at, self._kept_from)
        self._heard_by = now + (self.end - start) / self._per_second
        kept = memoryview(b"".join(self._chunks))[start - self._kept_from :]
        return [bytes(kept[at : at + _PIECE]) for at in range(0, len(kept), _PIECE)]

    def drop(self, now: float) -> None:
        """Nobody will hear the rest."""
        self._chunks.clear()
        self._starts.clear()
        self._kept_from = self._stood_at = self._given = self.end
        self._heard_by = now

    def _tidy(self, now: float) -> None:
        floor = max(self.heard(now) - self._bytes(_MARGIN), self.end - self._bytes(_MOST_KEPT))
        while self._chunks and self._kept_from + len(self._chunks[0]) <= floor:
            self._kept_from += len(self._chunks.popleft())
        self._tidy_at = self.end + self._bytes(_TIDY_EVERY)

    def _bytes(self, seconds: float) -> int:
        return round(seconds * self._per_second) & ~1
