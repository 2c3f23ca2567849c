"""Health of vendors: one breaker per (provider, model), and one more per credential there.

An outage of a vendor is everybody's; a rate limit or a bad key is only that credential's. The clock is passed in, in
seconds. Calls overlap, so each report says when its call began: one that began before the breaker opened knows nothing
of what came after, and neither closes the breaker nor counts as its probe.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal

from speko.providers.errors import ProviderError

State = Literal["closed", "open", "half_open"]
_LONGEST_REST = 600.0
"""Seconds: a vendor that asks for a day of silence is probed before that."""
_PROBE_LIMIT = 150.0
"""Seconds after which a probe that never reported back no longer blocks the next one."""
_MOST_BREAKERS = 4096
"""Models may be named freely by callers, and what they name must not fill the memory; the oldest go first."""


@dataclass(slots=True)
class Breaker:
    """Opens after `threshold` failures in a row, and lets one probe through after `open_for` seconds."""

    threshold: int
    open_for: float
    failures: int = 0
    opened_at: float | None = None
    open_until: float = 0.0
    probe: float | None = None
    """When the probe under way began."""

    def state(self, now: float) -> State:
        """Closed: let through. Open: do not. Half open: let one probe through."""
        if self.opened_at is None:
            return "closed"
        return "open" if now < self.open_until else "half_open"

    def allows(self, now: float) -> bool:
        """Whether a call may go through now."""
        state = self.state(now)
        if state == "half_open":
            return self.probe is None or now - self.probe > _PROBE_LIMIT
        return state == "closed"

    def begin(self, now: float) -> None:
        """A call goes through; if the breaker is half open, it is the probe."""
        if self.state(now) == "half_open":
            self.probe = now

    def succeeded(self, began: float) -> bool:
        """A call went well: the breaker closes, unless the call is older than the trouble. True = it is closed."""
        if self.opened_at is not None and began < self.opened_at:
            return False
        self.failures, self.opened_at, self.probe = 0, None, None
        return True

    def failed(self, began: float, now: float, rest: float | None = None) -> None:
        """A call failed. `rest`: seconds that the vendor asked for."""
        stale = self.opened_at is not None and began < self.opened_at
        self.released(began)
        self.failures += 1
        if rest is not None:
            self._open(now, min(rest, _LONGEST_REST))
        elif not stale and (self.opened_at is not None or self.failures >= self.threshold):
            self._open(now, self.open_for)

    def released(self, began: float) -> None:
        """A call ended without saying anything about health (the caller left)."""
        if self.probe == began:
            self.probe = None

    def rest(self, now: float, seconds: float) -> None:
        """Opens for so many seconds, or for longer if it is open longer already."""
        self._open(now, min(seconds, _LONGEST_REST))

    def _open(self, now: float, seconds: float) -> None:
        self.opened_at = now
        self.open_until = max(self.open_until, now + seconds)


class Health:
    """The breakers of one process."""

    def __init__(self, threshold: int = 5, open_for: float = 30.0) -> None:
        self._threshold = threshold
        self._open_for = open_for
        self._breakers: OrderedDict[tuple[str, ...], Breaker] = OrderedDict()

    def state(self, provider: str, model: str, now: float) -> State:
        """State of the model's own breaker, for people."""
        breaker = self._breakers.get((provider, model))
        return breaker.state(now) if breaker else "closed"

    def unwell(self, now: float) -> list[tuple[str, str, str | None, State]]:
        """Vendor, model, credential (None = the model's own breaker) and state of all that are not closed."""
        states = ((key, breaker.state(now)) for key, breaker in self._breakers.items())
        return [(key[0], key[1], key[2] if len(key) > 2 else None, s) for key, s in states if s != "closed"]

    def allows(self, provider: str, model: str, credential_id: str, now: float) -> bool:
        """Whether a call with this credential may go through now."""
        return all(breaker.allows(now) for _, breaker in self._of(provider, model, credential_id))

    def closed(self, provider: str, model: str, credential_id: str, now: float) -> bool:
        """Whether nothing speaks against it: no breaker is open, and none waits for a probe."""
        return all(breaker.state(now) == "closed" for _, breaker in self._of(provider, model, credential_id))

    def begin(self, provider: str, model: str, credential_id: str, now: float) -> None:
        """A call starts."""
        for _, breaker in self._of(provider, model, credential_id):
            breaker.begin(now)

    def succeeded(self, provider: str, model: str, credential_id: str, began: float) -> None:
        """A call that began at `began` went well. A closed breaker is nothing to remember, so it is forgotten."""
        for key, breaker in self._of(provider, model, credential_id):
            if breaker.succeeded(began):
                del self._breakers[key]

    def failed(
        self, provider: str, model: str, credential_id: str, error: ProviderError, *, began: float, now: float
    ) -> None:
        """A call failed; whether and where that counts is the error's to say."""
        self.released(provider, model, credential_id, began)
        if error.harms == "nothing":
            return
        key = _key(provider, model, credential_id if error.harms == "credential" else None)
        self._breaker(key).failed(began, now, error.retry_after)

    def rest_of(self, provider: str, model: str, credential_id: str | None, now: float) -> float:
        """Seconds for which the breaker of a model (`credential_id` None), or of a credential there, stays open; 0 = it
        is not open."""
        breaker = self._breakers.get(_key(provider, model, credential_id))
        return max(0.0, breaker.open_until - now) if breaker and breaker.opened_at is not None else 0.0

    def rest(self, provider: str, model: str, credential_id: str | None, seconds: float, now: float) -> None:
        """Opens such a breaker on the word of another process, which has seen the failures."""
        self._breaker(_key(provider, model, credential_id)).rest(now, seconds)

    def recovered(self, provider: str, model: str, credential_id: str | None, began: float) -> bool:
        """Closes such a breaker on the word of another process, which has seen a call go well that began at `began`.
        False = it is closed, or was opened since."""
        key = _key(provider, model, credential_id)
        breaker = self._breakers.get(key)
        if breaker is None or breaker.opened_at is None or not breaker.succeeded(began):
            return False
        del self._breakers[key]
        return True

    def released(self, provider: str, model: str, credential_id: str, began: float) -> None:
        """A call ended without saying anything about health."""
        for _, breaker in self._of(provider, model, credential_id):
            breaker.released(began)

    def _breaker(self, key: tuple[str, ...]) -> Breaker:
        breaker = self._breakers.get(key)
        if breaker is None:
            breaker = self._breakers[key] = Breaker(self._threshold, self._open_for)
            if len(self._breakers) > _MOST_BREAKERS:
                self._breakers.popitem(last=False)
        return breaker

    def _of(self, provider: str, model: str, credential_id: str) -> list[tuple[tuple[str, ...], Breaker]]:
        if not self._breakers:
            return []
        keys = (_key(provider, model, None), _key(provider, model, credential_id))
        return [(key, breaker) for key in keys if (breaker := self._breakers.get(key))]


def _key(provider: str, model: str, credential_id: str | None) -> tuple[str, ...]:
    return (provider, model) if credential_id is None else (provider, model, credential_id)
