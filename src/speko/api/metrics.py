"""Prometheus metrics of one process. Labels are vendors, models and causes: never a caller's words or keys."""

import asyncio
from collections.abc import Callable
from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from speko.providers.catalogue import Modality
from speko.routing.ledger import AttemptRow, UsageRow

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Counters of the gateway."""

    def __init__(
        self,
        *,
        calls_in_flight: Callable[[], int],
        live_sessions: Callable[[], int],
        knows: Callable[[str, Modality, str], bool],
    ) -> None:
        self._knows = knows
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
        # The library looks a child up in six microseconds, and there are four per call.
        remember = lru_cache(maxsize=2048)
        self._attempts_with = remember(self._attempts.labels)
        self._first_byte_with = remember(self._first_byte.labels)
        self._served_with = remember(self._served.labels)
        self._quantity_with = remember(self._quantity.labels)
        in_flight = Gauge("speko_calls_in_flight", "Calls being answered now.", registry=self.registry)
        in_flight.set_function(calls_in_flight)
        sessions = Gauge(
            "speko_sessions_live", "S2S sessions that have a socket here, or had one.", registry=self.registry
        )
        sessions.set_function(live_sessions)
        tasks = Gauge("speko_tasks", "Tasks of the event loop.", registry=self.registry)
        tasks.set_function(_tasks)
        ProcessCollector(registry=self.registry)

    def attempt(self, row: AttemptRow) -> None:
        """Counts an attempt."""
        model = self._label(row.provider, row.modality, row.model)
        self._attempts_with(row.endpoint, row.provider, model, row.outcome, row.cause or "").inc()
        if row.first_byte_ms is not None:
            self._first_byte_with(row.endpoint, row.provider, model).observe(row.first_byte_ms / 1e3)

    def served(self, row: UsageRow, *, embedded: bool) -> None:
        """Counts a served call."""
        model = self._label(row.provider, row.type, row.model)
        self._served_with(row.provider, model, row.type, row.key_source, "yes" if embedded else "no").inc()
        self._quantity_with(row.provider, row.metric, row.key_source).inc(row.quantity)

    def exposition(self) -> bytes:
        """The text format."""
        return generate_latest(self.registry)

    def _label(self, provider: str, modality: Modality, model: str) -> str:
        """Callers may name models freely, and every label stays in memory: those nobody knows share one."""
        return model if self._knows(provider, modality, model) else "other"


def _tasks() -> int:
    try:
        return len(asyncio.all_tasks())
    except RuntimeError:  # asked from outside the loop
        return 0
