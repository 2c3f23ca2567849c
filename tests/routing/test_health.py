"""Breakers, with a clock that the test holds."""

import pytest

from speko.providers.errors import ConnectFailed, CredentialRejected, ModelNotFound, ProviderUnavailable, RateLimited
from speko.routing.health import Breaker, Health


def test_opens_after_failures_in_a_row_and_lets_one_probe_through() -> None:
    breaker = Breaker(threshold=3, open_for=30)
    for _ in range(3):
        assert breaker.state(0) == "closed"
        breaker.failed(0, 0)
    assert breaker.state(29) == "open"
    assert not breaker.allows(29)
    assert breaker.state(30) == "half_open"
    assert breaker.allows(30)
    breaker.begin(30)
    assert not breaker.allows(31), "one probe at a time"
    breaker.succeeded(30)
    assert breaker.state(31) == "closed"


def test_a_failed_probe_opens_again() -> None:
    breaker = Breaker(threshold=1, open_for=30)
    breaker.failed(0, 0)
    breaker.begin(30)
    breaker.failed(30, 31)
    assert breaker.state(60) == "open"
    assert breaker.state(61) == "half_open"


def test_a_probe_whose_caller_left_makes_room_for_the_next() -> None:
    breaker = Breaker(threshold=1, open_for=30)
    breaker.failed(0, 0)
    breaker.begin(30)
    breaker.released(30)
    assert breaker.allows(30)


def test_a_success_in_between_starts_the_count_again() -> None:
    health = Health(threshold=2, open_for=30)
    health.failed("v", "m", "platform", ConnectFailed("x"), began=0, now=0)
    health.succeeded("v", "m", "platform", 0)
    health.failed("v", "m", "platform", ConnectFailed("x"), began=0, now=0)
    assert health.state("v", "m", 0) == "closed"
    health.failed("v", "m", "platform", ProviderUnavailable("x"), began=0, now=0)
    assert health.state("v", "m", 0) == "open"


def test_an_outage_is_everybodys_but_a_rate_limit_is_one_keys() -> None:
    health = Health(threshold=1, open_for=30)
    health.failed("v", "m", "byok_1", RateLimited("slow down", retry_after=7), began=0, now=0)
    assert not health.allows("v", "m", "byok_1", 6.9)
    assert health.allows("v", "m", "byok_1", 7)
    assert health.allows("v", "m", "platform", 0)
    health.failed("v", "m", "byok_1", ConnectFailed("x"), began=8, now=8)
    assert not health.allows("v", "m", "platform", 8)
    assert health.allows("v", "other", "platform", 8)


@pytest.mark.parametrize(("asked", "rested"), [(5.0, 5.0), (86400.0, 600.0)])
def test_retry_after_is_honoured_up_to_ten_minutes(asked: float, rested: float) -> None:
    health = Health(threshold=5, open_for=30)
    health.failed("v", "m", "platform", RateLimited("x", retry_after=asked), began=100, now=100)
    assert not health.allows("v", "m", "platform", 100 + rested - 0.01)
    assert health.allows("v", "m", "platform", 100 + rested)


def test_what_says_nothing_about_health_opens_nothing() -> None:
    health = Health(threshold=1, open_for=30)
    health.failed("v", "m", "platform", ModelNotFound("x"), began=0, now=0)
    assert health.allows("v", "m", "platform", 0)


def test_a_success_that_is_older_than_the_trouble_closes_nothing() -> None:
    health = Health(threshold=1, open_for=30)
    health.failed("v", "m", "platform", RateLimited("x", retry_after=60), began=10, now=11)
    health.succeeded("v", "m", "platform", 5)
    assert not health.allows("v", "m", "platform", 12)
    health.succeeded("v", "m", "platform", 71.5)
    assert health.allows("v", "m", "platform", 72)


def test_a_shorter_rest_does_not_shorten_a_longer_one() -> None:
    health = Health()
    health.failed("v", "m", "platform", RateLimited("x", retry_after=60), began=0, now=0)
    health.failed("v", "m", "platform", RateLimited("x", retry_after=1), began=0, now=1)
    assert not health.allows("v", "m", "platform", 59)


def test_an_old_call_that_is_cancelled_does_not_free_the_probe() -> None:
    breaker = Breaker(threshold=1, open_for=30)
    breaker.failed(0, 0)
    breaker.begin(30)
    breaker.released(-5)
    assert not breaker.allows(31)


def test_retry_after_of_an_overloaded_vendor_is_honoured() -> None:
    health = Health(threshold=5)
    health.failed("v", "m", "byok_1", ProviderUnavailable("x", status=503, retry_after=9), began=0, now=0)
    assert not health.allows("v", "m", "platform", 8)
    assert health.allows("v", "m", "platform", 9)


def test_a_bad_key_rests_after_some_tries_and_only_that_key() -> None:
    health = Health(threshold=2, open_for=30)
    for _ in range(2):
        health.failed("v", "m", "byok_1", CredentialRejected("x", status=401), began=0, now=0)
    assert not health.allows("v", "m", "byok_1", 1)
    assert health.allows("v", "m", "platform", 1)


def test_the_number_of_breakers_is_bounded() -> None:
    health = Health(threshold=1)
    for number in range(5000):
        health.failed("v", f"model-{number}", "platform", ConnectFailed("x"), began=0, now=0)
    assert len(health._breakers) <= 4096
    assert health.state("v", "model-4999", 1) == "open"


@pytest.mark.parametrize("credential", [None, "byok_1"])
def test_what_one_process_has_learnt_another_one_can_be_told(credential: str | None) -> None:
    here, there = Health(threshold=1, open_for=30), Health(threshold=5, open_for=30)
    error = ProviderUnavailable("x") if credential is None else CredentialRejected("x")
    assert here.rest_of("v", "m", credential, 0) == 0
    here.failed("v", "m", "byok_1", error, began=0, now=0)
    assert here.rest_of("v", "m", credential, 10) == 20
    assert here.rest_of("v", "m", "byok_1" if credential is None else None, 10) == 0
    there.rest("v", "m", credential, 20, now=1000)
    assert not there.allows("v", "m", "byok_1", 1019)
    assert there.allows("v", "m", "platform", 1000) == (credential is not None)
    assert there.allows("v", "m", "byok_1", 1020), "a probe"
    there.begin("v", "m", "byok_1", 1020)
    there.succeeded("v", "m", "byok_1", 1020)
    assert there.rest_of("v", "m", credential, 1020) == 0


def test_being_told_never_shortens_a_rest_and_is_bounded() -> None:
    health = Health(threshold=1, open_for=30)
    health.failed("v", "m", "platform", ConnectFailed("x"), began=0, now=0)
    health.rest("v", "m", None, 5, now=1)
    assert health.rest_of("v", "m", None, 1) == 29
    health.rest("v", "m", None, 1e9, now=1)
    assert health.rest_of("v", "m", None, 1) == 600
