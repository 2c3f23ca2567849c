"""Metrics of requests, of attempts at vendors, and of what was served."""

from prometheus_client import CollectorRegistry

from speko.observability.instruments import Counter, Histogram
from speko.observability.labels import Models, method_label
from speko.routing.ledger import AttemptRow, UsageRow

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_OUR_SECONDS = (0.001, 0.0025, *SECONDS, 120.0)


class RequestMetrics:
    """What the edge counts, once for each HTTP request."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            registry,
            "speko_requests",
            "HTTP requests, by the template of their route; status 0 = the caller left before any answer.",
            ("route", "method", "status"),
        )
        self._seconds = Histogram(
            registry,
            "speko_request_seconds",
            "Time from the headers of a request to the end of its answer.",
            ("route",),
            buckets=_OUR_SECONDS,
        )
        self._first_byte = Histogram(
            registry,
            "speko_request_first_byte_seconds",
            "Time from the headers of a request to the headers of its answer; a routed call sends them with the first "
            "useful output.",
            ("route",),
            buckets=_OUR_SECONDS,
        )

    def answered(self, route: str, method: str, status: int, first_byte: float | None, seconds: float) -> None:
        """Counts a request that is over.

        Args:
            route: template of the path, never the path itself.
            method: as the client sent it.
            status: of the answer; 0 = there was none.
            first_byte: seconds to its headers; None = there was none.
            seconds: to its end.
        """
        self._requests.add(route, method_label(method), str(status))
        self._seconds.observe(route, seconds=seconds)
        if first_byte is not None:
            self._first_byte.observe(route, seconds=first_byte)


class CallMetrics:
    """What the rows of the two ledgers say."""

    def __init__(self, registry: CollectorRegistry, models: Models) -> None:
        self._models = models
        self.asked: set[tuple[str, str]] = set()
        """Vendors and models (as labels) that were asked so far."""
        who = ("endpoint", "provider", "model")
        self._attempts = Counter(registry, "speko_attempts", "Attempts at providers.", (*who, "outcome", "cause"))
        self._failovers = Counter(
            registry,
            "speko_failovers",
            "Attempts that were made because the one before them had failed, by who was asked instead.",
            who,
        )
        self._first_byte = Histogram(
            registry,
            "speko_first_byte_seconds",
            "Time from asking a provider to its first useful output.",
            who,
            buckets=SECONDS,
        )
        self._served = Counter(
            registry,
            "speko_served",
            "Calls whose output reached the caller, in full or in part.",
            ("provider", "model", "type", "key_source", "embedded"),
        )
        self._quantity = Counter(
            registry,
            "speko_usage",
            "Quantity that was served, by metric.",
            ("provider", "metric", "key_source"),
        )
        self._cost = Counter(
            registry,
            "speko_cost_micro_usd",
            "What the vendors are likely to bill, in millionths of a US dollar, by whose key it was.",
            ("provider", "key_source"),
        )
        self._charged = Counter(
            registry,
            "speko_charged_micro_usd",
            "What organisations pay for what they were served, in millionths of a US dollar.",
            ("provider",),
        )

    def attempt(self, row: AttemptRow) -> None:
        """Counts an attempt."""
        model = self._models.label(row.provider, row.modality, row.model)
        self.asked.add((row.provider, model))
        self._attempts.add(row.endpoint, row.provider, model, row.outcome, row.cause or "")
        if row.position and not row.hedge:
            self._failovers.add(row.endpoint, row.provider, model)
        if row.first_byte_ms is not None:
            self._first_byte.observe(row.endpoint, row.provider, model, seconds=row.first_byte_ms / 1e3)
        if row.cost_micro_usd:
            self._cost.add(row.provider, row.key_source, by=row.cost_micro_usd)

    def served(self, row: UsageRow, *, embedded: bool) -> None:
        """Counts a served call."""
        model = self._models.label(row.provider, row.type, row.model)
        self._served.add(row.provider, model, row.type, row.key_source, "yes" if embedded else "no")
        self._quantity.add(row.provider, row.metric, row.key_source, by=row.quantity)
        if not row.cost_micro_usd:
            return
        self._charged.add(row.provider, by=row.cost_micro_usd)
        if row.type == "s2s":  # an engine's responses are billed one by one, and its attempt has no usage of its own
            self._cost.add(row.provider, row.key_source, by=row.cost_micro_usd)
