"""Metrics that are read at the moment of a scrape: breakers, ledgers, the database, the directory."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from speko.observability.labels import Models
from speko.routing.health import State

_BREAKER = {"closed": 0, "half_open": 1, "open": 2}


@dataclass(frozen=True, slots=True)
class RowsWritten:
    """How one writer of rows does."""

    waiting: int = 0
    written: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Now:
    """The state of a gateway at one moment."""

    breakers: Iterable[tuple[str, str, State]] = ()
    """Vendor, model and state of the breakers that are not closed; those of single credentials not among them."""
    credential_breakers: Mapping[str, int] = field(default_factory=dict)
    """How many breakers of credentials are not closed, by vendor."""
    rows: Mapping[str, RowsWritten] = field(default_factory=dict)
    """By what they are: `ledger`, `sessions`, and `spans` where somebody traces."""
    database_problem: bool = False
    directory_age: float = 0.0
    """Seconds since the copy in memory was last known to be what the database has."""


class StateCollector(Collector):
    """Asks for the state at each scrape.

    Args:
        now: the state.
        models: names of models as labels.
        asked: vendors and models (as labels) whose breaker is shown even when it is closed.
    """

    def __init__(self, now: Callable[[], Now], models: Models, asked: set[tuple[str, str]]) -> None:
        self._now = now
        self._models = models
        self._asked = asked

    def describe(self) -> Iterable[Metric]:
        """Nothing: the registry would ask for a state before there is one."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """See `prometheus_client`."""
        now = self._now()
        yield self._breakers(now)
        credentials = GaugeMetricFamily(
            "speko_credential_breakers_open",
            "Breakers of single vendor keys that are not closed: a rate limit, or a key that is refused.",
            labels=["provider"],
        )
        for provider, count in sorted(now.credential_breakers.items()):
            credentials.add_metric([provider], count)
        yield credentials
        yield from _rows(now.rows)
        yield GaugeMetricFamily(
            "speko_database_problem",
            "1 while the database does not answer or rows are written too slowly.",
            value=float(now.database_problem),
        )
        yield GaugeMetricFamily(
            "speko_directory_age_seconds",
            "Time since keys and organisations in memory were last known to be those of the database.",
            value=now.directory_age,
        )

    def _breakers(self, now: Now) -> Metric:
        states = dict.fromkeys(self._asked, 0)
        for provider, model, state in now.breakers:
            who = (provider, self._models.label_of_any(provider, model))
            states[who] = max(states.get(who, 0), _BREAKER[state])
        family = GaugeMetricFamily(
            "speko_breaker_state",
            "Breaker of a model: 0 closed, 1 half open, 2 open.",
            labels=["provider", "model"],
        )
        for who, value in sorted(states.items()):
            family.add_metric(who, value)
        return family


def _rows(rows: Mapping[str, RowsWritten]) -> Iterable[Metric]:
    waiting = GaugeMetricFamily("speko_rows_waiting", "Rows that wait to be written.", labels=["of"])
    written = CounterMetricFamily("speko_rows_written", "Rows that were written.", labels=["of"])
    dropped = CounterMetricFamily(
        "speko_rows_dropped", "Rows that are lost: too many waited, or they were refused.", labels=["of"]
    )
    for of, state in rows.items():
        waiting.add_metric([of], state.waiting)
        written.add_metric([of], state.written)
        dropped.add_metric([of], state.dropped)
    return waiting, written, dropped
