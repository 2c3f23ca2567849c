"""Prometheus metrics of one process. Labels are vendors, models and causes: never a caller's words or keys."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from speko.routing.ledger import AttemptRow, UsageRow

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Counters of the gateway."""

    def __init__(self, calls_in_flight: Callable[[], int]) -> None:
        self.registry = CollectorRegistry()
        who = ("endpoint", "provider", "model")
        self._attempts = Counter(
            "speko_attempts_total",
            "Attempts at providers.",
            (*who, "outcome", "cause"),
            registry=self.registry,
        )
        self._first_byte = Histogram(
            "speko_first_byte_seconds",
            "Time from asking a provider to its first useful output.",
            who,
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._served = Counter(
            "speko_served_total",
            "Calls whose output reached the caller, in full or in part.",
            ("provider", "model", "type", "key_source", "embedded"),
            registry=self.registry,
        )
        self._quantity = Counter(
            "speko_usage_total",
            "Quantity that was served, by metric.",
            ("provider", "metric", "key_source"),
            registry=self.registry,
        )
        in_flight = Gauge("speko_calls_in_flight", "Calls being answered now.", registry=self.registry)
        in_flight.set_function(calls_in_flight)
        self._children: dict[tuple[str, ...], Counter] = {}

    def attempt(self, row: AttemptRow) -> None:
        """Counts an attempt."""
        self._child(self._attempts, row.endpoint, row.provider, row.model, row.outcome, row.cause or "").inc()
        if row.first_byte_ms is not None:
            self._first_byte.labels(row.endpoint, row.provider, row.model).observe(row.first_byte_ms / 1e3)

    def served(self, row: UsageRow, *, embedded: bool) -> None:
        """Counts a served call."""
        labels = (row.provider, row.model, row.type, row.key_source, "yes" if embedded else "no")
        self._child(self._served, *labels).inc()
        self._child(self._quantity, row.provider, row.metric, row.key_source).inc(row.quantity)

    def exposition(self) -> bytes:
        """The text format."""
        return generate_latest(self.registry)

    def _child(self, counter: Counter, *labels: str) -> Counter:
        key = (counter._name, *labels)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = counter.labels(*labels)
        return child
