"""Requests a minute, by the generic cell rate algorithm: a token bucket of which one number is kept.

That number is the debt, in seconds: a request of a subject with `n` a minute adds `60 / n`, and a second pays one back.
A request is let through while the debt stays within a minute. So whoever was quiet for a minute may send `n` at once,
and then one every `60 / n` seconds; in any stretch of `t` seconds at most `n * (1 + t / 60)` pass. What has to be
waited for is known exactly, a request that is refused costs nothing, and the debts of several processes add up to one
number in Redis.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from speko.limits.sharing import Command, Reply

_WINDOW = 60.0
"""Seconds of debt that are let through."""
_GRAIN = 1e-6
"""Seconds: differences below mean nothing, and whole numbers of them go to Redis."""
_MOST_KEPT = 10_000
"""Subjects from which on those without debt are forgotten."""

SCRIPT = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local debts = {}
for i, key in ipairs(KEYS) do
  local paid_at = tonumber(redis.call('GET', key) or '0')
  paid_at = math.max(paid_at, now + tonumber(ARGV[2 * i])) + tonumber(ARGV[2 * i - 1])
  if paid_at > now then
    redis.call('SET', key, string.format('%.0f', paid_at), 'PX', math.ceil((paid_at - now) / 1000))
  end
  debts[i] = paid_at - now
end
return debts
"""
"""For each key the debt to add and the least that was there before, in microseconds; gives the debts. A key goes when
its debt is paid."""


@dataclass(slots=True)
class _Bucket:
    debt: float = 0.0
    at: float = 0.0
    """When `debt` was true."""
    unsent: float = 0.0
    """Debt that other processes do not know of."""

    def owed(self, now: float) -> float:
        owed = self.debt - (now - self.at)
        return owed if owed > 0.0 else 0.0


class RequestRates:
    """The buckets of this process. Times are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._buckets: dict[str, _Bucket] = {}
        self._asked: Sequence[str] = ()
        """Subjects of the exchange under way."""

    def wait(self, subject: str, per_minute: int, now: float) -> float:
        """Seconds until another request of the subject is let through; 0 = now."""
        bucket = self._buckets.get(subject)
        if bucket is None:
            return 0.0
        wait = bucket.owed(now) + _WINDOW / per_minute - _WINDOW
        return wait if wait > _GRAIN else 0.0

    def take(self, subject: str, per_minute: int, now: float) -> None:
        """A request is let through."""
        bucket = self._buckets.get(subject)
        if bucket is None:
            if len(self._buckets) >= _MOST_KEPT:
                self._forget(now)
            bucket = self._buckets[subject] = _Bucket()
        cost = _WINDOW / per_minute
        bucket.debt, bucket.at = bucket.owed(now) + cost, now
        bucket.unsent += cost

    def used(self, subject: str, per_minute: int, now: float) -> int:
        """Requests that are not paid back yet, rounded up; `per_minute` of them are let through."""
        bucket = self._buckets.get(subject)
        return 0 if bucket is None else -int(-(bucket.owed(now) * per_minute / _WINDOW - _GRAIN) // 1)

    # ---- shared with other processes

    def outgoing(self, now: float, *, afresh: bool) -> list[Command]:
        """See `Shared`. Afresh, what is owed here is the least that is owed; else it is there already."""
        asked, amounts = [], []
        for subject, bucket in self._buckets.items():
            if owed := bucket.owed(now):
                asked.append(subject)
                # Time has paid what was owed before anybody was told, too.
                amounts += [0, _micro(owed)] if afresh else [_micro(min(bucket.unsent, owed)), 0]
            bucket.unsent = 0.0
        self._asked = asked
        return [Command(SCRIPT, [f"requests:{subject}" for subject in asked], amounts)] if asked else []

    def incoming(self, replies: Sequence[Reply], now: float) -> None:
        """See `Shared`."""
        for subject, owed in zip(self._asked, replies[0] if replies else (), strict=True):
            bucket = self._buckets.get(subject)
            if bucket is not None:
                bucket.debt, bucket.at = max(0, int(owed)) * _GRAIN + bucket.unsent, now

    def alone(self) -> None:
        """See `Shared`. What is owed here stays owed."""
        self._asked = ()
        for bucket in self._buckets.values():
            bucket.unsent = 0.0

    def _forget(self, now: float) -> None:
        self._buckets = {subject: bucket for subject, bucket in self._buckets.items() if bucket.owed(now)}


def _micro(seconds: float) -> int:
    return round(seconds / _GRAIN)
