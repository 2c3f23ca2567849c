"""What the client plays: the sound on its way to it as one stream, of which a part is heard already, and what is not
heard yet is kept for a client that loses its socket.

The client is taken for a player that plays at once, without gaps of its own. So what it has heard is what was sent,
less what it still has to play; where it says how far it is, that counts from there on. But a socket may be dead for
long before anybody knows: of a client that says how far it is, nothing beyond that is taken for heard once its socket
is gone. Positions are bytes of the stream.
"""

import math
from collections import deque

_MARGIN = 1.0
"""Seconds that are kept beyond what is taken for heard: the client may be behind."""
_BEHIND = 45.0
"""Seconds that are kept at most of what was sent and seems to be heard, when the client has not said so: longer than it
takes to find a socket dead."""
_TIDY_EVERY = 1.0
"""Seconds of sound between two looks at what need not be kept any more."""
_MOST_KEPT = 240.0
"""Seconds; longer than engines speak in one go. Beyond it the oldest could not be sent again."""


class Playout:
    """The stream of one session. Stands still until `resume`."""

    __slots__ = (
        "_chunks",
        "_given",
        "_heard_by",
        "_kept_from",
        "_per_second",
        "_skipped",
        "_starts",
        "_stood_at",
        "_tidy_at",
        "end",
        "reported",
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
        self._skipped = 0
        """Bytes of the stream, of what there was for the client by now, that it has not got and will not get."""
        self.reported: int | None = None
        """What the client has said that it had played; None = it says nothing of that."""

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

    @property
    def doubtful(self) -> bool:
        """The client says what it has played, but has not said it of the end."""
        return self.reported is not None and self.end - self.reported > self._bytes(_MARGIN)

    def ms(self, size: int) -> float:
        """So many bytes as time."""
        return size * 1000 / self._per_second

    def unheard(self, now: float) -> float:
        """Seconds of sound that the client has not heard."""
        return (self.end - self.heard(now)) / self._per_second

    def played(self, ms: float, now: float, received: int | None = None) -> float | None:
        """The client has played so much of what it takes for the current response: of all that was sent, or of
        `received` bytes. Returns that in ms, but never more than was sent; None = there is none, or no sense in it."""
        given = self.end if self.running else self._given
        if received is not None:
            given = min(given, self.position(received))
        start = next((start for start in reversed(self._starts) if start < given), None)
        if start is None or not math.isfinite(ms) or ms < 0:
            return None
        position = min(given, start + self._bytes(min(ms, 1e7) / 1000))
        if position > start or self.heard(now) >= start:  # else it still plays what came before
            self._stood_at = self.reported = position
            self._heard_by = now + (self.end - position) / self._per_second
        return self.ms(position - start)

    def stop(self, now: float) -> None:
        """The client is gone: nothing is heard until it comes back."""
        if self.running:
            heard = self.heard(now)
            self._stood_at = heard if self.reported is None else min(heard, max(self.reported, self._kept_from))
            self._given = self.end
            self.running = False

    def resume(self, now: float, received: int | None = None) -> bytes:
        """A client plays again: what it gets first. That is all that it has not heard, or, where it says how many bytes
        had come to it and so plays on, all that had not."""
        self.running = True
        if received is None:
            start = heard = max(self._stood_at, self._kept_from)
        else:
            start = max(self.position(received), self._kept_from)
            heard = min(self._stood_at, start)
            self._skipped = start - received
        self._heard_by = now + (self.end - heard) / self._per_second
        return b"".join(self._chunks)[start - self._kept_from :]

    @property
    def touched(self) -> bool:
        """Some of it was sent."""
        return self._given > 0

    def position(self, received: int) -> int:
        """Where a client is to which so many bytes have come."""
        return min(self.end, received + self._skipped)

    def drop(self, now: float) -> None:
        """Nobody will hear the rest."""
        self._chunks.clear()
        self._starts.clear()
        self._kept_from = self._stood_at = self._given = self.end
        if self.reported is not None:
            self.reported = self.end
        self._heard_by = now

    def _tidy(self, now: float) -> None:
        heard = self.heard(now)
        floor = heard - self._bytes(_MARGIN)
        behind = heard - self._bytes(_BEHIND)
        if self.reported is not None:
            floor = max(min(floor, self.reported), behind)
        elif behind < 0:
            floor = 0  # it may not have had the time to say anything
        floor = max(floor, self.end - self._bytes(_MOST_KEPT))
        while self._chunks and self._kept_from + len(self._chunks[0]) <= floor:
            self._kept_from += len(self._chunks.popleft())
        self._tidy_at = self.end + self._bytes(_TIDY_EVERY)

    def _bytes(self, seconds: float) -> int:
        return round(seconds * self._per_second) & ~1
