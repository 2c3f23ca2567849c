"""Counters and histograms for the way of a call.

The library's own take two to six microseconds an observation, for locks between threads and a walk over the buckets.
All that is counted here is counted and read by the event loop's thread: a dictionary does, in less than one.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

Labels = tuple[str, ...]


class Counter(Collector):
    """A sum that only grows, one for each combination of labels.

    Args:
        registry: serves it.
        name: without `_total`.
        help: for people.
        labels: their names; without any, it is served from the start.
    """

    def __init__(self, registry: CollectorRegistry, name: str, help: str, labels: Sequence[str] = ()) -> None:
        self._family = (name, help, tuple(labels))
        self._values: dict[Labels, float] = {} if labels else {(): 0.0}
        registry.register(self)

    def add(self, *labels: str, by: float = 1.0) -> None:
        """Counts. `labels`: values, in the order of their names."""
        self._values[labels] = self._values.get(labels, 0.0) + by

    def describe(self) -> Iterable[Metric]:
        """See `prometheus_client`."""
        yield self._empty()

    def collect(self) -> Iterable[Metric]:
        """See `prometheus_client`."""
        family = self._empty()
        for labels, value in self._values.items():
            family.add_metric(labels, value)
        yield family

    def _empty(self) -> CounterMetricFamily:
        name, text, labels = self._family
        return CounterMetricFamily(name, text, labels=labels)


class Histogram(Collector):
    """Durations, one distribution for each combination of labels.

    Args:
        registry: serves it.
        name: ends with `_seconds`.
        help: for people.
        labels: their names.
        buckets: upper bounds in seconds, ascending; what is longer is counted, too.
    """

    def __init__(
        self, registry: CollectorRegistry, name: str, help: str, labels: Sequence[str], buckets: Sequence[float]
    ) -> None:
        self._family = (name, help, tuple(labels))
        self._bounds = tuple(buckets)
        self._counts: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = {}
        registry.register(self)

    def observe(self, *labels: str, seconds: float) -> None:
        """Counts a duration. `labels`: values, in the order of their names."""
        counts = self._counts.get(labels)
        if counts is None:
            counts = self._counts[labels] = [0] * (len(self._bounds) + 1)
            self._sums[labels] = 0.0
        counts[bisect_left(self._bounds, seconds)] += 1
        self._sums[labels] += seconds

    def describe(self) -> Iterable[Metric]:
        """See `prometheus_client`."""
        yield self._empty()

    def collect(self) -> Iterable[Metric]:
        """See `prometheus_client`."""
        family = self._empty()
        names = [*(str(float(bound)) for bound in self._bounds), "+Inf"]
        for labels, counts in self._counts.items():
            buckets = list(zip(names, map(float, accumulate(counts)), strict=True))
            family.add_metric(labels, buckets=buckets, sum_value=self._sums[labels])
        yield family

    def _empty(self) -> HistogramMetricFamily:
        name, text, labels = self._family
        return HistogramMetricFamily(name, text, labels=labels)
