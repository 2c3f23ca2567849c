"""What an agent process tells of its vendors, and what the gateway makes of it."""

import pytest

from speko.agent.reports import Failure, HealthReport, SessionHealth, SessionLedger, apply_health
from speko.providers import errors
from speko.providers.errors import (
    Busy,
    ConnectFailed,
    ConnectionLost,
    CredentialRejected,
    DeadlineExceeded,
    ProviderError,
    RateLimited,
)
from speko.routing.health import Health


def every_kind() -> list[type[ProviderError]]:
    return [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ProviderError)]


@pytest.mark.parametrize("kind", every_kind())
def test_every_error_survives_the_way(kind: type[ProviderError]) -> None:
    if issubclass(kind, DeadlineExceeded):
        error: ProviderError = kind("too slow", stage="gap")
    else:
        error = kind("down", status=503, retry_after=4.5)
    back = Failure.of(error).error()
    assert type(back) is kind
    assert {name: getattr(back, name) for name in vars(error)} == vars(error)


class Peculiar(ConnectionLost):
    """Of another package, made in its own way."""

    def __init__(self, words: int) -> None:
        super().__init__(f"gone after {words} words")


def test_an_error_of_another_package_is_told_by_what_it_refines() -> None:
    back = Failure.of(Peculiar(3)).error()
    assert type(back) is ConnectionLost
    assert back.message == "gone after 3 words"


def test_an_error_that_only_the_other_build_knows() -> None:
    back = Failure(cause="brand_new", message="what is this").error()
    assert type(back) is ProviderError
    assert back.message == "what is this"


def test_a_conversation_shares_the_breakers_of_its_process_and_tells_what_it_learns() -> None:
    told: list[HealthReport] = []
    shared = Health(threshold=1, open_for=30)
    here = SessionHealth(shared, told.append, clock=lambda: 12.0)
    here.failed("v", "m", "platform", ConnectFailed("x"), began=10, now=11)
    assert not shared.allows("v", "m", "key_1", 12)
    assert not SessionHealth(shared, told.append).allows("v", "m", "platform", 12)
    here.begin("v", "m", "platform", 41)
    here.succeeded("v", "m", "platform", 41)
    assert shared.allows("v", "m", "platform", 42)
    assert [(r.provider, r.model, r.credential_id, r.ago) for r in told] == [
        ("v", "m", "platform", 2.0),
        ("v", "m", "platform", 0.0),
    ]
    assert told[0].failure is not None
    assert told[1].failure is None


def test_what_says_nothing_about_a_vendor_is_not_told() -> None:
    told: list[HealthReport] = []
    here = SessionHealth(Health(), told.append)
    here.begin("v", "m", "platform", 0)
    here.failed("v", "m", "platform", Busy("full"), began=0, now=1)
    here.released("v", "m", "platform", 0)
    assert told == []


def test_the_gateways_breakers_learn() -> None:
    health = Health(threshold=1, open_for=30)
    down = HealthReport(provider="v", model="m", credential_id="key_1", ago=2, failure=Failure(cause="connect"))
    apply_health(health, down, now=100)
    assert not health.allows("v", "m", "platform", 129)
    well = HealthReport(provider="v", model="m", credential_id="key_1", ago=2)
    apply_health(health, well, now=101)
    assert health.state("v", "m", 102) == "open", "that call is older than the trouble"
    apply_health(health, well, now=133)
    assert health.state("v", "m", 133) == "closed"


@pytest.mark.parametrize("error", [RateLimited("x", retry_after=7), CredentialRejected("x", status=401)])
def test_what_is_one_credentials_stays_one_credentials(error: ProviderError) -> None:
    health = Health(threshold=1, open_for=7)
    told: list[HealthReport] = []
    SessionHealth(Health(), told.append, clock=lambda: 1.0).failed("v", "m", "key_1", error, began=1, now=1)
    apply_health(health, told[0], now=50)
    assert health.rest_of("v", "m", "key_1", 50) == 7
    assert health.allows("v", "m", "platform", 50)


def test_rows_are_told_as_they_are() -> None:
    told: list[object] = []
    ledger = SessionLedger(told.append)
    ledger.attempt("an attempt")  # type: ignore[arg-type]
    ledger.usage("usage")  # type: ignore[arg-type]
    assert told == ["an attempt", "usage"]
