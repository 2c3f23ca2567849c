"""Prometheus metrics of one process, in one registry. Labels are routes, vendors, models and causes: never a caller's
words, keys or ids."""

import asyncio
import platform
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Gauge, ProcessCollector

from speko.observability.calls import CallMetrics, RequestMetrics
from speko.observability.conversations import ConversationMetrics
from speko.observability.instruments import Counter
from speko.observability.labels import Knows, Models
from speko.observability.loop_lag import LoopLag
from speko.observability.state import Now, StateCollector
from speko.routing.ledger import AttemptRow, UsageRow
from speko.version import __version__


class Metrics:
    """All metrics of the gateway.

    Args:
        calls_in_flight: how many calls are being answered.
        live_sessions: how many S2S sessions there are.
        knows: which models may be labels.
        state: what is read at each scrape.
    """

    def __init__(
        self,
        *,
        calls_in_flight: Callable[[], int],
        live_sessions: Callable[[], int],
        knows: Knows,
        state: Callable[[], Now] = Now,
    ) -> None:
        self.registry = registry = CollectorRegistry()
        models = Models(knows)
        self.requests = RequestMetrics(registry)
        self.conversations = ConversationMetrics(registry, models)
        self.loop_lag = LoopLag(registry)
        self._calls = CallMetrics(registry, models)
        registry.register(StateCollector(state, models, self._calls.asked))
        self._refused = Counter(
            registry,
            "speko_limits_refused",
            "Calls and sessions that a limit refused or ended, by kind of limit.",
            ("kind",),
        )
        in_flight = Gauge("speko_calls_in_flight", "Calls being answered now.", registry=registry)
        in_flight.set_function(calls_in_flight)
        sessions = Gauge("speko_sessions_live", "S2S sessions that have a socket here, or had one.", registry=registry)
        sessions.set_function(live_sessions)
        tasks = Gauge("speko_tasks", "Tasks of the event loop.", registry=registry)
        tasks.set_function(_tasks)
        build = Gauge("speko_build_info", "1, with the version as a label.", ("version", "python"), registry=registry)
        build.labels(__version__, platform.python_version()).set(1)
        ProcessCollector(registry=registry)

    def attempt(self, row: AttemptRow) -> None:
        """Counts an attempt."""
        self._calls.attempt(row)

    def served(self, row: UsageRow, *, embedded: bool) -> None:
        """Counts a served call."""
        self._calls.served(row, embedded=embedded)

    def refused(self, kind: str) -> None:
        """Counts what a limit refused. `kind` is one of a handful of words of ours: it becomes a label."""
        self._refused.add(kind)


def _tasks() -> int:
    try:
        return len(asyncio.all_tasks())
    except RuntimeError:  # asked from outside the loop
        return 0
