"""A gateway that serves while another process rotates the master key: sessions, logins and own keys go on."""

from pathlib import Path

import pytest

from speko.api.console.sessions import COOKIE_LABEL, CSRF_LABEL, ConsoleSessions
from speko.storage import rotation
from speko.storage.store import Store
from tests.api.running import Running, until
from tests.database import url_for
from tests.faults.callers import PINNED, Caller, create
from tests.faults.show import stage


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "ANNOUNCED_SECONDS", 0.0)


async def rotate(gateway: Running, folder: Path, *, drop: bool = False) -> None:
    """As `speko master-key` does it, and until the gateway knows."""
    other = await Store.open(url_for(folder), folder, None)
    await other.rotate_master_key()
    if drop:
        await other.drop_previous_master_keys()
    keys = other.derived_keys("purpose")()
    await other.close()

    async def known() -> bool:
        return gateway.gateway.store.derived_keys("purpose")() == keys

    await until(known)


async def test_what_was_signed_before_is_accepted_until_the_old_key_is_dropped(tmp_path: Path) -> None:
    async with stage(tmp_path) as show:
        gateway, store = show.gateway, show.gateway.gateway.store
        organization = await store.default_organization()
        await store.set_provider_key(organization.id, "openai", "sk-own-1")
        cookies, csrf = store.derived_keys(COOKIE_LABEL), store.derived_keys(CSRF_LABEL)
        logins = ConsoleSessions(cookies, csrf, store.sessions.now, lambda session_id: False)
        login, cookie = logins.start(organization.id, None)
        csrf_token = logins.csrf_token(login).encode()
        early, late = await create(gateway.client, **PINNED), await create(gateway.client, **PINNED)

        await rotate(gateway, tmp_path)
        caller = await Caller.join(early)
        await caller.until(lambda: bool(caller.of("ready")))
        await caller.leave()
        assert logins.read(cookie) == login
        assert logins.is_csrf_token(login, csrf_token)
        assert logins.csrf_token(login).encode() != csrf_token, "what is signed now is signed with the new key"
        assert store.directory.provider_keys(organization.id)["openai"].secret == "sk-own-1"
        assert store.warning is None

        await rotate(gateway, tmp_path, drop=True)
        caller = await Caller.join(late)
        await caller.until(lambda: bool(caller.frames))
        assert (caller.frames[0]["t"], caller.frames[0]["code"]) == ("error", "UNAUTHORIZED")
        assert logins.read(cookie) is None
        assert not logins.is_csrf_token(login, csrf_token)
        assert store.directory.provider_keys(organization.id)["openai"].secret == "sk-own-1"
        caller = await Caller.join(await create(gateway.client, **PINNED))
        await caller.until(lambda: bool(caller.of("ready")))
        await caller.leave()


async def test_a_crooked_csrf_token_is_no_token(tmp_path: Path) -> None:
    async with stage(tmp_path) as show:
        store = show.gateway.gateway.store
        keys = store.derived_keys(COOKIE_LABEL)
        logins = ConsoleSessions(keys, keys, store.sessions.now, lambda session_id: False)
        login, _ = logins.start("org", None)
        assert not any(logins.is_csrf_token(login, presented) for presented in (b"", b"\xff\xfe", b"a" * 43))
