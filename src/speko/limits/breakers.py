"""Breakers that one process has opened or closed, told to the others.

In Redis they are one hash: for a breaker `o` and until when it is open, or `c` and when it was closed. The
counts of failures stay where they are: what is shared is the verdict.
"""

from collections.abc import Sequence

import msgspec

from speko.limits.sharing import Command, Reply
from speko.routing.health import Health

Key = tuple[str, str, str | None]
"""Vendor, model, and the id of a credential there (None = the model's own breaker)."""
_MARGIN = 0.25
"""Seconds: two processes never agree to the millisecond, and must not tell each other for ever."""
_REMEMBERED = 60.0
"""Seconds for which the hash still knows a breaker that is not open any more."""
_KEY = "breakers"

SCRIPT = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
for i = 1, #ARGV, 3 do
  local field, kind, lasts = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2])
  local known = redis.call('HGET', KEYS[1], field)
  local at = known and tonumber(string.sub(known, 2)) or 0
  local open = known and string.sub(known, 1, 1) == 'o'
  if kind == 'c' then
    if open and at <= now + lasts + 1000 then redis.call('HSET', KEYS[1], field, string.format('c%.0f', now)) end
  elseif not open or now + lasts > at then
    redis.call('HSET', KEYS[1], field, string.format('o%.0f', now + lasts))
  end
end
if #ARGV > 0 then redis.call('PEXPIRE', KEYS[1], 900000) end
local found = {}
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local at = tonumber(string.sub(all[i + 1], 2))
  if at < now - 60000 then
    redis.call('HDEL', KEYS[1], all[i])
  else
    found[#found + 1] = all[i]
    found[#found + 1] = string.sub(all[i + 1], 1, 1)
    found[#found + 1] = at - now
  end
end
return found
"""
"""Triples of a breaker, `o` or `c`, and the milliseconds that it stays open, for `c` those that it was known to; gives
the same, `c` with the milliseconds since it was closed, negative. What is over for a minute is forgotten.

`c` closes nothing that was opened since by somebody else: after an outage it may tell of long ago. A second is for
clocks, and for rounding."""


class SharedBreakers:
    """The breakers of this process as the others hear of them. Times are seconds of their clock."""

    def __init__(self, health: Health) -> None:
        self._health = health
        self._told: dict[Key, float] = {}
        """Until when a breaker is open, as the others know it."""
        self._closing: list[Key] = []
        """What goes out as closed. It is told again until an answer shows that it got through."""
        self._asked_at = 0.0

    def outgoing(self, now: float, *, afresh: bool) -> Sequence[Command]:
        """See `Shared`. Afresh, the others may know nothing of what is open; what was closed meanwhile they may still
        take for open."""
        self._asked_at = now
        unwell: dict[Key, float] = {
            (vendor, model, credential): now + self._health.rest_of(vendor, model, credential, now)
            for vendor, model, credential, _ in self._health.unwell(now)
        }
        arguments: list[str | int] = []
        for key, until in unwell.items():
            known = 0.0 if afresh else self._told.get(key, 0.0)
            if until > max(now, known) + _MARGIN:
                arguments += [_field(key), "o", round((until - now) * 1e3)]
                self._told[key] = until
        # What nobody knows any more needs no closing.
        self._told = {key: until for key, until in self._told.items() if until > now - _REMEMBERED}
        self._closing = [key for key in self._told if key not in unwell]
        for key in self._closing:
            arguments += [_field(key), "c", round((self._told[key] - now) * 1e3)]
        return [Command(SCRIPT, [_KEY], arguments)]

    def incoming(self, replies: Sequence[Reply], now: float) -> None:
        """See `Shared`."""
        for key in self._closing:
            self._told.pop(key, None)
        self._closing = []
        found = iter(replies[0])
        for field, kind, milliseconds in zip(found, found, found, strict=True):
            vendor, model, credential = key = msgspec.json.decode(field, type=Key)
            # The answer may have waited for us. Taken for too old, the next one puts it right; taken for too young, it
            # would keep open what is closed.
            until = self._asked_at + int(milliseconds) / 1e3
            if kind == b"c":
                if self._health.recovered(vendor, model, credential, until):
                    self._told.pop(key, None)
                continue
            # What is known already, and not open here, was closed here since we asked.
            rest = self._health.rest_of(vendor, model, credential, now)
            if until > max(now + rest, self._told.get(key, 0.0)) + _MARGIN:
                self._health.rest(vendor, model, credential, until - now, now)
                self._told[key] = until

    def alone(self) -> None:
        """See `Shared`."""


def _field(key: Key) -> str:
    return msgspec.json.encode(key).decode()
