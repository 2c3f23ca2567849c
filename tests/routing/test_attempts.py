"""The failover logic: no network, no sleep, a clock that the test holds."""

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
from speko.routing.attempts import Attempts, Candidate, Deadlines
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
