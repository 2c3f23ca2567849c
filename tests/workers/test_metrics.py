"""Metrics of several workers as those of one."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from speko.api.workers.metrics import summed
from speko.api.workers.told import Told, decoded, encoded, told_by


def worker(number: str, calls: float, waiting: float, state: float) -> Told:
    registry = CollectorRegistry()
    counter = Counter("calls", "Calls.", ("of",), registry=registry)
    counter.labels("a").inc(calls)
    counter.labels(f"only {number}").inc()
    Gauge("waiting", "Waiting.", registry=registry).set(waiting)
    Gauge("breaker_state", "State.", registry=registry).set(state)
    Gauge("process_memory_bytes", "Memory.", registry=registry).set(1000 + waiting)
    seconds = Histogram("took_seconds", "Took.", buckets=(1.0, 5.0), registry=registry)
    seconds.observe(waiting)
    return decoded(encoded(told_by(registry, number)))


def test_counts_are_added_and_states_are_not() -> None:
    families = summed([worker("0", 3, 2, 0), worker("1", 4, 0.5, 2)])
    found = {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}
    assert found["calls_total", "a"] == 7
    assert found["calls_total", "only 0"] == found["calls_total", "only 1"] == 1
    assert found["waiting",] == 2.5
    assert found["breaker_state",] == 2
    assert (found["process_memory_bytes", "0"], found["process_memory_bytes", "1"]) == (1002, 1000.5)
    assert (found["took_seconds_bucket", "1.0"], found["took_seconds_bucket", "5.0"]) == (1, 2)
    assert (found["took_seconds_count",], found["took_seconds_sum",]) == (2, 2.5)
    assert [family.name for family in families] == [f.name for f in worker("0", 0, 0, 0).families]
