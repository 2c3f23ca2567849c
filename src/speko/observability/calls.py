"""Metrics of requests, of attempts at vendors, and of what was served."""

from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Histogram

from speko.observability.labels import Models, method_label
from speko.routing.ledger import AttemptRow, UsageRow

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_OUR_SECONDS = (0.001, 0.0025, *SECONDS, 120.0)
_REMEMBERED = 2048
"""Children of one metric that are found at once; the library's own look-up takes six microseconds."""


class RequestMetrics:
    """What the edge counts, once for each HTTP request."""

    def __init__(self, registry: CollectorRegistry) -> None:
        requests = Counter(
            "speko_requests_total",
            "HTTP requests, by the template of their route; status 0 = the caller left before any answer.",
            ("route", "method", "status"),
            registry=registry,
        )
        seconds = Histogram(
            "speko_request_seconds",
            "Time from the headers of a request to the end of its answer.",
            ("route",),
            buckets=_OUR_SECONDS,
            registry=registry,
        )
        first_byte = Histogram(
            "speko_request_first_byte_seconds",
            "Time from the headers of a request to the headers of its answer; a routed call sends them with the first "
            "useful output.",
            ("route",),
            buckets=_OUR_SECONDS,
            registry=registry,
        )
        remember = lru_cache(maxsize=_REMEMBERED)
        self._requests_with = remember(
            lambda route, method, status: requests.labels(route, method_label(method), str(status))
        )
        self._seconds_with = remember(seconds.labels)
        self._first_byte_with = remember(first_byte.labels)

    def answered(self, route: str, method: str, status: int, first_byte: float | None, seconds: float) -> None:
        """Counts a request that is over.

        Args:
            route: template of the path, never the path itself.
            method: as the client sent it.
            status: of the answer; 0 = there was none.
            first_byte: seconds to its headers; None = there was none.
            seconds: to its end.
        """
        self._requests_with(route, method, status).inc()
        self._seconds_with(route).observe(seconds)
        if first_byte is not None:
            self._first_byte_with(route).observe(first_byte)


class CallMetrics:
    """What the rows of the two ledgers say."""

    def __init__(self, registry: CollectorRegistry, models: Models) -> None:
        self._models = models
        self.asked: set[tuple[str, str]] = set()
        """Vendors and models (as labels) that were asked so far."""
        who = ("endpoint", "provider", "model")
        attempts = Counter(
            "speko_attempts_total", "Attempts at providers.", (*who, "outcome", "cause"), registry=registry
        )
        failovers = Counter(
            "speko_failovers_total",
            "Attempts that were made because the one before them had failed, by who was asked instead.",
            who,
            registry=registry,
        )
        first_byte = Histogram(
            "speko_first_byte_seconds",
            "Time from asking a provider to its first useful output.",
            who,
            buckets=SECONDS,
            registry=registry,
        )
        served = Counter(
            "speko_served_total",
            "Calls whose output reached the caller, in full or in part.",
            ("provider", "model", "type", "key_source", "embedded"),
            registry=registry,
        )
        quantity = Counter(
            "speko_usage_total",
            "Quantity that was served, by metric.",
            ("provider", "metric", "key_source"),
            registry=registry,
        )
        cost = Counter(
            "speko_cost_micro_usd_total",
            "What the vendors are likely to bill, in millionths of a US dollar, by whose key it was.",
            ("provider", "key_source"),
            registry=registry,
        )
        charged = Counter(
            "speko_charged_micro_usd_total",
            "What organisations pay for what they were served, in millionths of a US dollar.",
            ("provider",),
            registry=registry,
        )
        remember = lru_cache(maxsize=_REMEMBERED)
        self._attempts_with = remember(attempts.labels)
        self._failovers_with = remember(failovers.labels)
        self._first_byte_with = remember(first_byte.labels)
        self._served_with = remember(served.labels)
        self._quantity_with = remember(quantity.labels)
        self._cost_with = remember(cost.labels)
        self._charged_with = remember(charged.labels)

    def attempt(self, row: AttemptRow) -> None:
        """Counts an attempt."""
        model = self._models.label(row.provider, row.modality, row.model)
        self.asked.add((row.provider, model))
        self._attempts_with(row.endpoint, row.provider, model, row.outcome, row.cause or "").inc()
        if row.position and not row.hedge:
            self._failovers_with(row.endpoint, row.provider, model).inc()
        if row.first_byte_ms is not None:
            self._first_byte_with(row.endpoint, row.provider, model).observe(row.first_byte_ms / 1e3)
        if row.cost_micro_usd:
            self._cost_with(row.provider, row.key_source).inc(row.cost_micro_usd)

    def served(self, row: UsageRow, *, embedded: bool) -> None:
        """Counts a served call."""
        model = self._models.label(row.provider, row.type, row.model)
        self._served_with(row.provider, model, row.type, row.key_source, "yes" if embedded else "no").inc()
        self._quantity_with(row.provider, row.metric, row.key_source).inc(row.quantity)
        if not row.cost_micro_usd:
            return
        self._charged_with(row.provider).inc(row.cost_micro_usd)
        if row.type == "s2s":  # an engine's responses are billed one by one, and its attempt has no usage of its own
            self._cost_with(row.provider, row.key_source).inc(row.cost_micro_usd)
