"""Who may be called, and with what: the whole table of the contract (routing 7)."""

from collections.abc import Iterator
from typing import Any

import pytest

from speko.providers.catalogue import Vendor
from speko.providers.errors import CredentialRejected, Forbidden, ProviderError
from speko.providers.registry import Registration
from speko.routing.access import Access, EmbeddedMode, PlatformAccess, access
from speko.routing.attempts import Attempts, Deadlines
from speko.routing.health import Health
from speko.routing.router import Chain
from tests.routing.routers import NOTHING, Own, Setup, chain
from tests.routing.scores import row, snapshot

DEFAULT_URL = "https://vendor.example/v1"
OWN = Own("byok_1", "own-secret")
PLATFORM = PlatformAccess(api_key="platform-secret")


def made(runtime: Any) -> Any:
    """A connector."""


def vendor(**given: Any) -> Registration:
    """A vendor of recordings alone."""
    settings = {"id": "v", "name": "Vendor", "key_env": "V_API_KEY", "base_url_env": "V_BASE_URL", **given}
    return Registration(Vendor(**settings), stt=made)


def engine(missing: str | None = None) -> Registration:
    described = Vendor(id="e", name="Engine", needs="program", embedded=True)
    return Registration(described, stt=made, missing=lambda: missing)


def ask(
    registration: Registration | None,
    own_key: Own | None = None,
    platform: PlatformAccess = NOTHING,
    embedded: EmbeddedMode = "auto",
) -> Access:
    return access(registration, "stt", own_key, platform, embedded)


def used(found: Access) -> tuple[str | None, str | None, str, str]:
    """Key, base URL, whose it is, and its id."""
    assert found.credential is not None
    assert found.usable
    assert found.reason is None
    return (found.credential.api_key, found.credential.base_url, found.credential.source, found.credential_id)


# A vendor with keys.


def test_an_own_key_is_used() -> None:
    assert used(ask(vendor(base_url=DEFAULT_URL), OWN)) == ("own-secret", DEFAULT_URL, "BYOK", "byok_1")


def test_an_own_key_goes_before_the_platforms() -> None:
    found = ask(vendor(base_url=DEFAULT_URL), OWN, PLATFORM)
    assert used(found) == ("own-secret", DEFAULT_URL, "BYOK", "byok_1")


def test_without_an_own_key_the_platforms_is_used() -> None:
    found = ask(vendor(base_url=DEFAULT_URL), None, PLATFORM)
    assert used(found) == ("platform-secret", DEFAULT_URL, "MANAGED", "platform")


def test_the_platforms_base_url_goes_before_the_catalogues() -> None:
    proxied = PlatformAccess("platform-secret", "http://proxy/v1")
    assert used(ask(vendor(base_url=DEFAULT_URL), None, proxied))[1] == "http://proxy/v1"
    assert used(ask(vendor(base_url=DEFAULT_URL), OWN, proxied))[1] == "http://proxy/v1"


@pytest.mark.parametrize("own_key", [OWN, None])
def test_a_vendor_whose_connector_knows_its_address_needs_the_key_alone(own_key: Own | None) -> None:
    assert used(ask(vendor(), own_key, PLATFORM))[1] is None


@pytest.mark.parametrize("key_env", ["V_API_KEY", None])
def test_neither(key_env: str | None) -> None:
    found = ask(vendor(base_url=DEFAULT_URL, key_env=key_env))
    assert (found.usable, found.reason) == (False, "NO_CREDENTIAL")
    assert (key_env or "[providers.v]") in (found.hint or "")
    assert "speko providers set-key v" in (found.hint or "")


def test_a_base_url_alone_is_no_credential() -> None:
    assert ask(vendor(), None, PlatformAccess(base_url="http://x")).reason == "NO_CREDENTIAL"


# A local server.


def test_a_local_server_needs_a_configured_base_url() -> None:
    found = ask(vendor(needs="url"), None, PlatformAccess(base_url="http://127.0.0.1:11434/v1"))
    assert used(found) == (None, "http://127.0.0.1:11434/v1", "MANAGED", "platform")


@pytest.mark.parametrize("own_key", [OWN, None])
@pytest.mark.parametrize("platform", [NOTHING, PLATFORM])
def test_a_local_server_without_one(own_key: Own | None, platform: PlatformAccess) -> None:
    found = ask(vendor(needs="url"), own_key, platform)
    assert (found.usable, found.reason) == (False, "NO_BASE_URL")
    assert "V_BASE_URL" in (found.hint or "")
    assert "set-key" not in (found.hint or ""), "a key would not help"


