"""Counters and histograms, against the library's own."""

import prometheus_client
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from speko.observability.instruments import Counter, Histogram

BOUNDS = (0.1, 0.5, 1.0, 5.0)
LABELS = st.tuples(st.text(max_size=3), st.sampled_from(["a", 'b"\n\\']))


def samples(registry: CollectorRegistry) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """What a scrape reads."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(generate_latest(registry).decode())
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


@given(st.lists(st.tuples(LABELS, st.floats(0, 20))))
def test_a_histogram_tells_what_the_librarys_own_would(observed: list[tuple[tuple[str, str], float]]) -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    mine = Histogram(ours, "x_seconds", "Help.", ("one", "two"), BOUNDS)
    reference = prometheus_client.Histogram("x_seconds", "Help.", ("one", "two"), registry=theirs, buckets=BOUNDS)
    for labels, seconds in observed:
        mine.observe(*labels, seconds=seconds)
        reference.labels(*labels).observe(seconds)
    assert samples(ours) == samples(theirs)


@given(st.lists(st.tuples(LABELS, st.floats(0, 20))))
def test_a_counter_does_too(counted: list[tuple[tuple[str, str], float]]) -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    mine = Counter(ours, "x", "Help.", ("one", "two"))
    reference = prometheus_client.Counter("x", "Help.", ("one", "two"), registry=theirs)
    for labels, by in counted:
        mine.add(*labels, by=by)
        reference.labels(*labels).inc(by)
    assert samples(ours) == samples(theirs)


def test_without_labels_there_is_a_value_from_the_start() -> None:
    registry = CollectorRegistry()
    counter = Counter(registry, "x", "Help.")
    assert samples(registry) == {("x_total", frozenset()): 0.0}
    counter.add()
    assert samples(registry) == {("x_total", frozenset()): 1.0}
