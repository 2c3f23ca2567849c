"""What is usual: learned from enough calls, by size of the input, and not made smaller by the races it causes."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from speko.routing.usual_latency import UsualLatency
from tests.routing.chains import candidate

A = candidate("a/1")


def learned(samples: list[float], least: float = 0.25, size: float = 100) -> UsualLatency:
    usual = UsualLatency(least)
    for seconds in samples:
        usual.answered(A, size, seconds)
    return usual


def test_it_says_nothing_before_it_has_seen_enough() -> None:
    usual = learned([1.0] * 19)
    assert usual.patience(A, 100) is None
    usual.answered(A, 100, 1.0)
    assert usual.patience(A, 100) == 1.0


def test_the_95th_percentile_by_nearest_rank() -> None:
    assert learned([n / 100 for n in range(1, 101)]).p95(A, 100) == 0.95


def test_nobody_is_hurried_below_the_least() -> None:
    usual = learned([0.01] * 20, least=0.25)
    assert (usual.p95(A, 100), usual.patience(A, 100)) == (0.01, 0.25)


def test_inputs_of_different_length_are_different_calls() -> None:
    ears = candidate("a/1", "stt")
    usual = UsualLatency()
    for _ in range(20):
        usual.answered(ears, 2.0, 0.5)
        usual.answered(ears, 300.0, 30.0)
    assert usual.patience(ears, 3.0) == 0.5
    assert usual.patience(ears, 310.0) == 30.0
    assert usual.patience(ears, 60.0) is None, "nothing of this length was seen yet"


def test_models_and_vendors_are_told_apart() -> None:
    usual = learned([1.0] * 20)
    assert usual.patience(candidate("a/2"), 100) is None
    assert usual.patience(candidate("b/1"), 100) is None
    assert usual.patience(candidate("a/1", "tts"), 100) is None


def test_an_embedded_engine_is_never_slow() -> None:
    assert learned([1.0] * 20).patience(replace(A, embedded=True), 100) is None


def test_a_vendor_that_has_become_slower_is_soon_known_to_be() -> None:
    usual = learned([0.1] * 128)
    for _ in range(8):
        usual.answered(A, 100, 2.0)
    assert usual.p95(A, 100) == 2.0


def test_who_lost_a_race_counts_when_it_was_slow_by_then() -> None:
    usual = learned([1.0] * 20)
    usual.overtaken(A, 100, 0.2)
    assert usual.p95(A, 100) == 1.0
    for _ in range(2):
        usual.overtaken(A, 100, 3.0)
    assert usual.p95(A, 100) == 3.0


@given(st.lists(st.floats(0, 10), min_size=300, max_size=300))
def test_at_most_a_few_in_a_hundred_calls_are_hedged(seconds: list[float]) -> None:
    """Whatever a vendor's latency is: once the window is full, no more of it than its slowest twentieth is above what
    is usual, also while losers are cancelled."""
    usual = learned(seconds[:128], least=0.0)
    for took in seconds[128:]:
        patience = usual.patience(A, 100)
        assert patience is not None
        if took > patience:
            usual.overtaken(A, 100, patience + 0.01)
        else:
            usual.answered(A, 100, took)
        (seen,) = usual._seen.values()
        limit = usual.p95(A, 100)
        assert limit is not None
        assert sum(sample > limit for sample in seen) <= len(seen) * 0.05


@given(st.lists(st.tuples(st.text(max_size=3), st.floats(0, 1e9)), max_size=50))
def test_memory_is_bounded(calls: list[tuple[str, float]]) -> None:
    usual = UsualLatency()
    for number in range(1100):
        usual.answered(replace(A, model=str(number)), 0.0, 1.0)
    for model, size in calls:
        usual.answered(replace(A, model=model), size, 1.0)
    assert len(usual._seen) == 1024
