"""Sessions at a time.

A session that was created holds a place until a socket attaches, for `HOLD` seconds at most; one that attaches later
needs a free place again. A live one holds its place until it is over.

In Redis the places of a subject are a sorted set of session ids, each with the time at which it lapses unless the
process that has it says otherwise: so the places of a process that died come free by themselves, and a session that is
created in one process and claimed in another counts once.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from speko.limits.sharing import Command, Reply

HOLD = 60.0
"""Seconds that a created session holds its place."""
_LAPSE = 30.0
"""Seconds after which the place of a process that says nothing any more is free."""
_REFRESH = 10.0
_INTEREST = 60.0
"""Seconds after the last question about a subject in which the others are still asked about it."""
_AT_ONCE = 1000
"""Places that one command names: what Lua unpacks, and Redis does in one go."""

SCRIPT = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
for i = 1, #ARGV, 2 do
  local lasts = tonumber(ARGV[i + 1])
  if lasts > 0 then
    redis.call('ZADD', KEYS[1], 'GT', now + lasts, ARGV[i])
  else
    redis.call('ZREM', KEYS[1], ARGV[i])
  end
end
redis.call('PEXPIRE', KEYS[1], 120000)
return redis.call('ZCARD', KEYS[1])
"""
"""Pairs of a session and the milliseconds that its place lasts (0 = free); gives how many there are."""


@dataclass(slots=True)
class _Place:
    subjects: tuple[str, ...]
    until: float | None
    """When it lapses; None = never, the session is live."""


@dataclass(slots=True)
class _Subject:
    places: set[str] = field(default_factory=set)
    total: int | None = None
    """Of all processes, as of the last exchange; None = nobody knows."""
    asked_at: float | None = None
    """When its limit was last looked at; None = it has none, and nobody needs to be told."""
    refreshed_at: float = 0.0
    unsent: dict[str, tuple[int, float]] = field(default_factory=dict)
    """By session: what it changes in `total`, and the seconds that the place lasts from now (0 = it is free)."""
    sent: int = 0
    """What the exchange under way changes in `total`."""

    def count(self) -> int:
        if self.total is None:
            return len(self.places)
        return max(0, self.total + self.sent + sum(change for change, _ in self.unsent.values()))


class Concurrency:
    """The places of this process. Times are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._places: dict[str, _Place] = {}
        self._subjects: dict[str, _Subject] = {}
        self._held: deque[tuple[float, str]] = deque()
        """Places that may lapse, in that order."""
        self._asked: list[tuple[str, int]] = []
        """Subjects of the exchange under way, with the number of commands about each."""

    def count(self, subject: str, now: float) -> int:
        """Places that are taken."""
        self._lapse(now)
        found = self._subjects.get(subject)
        return 0 if found is None else found.count()

    def full(self, subject: str, most: int, now: float) -> bool:
        """Whether there is no place left. Asking makes the subject one that processes share."""
        self._lapse(now)
        found = self._subject(subject)
        if found.asked_at is None:
            found.unsent = dict.fromkeys(found.places, (1, _LAPSE))
        found.asked_at = now
        return found.count() >= most

    def crowded(self, subject: str, most: int) -> bool:
        """Whether more places are taken than there are: several processes gave the last one away."""
        found = self._subjects.get(subject)
        return found is not None and found.total is not None and found.count() > most

    def holds(self, session_id: str, now: float) -> bool:
        """Whether a session has a place already."""
        self._lapse(now)
        return session_id in self._places

    def hold(self, session_id: str, subjects: Iterable[str], now: float) -> None:
        """A session was created."""
        self._add(session_id, _Place(tuple(subjects), now + HOLD), 1, HOLD)
        self._held.append((now + HOLD, session_id))

    def begin(self, session_id: str, subjects: Iterable[str], *, counted: bool, now: float) -> None:
        """A session is live. `counted`: its place was taken before, here or in another process."""
        self._lapse(now)
        self._add(session_id, _Place(tuple(subjects), None), 0 if counted else 1, _LAPSE)

    def end(self, session_id: str) -> None:
        """A session is over, or was not created after all."""
        place = self._places.pop(session_id, None)
        for name in place.subjects if place else ():
            subject = self._subjects[name]
            subject.places.discard(session_id)
            change, _ = subject.unsent.pop(session_id, (0, 0.0))
            subject.unsent[session_id] = (change - 1, 0.0)
            self._tidy(name, subject)

    def _add(self, session_id: str, place: _Place, change: int, lasts: float) -> None:
        self._places[session_id] = place
        for name in place.subjects:
            subject = self._subject(name)
            subject.places.add(session_id)
            before, _ = subject.unsent.get(session_id, (0, 0.0))
            subject.unsent[session_id] = (before + change, lasts)
            self._tidy(name, subject)

    def _lapse(self, now: float) -> None:
        while self._held and self._held[0][0] <= now:
            _, session_id = self._held.popleft()
            place = self._places.get(session_id)
            if place is not None and place.until is not None:
                # Redis lets it lapse by itself: by now it may be live in another process.
                del self._places[session_id]
                for name in place.subjects:
                    subject = self._subjects[name]
                    subject.places.discard(session_id)
                    self._tidy(name, subject)

    def _subject(self, name: str) -> _Subject:
        return self._subjects.setdefault(name, _Subject())

    def _tidy(self, name: str, subject: _Subject) -> None:
        if subject.asked_at is None:
            subject.unsent.clear()
            if not subject.places:
                self._subjects.pop(name, None)

    # ---- shared with other processes

    def outgoing(self, now: float, *, afresh: bool) -> list[Command]:
        """See `Shared`."""
        self._lapse(now)
        self._asked = []
        commands: list[Command] = []
        for name, subject in list(self._subjects.items()):
            if subject.asked_at is None:
                continue
            if not subject.places and not subject.unsent and now - subject.asked_at > _INTEREST:
                del self._subjects[name]
                continue
            if afresh or now - subject.refreshed_at >= _REFRESH:
                subject.refreshed_at = now
                for session in subject.places:
                    # One that is held was told with all its time: by now it may be over, in another process.
                    if afresh or self._places[session].until is None:
                        subject.unsent.setdefault(session, (0, self._lasts(session, now)))
            mine = list(_commands(f"sessions:{name}", subject.unsent))
            subject.sent = sum(change for change, _ in subject.unsent.values())
            subject.unsent = {}
            self._asked.append((name, len(mine)))
            commands += mine
        return commands

    def _lasts(self, session_id: str, now: float) -> float:
        until = self._places[session_id].until
        return _LAPSE if until is None else max(0.001, until - now)

    def incoming(self, replies: Sequence[Reply], now: float) -> None:
        """See `Shared`."""
        at = 0
        for name, count in self._asked:
            at += count
            subject = self._subjects.get(name)
            if subject is not None:
                subject.total, subject.sent = max(0, int(replies[at - 1])), 0

    def alone(self) -> None:
        """See `Shared`. The places that were let go meanwhile lapse by themselves."""
        self._asked = []
        for subject in self._subjects.values():
            subject.total, subject.sent, subject.unsent = None, 0, {}


def _commands(key: str, places: dict[str, tuple[int, float]]) -> Iterator[Command]:
    """At least one: it also asks how many there are."""
    pairs = [(session, round(lasts * 1e3)) for session, (_, lasts) in places.items()]
    for start in range(0, max(1, len(pairs)), _AT_ONCE):
        yield Command(SCRIPT, [key], [value for pair in pairs[start : start + _AT_ONCE] for value in pair])
