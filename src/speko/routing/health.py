"""Health of vendors: one breaker per (provider, model), and one more per credential for rate limits.

An outage of a vendor is everybody's; a rate limit is only that key's. The clock is passed in, in seconds.
"""

from dataclasses import dataclass
from typing import Literal

from speko.providers.errors import ProviderError, RateLimited

State = Literal["closed", "open", "half_open"]
_LONGEST_REST = 600.0
"""Seconds: a vendor that asks for a day of silence is probed before that."""
_PROBE_LIMIT = 150.0
"""Seconds after which a probe that never reported back no longer blocks the next one."""


@dataclass(slots=True)
class Breaker:
    """Opens after `threshold` failures in a row, and lets one probe through after `open_for` seconds."""

    threshold: int
    open_for: float
    failures: int = 0
    open_until: float | None = None
    probing_since: float | None = None

    def state(self, now: float) -> State:
        """Closed: let through. Open: do not. Half open: let one probe through."""
        if self.open_until is None:
            return "closed"
        return "open" if now < self.open_until else "half_open"

    def allows(self, now: float) -> bool:
        """Whether a call may go through now."""
        state = self.state(now)
        if state == "half_open":
            return self.probing_since is None or now - self.probing_since > _PROBE_LIMIT
        return state == "closed"

    def begin(self, now: float) -> None:
        """A call goes through; if the breaker is half open, it is the probe."""
        if self.state(now) == "half_open":
            self.probing_since = now

    def succeeded(self) -> None:
        """A call went well: the breaker closes."""
        self.failures, self.open_until, self.probing_since = 0, None, None

    def failed(self, now: float, rest: float | None = None) -> None:
        """A call failed. `rest`: seconds that the vendor asked for."""
        self.failures += 1
        was_probe = self.open_until is not None
        self.probing_since = None
        if rest is not None:
            self.open_until = now + min(rest, _LONGEST_REST)
        elif was_probe or self.failures >= self.threshold:
            self.open_until = now + self.open_for

    def released(self) -> None:
        """A call ended without saying anything about health (the caller left)."""
        self.probing_since = None


class Health:
    """The breakers of one process."""

    def __init__(self, threshold: int = 5, open_for: float = 30.0) -> None:
        self._threshold = threshold
        self._open_for = open_for
        self._breakers: dict[tuple[str, ...], Breaker] = {}

    def state(self, provider: str, model: str, now: float) -> State:
        """State of the model's own breaker, for people."""
        breaker = self._breakers.get((provider, model))
        return breaker.state(now) if breaker else "closed"

    def allows(self, provider: str, model: str, credential_id: str, now: float) -> bool:
        """Whether a call with this credential may go through now."""
        return all(b.allows(now) for b in self._of(provider, model, credential_id))

    def begin(self, provider: str, model: str, credential_id: str, now: float) -> None:
        """A call starts."""
        for breaker in self._of(provider, model, credential_id):
            breaker.begin(now)

    def succeeded(self, provider: str, model: str, credential_id: str) -> None:
        """A call went well. A closed breaker is nothing to remember, so it is forgotten."""
        self._breakers.pop((provider, model), None)
        self._breakers.pop((provider, model, credential_id), None)

    def failed(self, provider: str, model: str, credential_id: str, error: ProviderError, now: float) -> None:
        """A call failed; whether that counts is the error's to say."""
        if not error.harms_health:
            self.released(provider, model, credential_id)
            return
        own = isinstance(error, RateLimited)
        key = (provider, model, credential_id) if own else (provider, model)
        breaker = self._breakers.get(key)
        if breaker is None:
            breaker = self._breakers[key] = Breaker(self._threshold, self._open_for)
        breaker.failed(now, error.retry_after if own else None)

    def released(self, provider: str, model: str, credential_id: str) -> None:
        """A call ended without saying anything about health."""
        for breaker in self._of(provider, model, credential_id):
            breaker.released()

    def _of(self, provider: str, model: str, credential_id: str) -> list[Breaker]:
        if not self._breakers:
            return []
        keys = ((provider, model), (provider, model, credential_id))
        return [breaker for key in keys if (breaker := self._breakers.get(key))]
