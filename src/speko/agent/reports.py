"""What a conversation in an agent process has to tell the gateway beside its events: failures as data, the health of
vendors, and rows for the ledgers."""

import time
from collections.abc import Callable

from msgspec import Struct

from speko.providers import errors
from speko.providers.errors import DeadlineExceeded, ProviderError, Stage
from speko.routing.health import Health
from speko.routing.ledger import AttemptRow, UsageRow

_KINDS: dict[str, type[ProviderError]] = {
    kind.cause: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ProviderError)
}
"""By cause. Not those of other packages: they are told by the class of ours that they refine."""


class Failure(Struct, frozen=True, kw_only=True):
    """A `ProviderError` as data. `cause` tells its class."""

    cause: str
    message: str = ""
    status: int | None = None
    retry_after: float | None = None
    """Seconds."""
    stage: Stage | None = None
    """Of a missed deadline."""

    @classmethod
    def of(cls, error: ProviderError) -> "Failure":
        """The error's members."""
        stage = error.stage if isinstance(error, DeadlineExceeded) else None
        return cls(
            cause=error.cause, message=error.message, status=error.status, retry_after=error.retry_after, stage=stage
        )

    def error(self) -> ProviderError:
        """The error again; a plain `ProviderError` where this build does not know the cause."""
        kind = _KINDS.get(self.cause, ProviderError)
        if issubclass(kind, DeadlineExceeded):
            return kind(self.message, stage=self.stage or "total")
        return kind(self.message, status=self.status, retry_after=self.retry_after)


class HealthReport(Struct, frozen=True, kw_only=True):
    """How a vendor call inside a conversation ended, as far as that says something about the vendor."""

    provider: str
    model: str
    credential_id: str
    ago: float
    """Seconds since the call began."""
    failure: Failure | None = None
    """None = it went well."""


def apply_health(health: Health, report: HealthReport, now: float) -> None:
    """Has the gateway's breakers learn of a call in an agent process. `now`: of the gateway's monotonic clock."""
    began = now - report.ago
    if report.failure is None:
        health.succeeded(report.provider, report.model, report.credential_id, began)
    else:
        health.failed(report.provider, report.model, report.credential_id, report.failure.error(), began=began, now=now)


class SessionHealth(Health):
    """The breakers of an agent process, as one of its conversations sees them: they are shared by all conversations,
    and what this one learns is also told to its gateway."""

    def __init__(
        self, shared: Health, tell: Callable[[HealthReport], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(shared._threshold, shared._open_for)
        self._breakers = shared._breakers
        self._tell = tell
        self._clock = clock

    def succeeded(self, provider: str, model: str, credential_id: str, began: float) -> None:
        """See `Health`."""
        super().succeeded(provider, model, credential_id, began)
        self._report(provider, model, credential_id, began, None)

    def failed(
        self, provider: str, model: str, credential_id: str, error: ProviderError, *, began: float, now: float
    ) -> None:
        """See `Health`."""
        super().failed(provider, model, credential_id, error, began=began, now=now)
        if error.harms != "nothing":
            self._report(provider, model, credential_id, began, Failure.of(error))

    def _report(self, provider: str, model: str, credential_id: str, began: float, failure: Failure | None) -> None:
        ago = max(0.0, self._clock() - began)
        self._tell(HealthReport(provider=provider, model=model, credential_id=credential_id, ago=ago, failure=failure))


class SessionLedger:
    """The ledger of one conversation: its rows go to the gateway."""

    def __init__(self, tell: Callable[[AttemptRow | UsageRow], None]) -> None:
        self.attempt: Callable[[AttemptRow], None] = tell
        self.usage: Callable[[UsageRow], None] = tell
