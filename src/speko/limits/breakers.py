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
    if open then redis.call('HSET', KEYS[1], field, string.format('c%.0f', now)) end
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
"""Triples of a breaker, `o` or `c`, and the milliseconds that it stays open; gives the same, `c` with the milliseconds
since it was closed, negative. What is over for a minute is forgotten."""


class SharedBreakers:
    """The breakers of this process as the others hear of them. Times are seconds of their clock."""

    def __init__(self, health: Health) -> None:
        self._health = health
        self._told: dict[Key, float] = {}
        """Until when a breaker is open, as the others know it."""

    def outgoing(self, now: float, *, afresh: bool) -> Sequence[Command]:
        """See `Shared`. Afresh, nobody knows anything."""
        if afresh:
            self._told.clear()
        unwell: dict[Key, float] = {
            (vendor, model, credential): now + self._health.rest_of(vendor, model, credential, now)
            for vendor, model, credential, _ in self._health.unwell(now)
        }
        arguments: list[str | int] = []
        for key, until in unwell.items():
            if until > max(now, self._told.get(key, 0.0)) + _MARGIN:
                arguments += [_field(key), "o", round((until - now) * 1e3)]
                self._told[key] = until
        for key in [key for key in self._told if key not in unwell]:
            arguments += [_field(key), "c", 0]
            del self._told[key]
        return [Command(SCRIPT, [_KEY], arguments)]

    def incoming(self, replies: Sequence[Reply], now: float) -> None:
        """See `Shared`."""
        found = iter(replies[0])
        for field, kind, milliseconds in zip(found, found, found, strict=True):
            vendor, model, credential = key = msgspec.json.decode(field, type=Key)
            until = now + int(milliseconds) / 1e3
            if kind == b"c":
                if self._health.recovered(vendor, model, credential, until):
                    self._told.pop(key, None)
            elif until > now + self._health.rest_of(vendor, model, credential, now) + _MARGIN:
                self._health.rest(vendor, model, credential, until - now, now)
                self._told[key] = until

    def alone(self) -> None:
        """See `Shared`."""


def _field(key: Key) -> str:
    return msgspec.json.encode(key).decode()
