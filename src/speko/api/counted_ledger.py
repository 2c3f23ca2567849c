"""Where the rows of all calls pass through."""

from collections.abc import Callable

from speko.api.metrics import Metrics
from speko.observability.tracing import Tracing
from speko.routing.ledger import AttemptRow, Ledger, UsageRow


class CountedLedger:
    """Passes rows on to storage, counts them for the metrics, and makes a span of each attempt."""

    def __init__(
        self,
        ledger: Ledger,
        metrics: Metrics,
        embedded: frozenset[str],
        tracing: Tracing | None = None,
        *,
        booked: Callable[[UsageRow], None],
    ) -> None:
        """`booked` hears of every usage row: limits count what is spent."""
        self._ledger = ledger
        self._metrics = metrics
        self._embedded = embedded
        self._tracing = tracing
        self._booked = booked

    def attempt(self, row: AttemptRow) -> None:
        """Books an attempt."""
        self._metrics.attempt(row)
        if self._tracing is not None:
            self._tracing.attempt(row)
        self._ledger.attempt(row)

    def usage(self, row: UsageRow) -> None:
        """Books what was served."""
        self._metrics.served(row, embedded=row.provider in self._embedded)
        self._ledger.usage(row)
        self._booked(row)
