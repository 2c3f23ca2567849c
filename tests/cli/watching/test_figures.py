"""Rates between two readings."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.cli.watching.figures import figures, quantile
from speko.cli.watching.scrape import Scrape, read_exposition

ATTEMPTS = """\
# TYPE speko_attempts counter
speko_attempts_total{{endpoint="complete",provider="acme",model="one",outcome="served",cause=""}} {served}
speko_attempts_total{{endpoint="session",provider="acme",model="one",outcome="failed",cause="status"}} {failed}
speko_attempts_total{{endpoint="complete",provider="acme",model="two",outcome="served",cause=""}} {other}
speko_attempts_total{{endpoint="complete",provider="umbra",model="three",outcome="cancelled",cause="hedged"}} 7
"""
REST = """\
# TYPE speko_failovers counter
speko_failovers_total{{endpoint="complete",provider="acme",model="two"}} {other}
# TYPE speko_cost_micro_usd counter
speko_cost_micro_usd_total{{provider="acme",key_source="BYOK"}} {cost}
speko_cost_micro_usd_total{{provider="acme",key_source="MANAGED"}} {cost}
# TYPE speko_first_byte_seconds histogram
speko_first_byte_seconds_bucket{{endpoint="complete",provider="acme",model="one",le="0.1"}} {served}
speko_first_byte_seconds_bucket{{endpoint="complete",provider="acme",model="one",le="+Inf"}} {served}
# TYPE speko_breaker_state gauge
speko_breaker_state{{provider="acme",model="one"}} 0
speko_breaker_state{{provider="acme",model="two"}} 2
# TYPE speko_calls_in_flight gauge
speko_calls_in_flight 3
# TYPE speko_sessions_live gauge
speko_sessions_live 1
"""


def _scrape(at: float, text: str, **numbers: float) -> Scrape:
    return read_exposition(text.format(**numbers), at)


def test_rates_are_what_was_counted_over_the_time() -> None:
    before = _scrape(10.0, ATTEMPTS + REST, served=100, failed=5, other=0, cost=0)
    now = _scrape(12.0, ATTEMPTS + REST, served=116, failed=9, other=4, cost=1000)
    found = figures(before, now)
    assert (found.seconds, found.in_flight, found.live_sessions) == (2.0, 3.0, 1.0)
    # 24 attempts, 4 of which took over from another one.
    assert (found.calls_per_second, found.errors_per_second, found.failovers_per_second) == (10.0, 2.0, 2.0)
    assert found.cost_per_hour_usd == pytest.approx(3.6)
    assert [found.p50_ms, found.p95_ms] == pytest.approx([50.0, 95.0])
    one, two, three = found.lines
    assert (one.model, one.calls_per_second, one.error_rate, one.breaker) == ("one", 10.0, 0.2, "closed")
    assert (two.model, two.calls_per_second, two.failovers_per_second, two.breaker) == ("two", 2.0, 2.0, "open")
    assert (three.provider, three.calls_per_second, three.error_rate, three.p50_ms) == ("umbra", 0.0, None, None)
    # A vendor's money stands beside its busiest model.
    assert one.cost_per_hour_usd == pytest.approx(3.6)
    assert two.cost_per_hour_usd is None
    assert three.cost_per_hour_usd == 0.0


def test_metrics_that_are_missing_make_figures_that_are() -> None:
    before = _scrape(0.0, ATTEMPTS, served=0, failed=0, other=0)
    now = _scrape(1.0, ATTEMPTS, served=3, failed=1, other=0)
    found = figures(before, now)
    assert found.calls_per_second == 4.0
    missing = (found.failovers_per_second, found.in_flight, found.live_sessions, found.p50_ms, found.cost_per_hour_usd)
    assert missing == (None,) * 5
    line = found.lines[0]
    assert (line.breaker, line.failovers_per_second, line.cost_per_hour_usd) == (None, None, None)


def test_a_metric_without_a_count_yet_is_not_missing() -> None:
    found = figures(_scrape(0.0, "# TYPE speko_failovers counter\n"), _scrape(1.0, "# TYPE speko_failovers counter\n"))
    assert (found.failovers_per_second, found.lines) == (0.0, ())


def test_counters_of_a_gateway_that_was_started_anew_begin_at_zero() -> None:
    before = _scrape(0.0, ATTEMPTS, served=1000, failed=50, other=0)
    now = _scrape(1.0, ATTEMPTS, served=4, failed=1, other=0)
    assert figures(before, now).calls_per_second == 5.0


def test_the_document_is_plain_json() -> None:
    before = _scrape(0.0, ATTEMPTS, served=0, failed=0, other=0)
    document = figures(before, _scrape(1.0, ATTEMPTS, served=3, failed=1, other=0)).document
    assert document["callsPerSecond"] == 4.0
    assert document["lines"][0]["errorsPerSecond"] == 1.0


@pytest.mark.parametrize(
    ("buckets", "half"),
    [
        ({}, None),
        ({0.1: 0.0, math.inf: 0.0}, None),
        ({0.1: 10.0, 1.0: 10.0, math.inf: 10.0}, 0.05),
        ({0.1: 0.0, 1.0: 4.0, math.inf: 4.0}, 0.55),
        ({0.1: 1.0, 1.0: 1.0, math.inf: 9.0}, 1.0),  # beyond the last bound
    ],
)
def test_the_median_of_a_histogram(buckets: dict[float, float], half: float | None) -> None:
    assert quantile(0.5, buckets) == (None if half is None else pytest.approx(half))


@given(st.lists(st.floats(0.0, 20.0), min_size=1), st.floats(0.01, 1.0))
def test_a_quantile_lies_in_the_bucket_of_the_true_one(values: list[float], part: float) -> None:
    bounds = [0.5, 1.0, 5.0, 20.0, math.inf]
    buckets = {bound: float(sum(value <= bound for value in values)) for bound in bounds}
    found = quantile(part, buckets)
    assert found is not None
    true = sorted(values)[max(0, math.ceil(part * len(values) - 1e-9) - 1)]
    upper = next(bound for bound in bounds if true <= bound)
    lower = max([0.0, *[bound for bound in bounds if bound < upper]])
    assert lower - 1e-9 <= found <= upper + 1e-9
