"""The failover logic: no network, no sleep, a clock that the test holds."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from speko.providers.errors import (
    Blame,
    CallerError,
    ConnectFailed,
    ConnectionLost,
    CredentialRejected,
    DeadlineExceeded,
    EmptyResult,
    MalformedResponse,
    ModelNotFound,
    ProviderError,
    ProviderUnavailable,
    QuotaExceeded,
    RateLimited,
    TruncatedResponse,
    Unsupported,
)
from speko.routing.attempts import Attempt, Attempts, Candidate, Deadlines
from speko.routing.health import Health
from tests.routing.chains import candidate

ERRORS: list[ProviderError] = [
    CallerError("x"),
    ConnectFailed("x"),
    ConnectionLost("x"),
    CredentialRejected("x"),
    DeadlineExceeded("x", stage="first_byte"),
    EmptyResult("x"),
    MalformedResponse("x"),
    ModelNotFound("x"),
    ProviderUnavailable("x"),
    QuotaExceeded("x"),
    RateLimited("x", retry_after=5),
    TruncatedResponse("x"),
    Unsupported("x"),
]


def chain(*names: str, modality: str = "llm", health: Health | None = None, **deadlines: float) -> Attempts:
    candidates = [candidate(name, modality) for name in names]  # type: ignore[arg-type]
    return Attempts(candidates, health or Health(), Deadlines(**deadlines), started=0.0)


def tried(attempts: Attempts, *errors: ProviderError, now: float = 0.0) -> list[str]:
    """Names of the candidates in the order in which they are tried when they fail with `errors` (the last repeats)."""
    names = []
    while attempt := attempts.next(now):
        names.append(f"{attempt.candidate.provider}/{attempt.candidate.model}")
        attempts.failed(attempt, errors[min(len(names), len(errors)) - 1], now)
    return names


def test_each_candidate_is_tried_once_in_order() -> None:
    attempts = chain("a/1", "b/1", "a/2")
    assert tried(attempts, ModelNotFound("x")) == ["a/1", "b/1", "a/2"]
    assert [f.candidate.provider for f in attempts.failures] == ["a", "b", "a"]


def test_a_vendor_in_trouble_moves_to_the_end() -> None:
    assert tried(chain("a/1", "a/2", "b/1", "c/1"), ConnectFailed("x"), ModelNotFound("x")) == [
        "a/1",
        "b/1",
        "c/1",
        "a/2",
    ]


def test_a_rejected_key_skips_the_vendors_other_models() -> None:
    assert tried(chain("a/1", "a/2", "b/1"), CredentialRejected("x"), ModelNotFound("x")) == ["a/1", "b/1"]


def test_the_callers_own_fault_ends_the_call() -> None:
    attempts = chain("a/1", "b/1")
    assert tried(attempts, CallerError("too long", status=400)) == ["a/1"]
    assert attempts.caller_error is not None
    assert attempts.failures == []


def test_silence_gets_one_second_opinion() -> None:
    attempts = chain("a/1", "b/1", "c/1", modality="stt")
    assert tried(attempts, EmptyResult("x")) == ["a/1", "b/1"]
    assert attempts.silent is not None
    assert attempts.silent.provider == "b"


def test_an_error_after_silence_is_not_a_reason_to_ask_everybody() -> None:
    attempts = chain("a/1", "b/1", "c/1", modality="stt")
    assert tried(attempts, EmptyResult("x"), ConnectFailed("x")) == ["a/1", "b/1"]
    assert attempts.silent is not None
    assert attempts.silent.provider == "a"


def test_empty_answers_of_models_and_voices_are_plain_failures() -> None:
    assert tried(chain("a/1", "b/1", "c/1"), EmptyResult("x")) == ["a/1", "b/1", "c/1"]


def test_nobody_gets_more_than_half_of_what_is_left() -> None:
    attempts = chain("a/1", "b/1", "c/1", "d/1")
    now = 0.0
    windows = []
    while attempt := attempts.next(now):
        windows.append(round(attempt.first_byte_by - now, 3))
        now = attempt.first_byte_by
        attempts.failed(attempt, DeadlineExceeded("x", stage="first_byte"), now)
    assert windows == [8.0, 8.0, 4.5, 4.5]
    assert now <= 25.0


def test_the_last_candidate_may_use_all_that_is_left() -> None:
    attempt = chain("a/1", first_byte=8.0, budget=6.0).next(0.0)
    assert attempt is not None
    assert attempt.first_byte_by == 6.0


def test_nothing_is_tried_when_the_budget_is_gone() -> None:
    assert chain("a/1").next(25.0) is None


def test_audio_lengthens_the_first_byte_but_not_the_budget_under_a_minute() -> None:
    short = Deadlines().for_audio(40)
    assert (short.first_byte, short.budget, short.total) == (18.0, 25.0, 120.0)
    long = Deadlines().for_audio(600)
    assert (long.first_byte, long.budget, long.total) == (158.0, 295.0, 390.0)


def test_an_open_breaker_moves_its_candidate_to_the_end() -> None:
    health = Health(threshold=1)
    health.failed("a", "1", "platform", ConnectFailed("x"), began=0, now=0)
    assert tried(chain("a/1", "b/1", health=health), ModelNotFound("x")) == ["b/1", "a/1"]


def test_with_every_breaker_open_the_order_stays() -> None:
    health = Health(threshold=1)
    for vendor in "abc":
        health.failed(vendor, "1", "platform", ConnectFailed("x"), began=0, now=0)
    assert tried(chain("a/1", "b/1", "c/1", health=health), ModelNotFound("x")) == ["a/1", "b/1", "c/1"]


def test_a_first_byte_alone_does_not_close_the_breaker() -> None:
    health = Health(threshold=2)
    for _ in range(2):
        attempts = chain("a/1", health=health)
        attempt = attempts.next(0.0)
        assert attempt is not None
        attempts.broke(attempt, DeadlineExceeded("x", stage="gap"), 0.0)
    assert health.state("a", "1", 0.0) == "open"


NAMES = st.lists(st.sampled_from(["a/1", "a/2", "b/1", "b/2", "c/1", "d/1"]), unique=True, max_size=6)


@given(names=NAMES, outcomes=st.lists(st.sampled_from(ERRORS), min_size=6, max_size=6), steps=st.lists(st.floats(0, 9)))
def test_invariants(names: list[str], outcomes: list[ProviderError], steps: list[float]) -> None:
    attempts = chain(*names, modality="stt")
    now, seen = 0.0, list[Candidate]()
    empties = 0
    while attempt := attempts.next(now):
        assert attempt.candidate not in seen, "each candidate at most once"
        assert attempt.position == len(seen)
        assert now < attempt.first_byte_by <= 25.0, "all within the budget"
        assert attempts.caller_error is None
        assert empties < 2
        for before, error in zip(seen, outcomes, strict=False):
            if error.blame is Blame.CREDENTIAL:
                assert attempt.candidate.provider != before.provider
        error = outcomes[len(seen)]
        seen.append(attempt.candidate)
        empties += isinstance(error, EmptyResult)
        now += min(steps[len(seen) % len(steps)] if steps else 0.0, attempt.first_byte_by - now)
        attempts.failed(attempt, error, now)
    assert len(attempts.failures) + (attempts.caller_error is not None) == len(seen)


def test_a_deadline_that_the_budget_cut_short_says_nothing_about_the_candidate() -> None:
    health = Health(threshold=1)
    attempts = chain("a/1", "b/1", health=health, first_byte=8.0, budget=6.0)
    attempt = attempts.next(0.0)
    assert attempt is not None
    assert attempt.cut_short
    attempts.failed(attempt, DeadlineExceeded("x", stage="first_byte"), 3.0)
    assert health.state("a", "1", 3.0) == "closed"
    assert len(attempts.failures) == 1


def test_our_own_total_says_nothing_about_the_candidate() -> None:
    health = Health(threshold=1)
    attempts = chain("a/1", health=health)
    attempt = attempts.next(0.0)
    assert attempt is not None
    attempts.broke(attempt, DeadlineExceeded("x", stage="total"), 120.0)
    assert health.state("a", "1", 120.0) == "closed"


def test_the_total_bounds_the_budget() -> None:
    attempt = chain("a/1", total=4.0).next(0.0)
    assert attempt is not None
    assert attempt.first_byte_by == 4.0


def test_one_call_causes_a_bounded_number_of_vendor_calls() -> None:
    assert len(tried(chain(*[f"v{i}/m" for i in range(100)]), ModelNotFound("x"))) == 16


# A second candidate beside the first.


def first(attempts: Attempts, now: float = 0.0) -> Attempt:
    attempt = attempts.next(now)
    assert attempt is not None
    return attempt


def hedged(attempts: Attempts, now: float = 1.0) -> str | None:
    """Who is asked beside the one that is being tried."""
    attempt = attempts.hedge(now)
    return f"{attempt.candidate.provider}/{attempt.candidate.model}" if attempt else None


def test_the_runner_up_of_another_vendor_is_asked_beside_the_first_and_nobody_beside_the_two() -> None:
    attempts = chain("a/1", "a/2", "b/1", "c/1")
    first(attempts)
    assert hedged(attempts) == "b/1"
    assert hedged(attempts) is None
    assert len(attempts.trying) == 2


def test_there_is_no_hedge_before_the_first_and_none_without_another_vendor() -> None:
    assert hedged(chain("a/1", "b/1")) is None
    attempts = chain("a/1", "a/2")
    first(attempts)
    assert hedged(attempts) is None


def test_a_hedge_takes_no_probe_and_asks_no_vendor_in_trouble() -> None:
    health = Health(threshold=1, open_for=5.0)
    health.failed("b", "1", "platform", ConnectFailed("x"), began=0, now=0)
    health.failed("c", "1", "platform", RateLimited("x"), began=0, now=0)
    attempts = chain("a/1", "b/1", "c/1", health=health)
    first(attempts)
    assert hedged(attempts, now=1.0) is None, "open"
    assert health.state("b", "1", 6.0) == "half_open"
    assert hedged(attempts, now=6.0) is None, "half open"
    assert health.allows("b", "1", "platform", 6.0), "the probe is still to be had"


def test_an_embedded_engine_races_nobody() -> None:
    attempts = chain("a/1")
    attempts._pending.append(replace(candidate("espeak/1"), embedded=True))
    first(attempts)
    assert hedged(attempts) is None


def test_no_hedge_beyond_the_budget() -> None:
    attempts = chain("a/1", "b/1", budget=6.0)
    first(attempts)
    assert hedged(attempts, now=5.6) is None


def test_the_hedge_has_a_window_of_its_own_within_the_budget() -> None:
    attempts = chain("a/1", "b/1", budget=6.0)
    assert first(attempts).first_byte_by == 3.0
    hedge = attempts.hedge(1.0)
    assert hedge is not None
    assert (hedge.position, hedge.first_byte_by, hedge.cut_short) == (1, 6.0, True)


def test_when_both_fail_the_next_is_asked() -> None:
    attempts = chain("a/1", "b/1", "c/1")
    one = first(attempts)
    two = attempts.hedge(1.0)
    assert two is not None
    attempts.failed(one, ConnectFailed("x"), 2.0)
    attempts.failed(two, ConnectFailed("x"), 2.0)
    assert first(attempts, 2.0).candidate.provider == "c"
    assert len(attempts.failures) == 2


def test_a_second_opinion_on_silence_may_be_on_its_way_already() -> None:
    attempts = chain("a/1", "b/1", "c/1", modality="stt")
    one = first(attempts)
    two = attempts.hedge(1.0)
    assert two is not None
    attempts.failed(one, EmptyResult("x"), 2.0)
    attempts.failed(two, EmptyResult("x"), 2.0)
    assert attempts.next(2.0) is None
    assert attempts.silent is two.candidate


def test_the_loser_is_neither_a_failure_nor_bad_for_its_health() -> None:
    health = Health(threshold=1, open_for=5.0)
    health.failed("a", "1", "platform", ConnectFailed("x"), began=0, now=0)
    attempts = chain("a/1", "b/1", health=health)
    probe = first(attempts, 6.0)
    assert probe.candidate.provider == "a"
    two = attempts.hedge(7.0)
    assert two is not None
    attempts.cancelled(probe)
    attempts.succeeded(two)
    assert attempts.failures == []
    assert health.allows("a", "1", "platform", 7.0), "a cancelled probe makes room for the next"


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["fail", "serve", "hedge", "cancel"]),
        st.integers(0, 1),
        st.sampled_from(ERRORS),
        st.floats(0, 3),
    ),
    max_size=30,
)


@given(names=NAMES, steps=STEPS)
def test_invariants_of_races(names: list[str], steps: list[tuple[str, int, ProviderError, float]]) -> None:
    """Any interleaving: at most one serves, every started attempt is reported once, at most two are under way."""
    attempts, now = chain(*names, modality="stt"), 0.0
    started: list[Candidate] = []
    reported: list[Candidate] = []
    served = 0

    def asked(attempt: Attempt | None) -> None:
        if attempt is not None:
            assert attempt.position == len(started)
            assert attempt.candidate not in started
            assert now < attempt.first_byte_by <= 25.0
            started.append(attempt.candidate)
            vendors = [a.candidate.provider for a in attempts.trying]
            assert len(vendors) == len(set(vendors)) <= 2

    for kind, which, error, seconds in steps:
        if served or attempts.caller_error:
            break
        if not attempts.trying:
            asked(attempts.next(now))
        if not attempts.trying:
            break
        now += seconds
        attempt = attempts.trying[which % len(attempts.trying)]
        if kind == "hedge":
            asked(attempts.hedge(now))
            continue
        reported.append(attempt.candidate)
        if kind == "fail":
            attempts.failed(attempt, error, now)
        elif kind == "serve":
            attempts.succeeded(attempt)
            served += 1
        else:
            attempts.cancelled(attempt)
    for attempt in [*attempts.trying]:
        reported.append(attempt.candidate)
        attempts.cancelled(attempt)
    assert sorted(c.provider + c.model for c in reported) == sorted(c.provider + c.model for c in started)
    assert attempts.trying == []
    assert len(attempts.failures) <= len(started)