def test_a_local_server_may_want_a_key_too() -> None:
    platform = PlatformAccess("platform-secret", "http://local/v1")
    assert used(ask(vendor(needs="url"), None, platform))[0] == "platform-secret"
    assert used(ask(vendor(needs="url"), OWN, platform)) == ("own-secret", "http://local/v1", "BYOK", "byok_1")


# An embedded engine.


@pytest.mark.parametrize("mode", ["auto", "always"])
def test_an_engine_needs_its_program_and_no_key(mode: EmbeddedMode) -> None:
    assert used(ask(engine(), OWN, PLATFORM, mode)) == (None, None, "MANAGED", "platform")


@pytest.mark.parametrize("mode", ["auto", "always"])
def test_an_engine_without_its_program(mode: EmbeddedMode) -> None:
    found = ask(engine("flite (Debian package flite)"), embedded=mode)
    assert (found.usable, found.reason) == (False, "NO_PROGRAM")
    assert "Debian package flite" in (found.hint or "")


def test_the_program_is_looked_for_at_each_need() -> None:
    answers: Iterator[str | None] = iter([None, "gone", None])
    described = Vendor(id="e", name="Engine", needs="program", embedded=True)
    registration = Registration(described, stt=made, missing=lambda: next(answers))
    assert [ask(registration).usable for _ in range(3)] == [True, False, True]


def test_engines_that_are_switched_off_are_not_even_looked_for() -> None:
    def look() -> str | None:
        raise AssertionError("looked for")

    described = Vendor(id="e", name="Engine", needs="program", embedded=True)
    found = ask(Registration(described, stt=made, missing=look), embedded="never")
    assert (found.usable, found.reason) == (False, "EMBEDDED_OFF")


def test_the_switch_is_about_engines_alone() -> None:
    assert ask(vendor(), None, PLATFORM, "never").usable


# No connector, no vendor.


@pytest.mark.parametrize("own_key", [OWN, None])
def test_a_vendor_without_a_connector_is_never_usable(own_key: Own | None) -> None:
    listed = Registration(Vendor(id="v", name="Vendor", base_url=DEFAULT_URL))
    found = ask(listed, own_key, PLATFORM)
    assert (found.usable, found.reason) == (False, "NO_CONNECTOR")
    assert "Vendor" in (found.hint or "")


def test_a_connector_counts_for_its_own_modality() -> None:
    assert access(vendor(), "tts", OWN, PLATFORM, "auto").reason == "NO_CONNECTOR"
    assert access(vendor(), "s2s", OWN, PLATFORM, "auto").reason == "NO_CONNECTOR"


def test_a_vendor_that_nobody_knows() -> None:
    found = ask(None, OWN, PLATFORM)
    assert (found.usable, found.reason) == (False, "UNKNOWN_PROVIDER")


# What a rejected key means for the chain.


def tried(found: Chain, error: ProviderError) -> list[tuple[str, str, str]]:
    """Vendor, model and whose key, of each attempt of a call in which all fail in the same way."""
    attempts = Attempts(found.candidates, Health(), Deadlines(), 0.0)
    asked: list[tuple[str, str, str]] = []
    while attempt := attempts.next(0.0):
        one = attempt.candidate
        asked.append((one.provider, one.model, one.credential.source))
        attempts.failed(attempt, error, 0.0)
    return asked


def test_a_rejected_own_key_is_neither_retried_nor_replaced_by_the_platforms() -> None:
    setup = Setup().vendor("a", models=("m1", "m2")).vendor("b")
    scored = snapshot(row("a:m1", 1, modality="tts"), row("a:m2", 2, modality="tts"), row("b", 3, modality="tts"))
    found = chain(setup.router(scored), own_keys={"a": OWN})
    assert tried(found, CredentialRejected("no")) == [("a", "m1", "BYOK"), ("b", "m", "MANAGED")]


def test_a_key_that_is_good_but_not_for_this_model_costs_that_model_alone() -> None:
    setup = Setup().vendor("a", models=("m1", "m2")).vendor("b")
    scored = snapshot(row("a:m1", 1, modality="tts"), row("a:m2", 2, modality="tts"), row("b", 3, modality="tts"))
    found = chain(setup.router(scored), own_keys={"a": OWN})
    assert tried(found, Forbidden("no")) == [("a", "m1", "BYOK"), ("a", "m2", "BYOK"), ("b", "m", "MANAGED")]


def test_secrets_do_not_show() -> None:
    assert "secret" not in repr(ask(vendor(), OWN, PLATFORM)) + repr(PLATFORM)


def test_a_key_that_cannot_be_decrypted_is_not_replaced_by_the_platforms() -> None:
    found = ask(vendor(base_url=DEFAULT_URL), Own("byok_1", None), PLATFORM)
    assert not found.usable
    assert found.reason == "KEY_UNREADABLE"
