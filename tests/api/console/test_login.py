"""Logging in to the console and out, over a socket."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest

from speko.api.console.console import Console
from speko.api.gateway import Gateway
from speko.storage.database import Database
from speko.storage.errors import StorageError
from speko.version import __version__
from tests.api.console.browser import CSRF, browsing, token_of
from tests.api.running import Running, running
from tests.api.vendors import Scripted, registry_of
from tests.console.build import make_build

PROBE = "/v1/organization"


def served(tmp_path: Path, **settings: Any) -> Any:
    """A gateway with a build; on the same folders when it is started again."""
    build = tmp_path / "static"
    if not build.exists():
        make_build(build)
    return running(tmp_path / "data", registry_of(Scripted("alpha")), console_files=build, **settings)


def console_of(gateway: Gateway) -> Console:
    assert gateway.console is not None
    return gateway.console


async def test_the_link_logs_in_once(tmp_path: Path) -> None:
    async with served(tmp_path) as gateway, browsing(gateway) as first, browsing(gateway) as second:
        token = token_of(gateway)
        answer = await first.log_in(token=token)
        organization = await gateway.gateway.store.default_organization()
        body = answer.json()
        assert answer.status_code == 200
        assert body["organization"] == {"id": organization.id, "name": organization.name}
        assert body["version"] == __version__
        left = datetime.fromisoformat(body["expiresAt"]) - datetime.now(UTC)
        assert timedelta(hours=11, minutes=59) < left <= timedelta(hours=12)
        assert await first.status(PROBE) == 200
        again = await second.log_in(token=token)
        assert (again.status_code, again.json()["code"]) == (401, "UNAUTHORIZED")
        assert token not in again.text
        assert await second.status(PROBE) == 401


async def test_the_cookie_has_all_its_guards(tmp_path: Path) -> None:
    async with served(tmp_path) as gateway, browsing(gateway) as page:
        answer = await page.log_in_by_link()
        [header] = answer.headers.get_list("set-cookie")
        [(name, morsel)] = SimpleCookie(header).items()
        assert name == f"speko_console_{gateway.url.rpartition(':')[2]}"
        assert morsel["httponly"] is True
        assert (morsel["samesite"].lower(), morsel["path"], morsel["max-age"]) == ("strict", "/", "43200")
        assert morsel["domain"] == ""
        assert not morsel["secure"], "plain http would not send it back"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("settings", "headers", "name", "secure"),
    [
        ({"trusted_proxies": ("127.0.0.0/8",)}, {"x-forwarded-proto": "https", "host": "v.example"}, "443", True),
        ({"trusted_proxies": ("10.0.0.0/8",)}, {"x-forwarded-proto": "https", "host": "v.example"}, "80", False),
        ({"public_url": "https://v.example:444"}, {"host": "v.example:444"}, "444", True),
        ({"public_url": "https://v.example"}, {"host": "127.0.0.1:8787"}, "8787", False),
        ({}, {"host": "[::1]:8787"}, "8787", False),
        ({}, {"host": "[::1]"}, "80", False),
    ],
)
async def test_the_cookie_is_for_where_the_browser_is(
    tmp_path: Path, settings: dict[str, Any], headers: dict[str, str], name: str, secure: bool
) -> None:
    async with served(tmp_path, **settings) as gateway, browsing(gateway) as page:
        page.client.headers.update(headers)
        answer = await page.log_in(apiKey=gateway.key)
        assert answer.headers["set-cookie"].startswith(f"speko_console_{name}=")
        assert ("; Secure" in answer.headers["set-cookie"]) is secure


@pytest.mark.parametrize("token", ["", "x", "\ud800".encode("utf-8", "replace").decode(), "é" * 9, "x" * 100_000])
async def test_a_wrong_token_uses_nothing_up(tmp_path: Path, token: str) -> None:
    async with served(tmp_path) as gateway, browsing(gateway) as page:
        assert (await page.log_in(token=token)).status_code == 401
        assert (await page.log_in_by_link()).status_code == 200


@pytest.mark.parametrize("key", ["", "x", "sk_live_" + "0" * 48, "é"])
async def test_a_wrong_key(tmp_path: Path, key: str) -> None:
    async with served(tmp_path) as gateway, browsing(gateway) as page:
        answer = await page.log_in(apiKey=key)
        assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"{}", b'{"token": 1}', b'{"token": "a", "apiKey": "b"}', b'{"token": null}', b"\xff"]
)
async def test_what_is_no_login(tmp_path: Path, body: bytes) -> None:
    async with served(tmp_path) as gateway, browsing(gateway) as page:
        answer = await page.client.post("/console/login", content=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")


async def test_a_page_that_was_loaded_anew_learns_its_token(tmp_path: Path) -> None:
    async with served(tmp_path) as gateway, browsing(gateway) as page:
        answer = await page.client.get("/console/session")
        assert (answer.status_code, answer.content) == (204, b"")
        login = await page.log_in(apiKey=f" {gateway.key}\n")
        del page.client.headers[CSRF]
        answer = await page.client.get("/console/session")
        assert (answer.status_code, answer.json()) == (200, login.json())
        assert answer.headers["cache-control"] == "no-store"
        assert "set-cookie" not in answer.headers


async def test_logout(tmp_path: Path) -> None:
    async with served(tmp_path) as gateway, browsing(gateway) as page, browsing(gateway) as thief:
        await page.log_in_by_link()
        thief.client.cookies.update(page.client.cookies)
        thief.client.headers[CSRF] = page.client.headers[CSRF]
        assert await thief.status(PROBE) == 200
        assert await page.status("/console/logout", "POST", headers={CSRF: "wrong"}) == 401
        assert await page.status(PROBE) == 200
        answer = await page.client.post("/console/logout")
        assert (answer.status_code, answer.content) == (204, b"")
        assert not page.client.cookies
        assert await page.status(PROBE) == 401
        assert await thief.status(PROBE) == 401
        assert await thief.status("/console/session") == 204
        _, value = thief.cookie
        csrf = thief.client.headers[CSRF]
    async with served(tmp_path) as gateway, browsing(gateway) as page:
        assert await page.status(PROBE, headers=cookie(gateway, value, csrf)) == 401, "also after a restart"


async def test_without_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @asynccontextmanager
    async def nobody(_: Database) -> AsyncIterator[None]:
        raise StorageError("secret words of the database")
        yield

    async with served(tmp_path) as gateway, browsing(gateway) as page, browsing(gateway) as other:
        await page.log_in(apiKey=gateway.key)
        with monkeypatch.context() as patched:
            patched.setattr(Database, "write", nobody)
            answers = (await other.log_in(token=token_of(gateway)), await page.client.post("/console/logout"))
        for answer in answers:
            assert (answer.status_code, answer.json()["code"]) == (503, "DATABASE_UNAVAILABLE")
            assert answer.headers["retry-after"] == "5"
            assert "secret" not in answer.text
        assert (await other.log_in(token=token_of(gateway))).status_code == 200, "the link was not used up"


async def test_a_link_logs_one_of_many_in(tmp_path: Path) -> None:
    async with served(tmp_path) as gateway, browsing(gateway) as page:
        token = token_of(gateway)
        answers = await asyncio.gather(*(page.log_in(token=token) for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7


async def test_a_key_takes_its_sessions_with_it(tmp_path: Path) -> None:
    async with served(tmp_path) as gateway, browsing(gateway) as by_key, browsing(gateway) as by_link:
        store = gateway.gateway.store
        organization = await store.default_organization()
        key, secret = await store.create_api_key(organization.id, "console")
        await by_key.log_in(apiKey=secret)
        await by_link.log_in_by_link()
        assert await by_key.status(PROBE) == await by_link.status(PROBE) == 200
        await store.revoke_api_key(organization.id, key.id)
        assert (await by_key.status(PROBE), await by_key.status("/console/session")) == (401, 204)
        assert await by_link.status(PROBE) == 200


async def test_a_key_is_used_by_the_login_and_not_by_the_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(tmp_path) as gateway, browsing(gateway) as page:
        directory = gateway.gateway.store.directory
        touched: list[str] = []
        monkeypatch.setattr(directory, "touched", touched.append)
        await page.log_in(apiKey=gateway.key)
        key = directory.authenticate(gateway.key)
        assert key is not None
        assert touched == [key.id]
        assert await page.status(PROBE) == 200
        assert touched == [key.id]


async def test_a_session_ends_after_twelve_hours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with served(tmp_path) as gateway, browsing(gateway) as page:
        await page.log_in_by_link()
        now, sessions = datetime.now(UTC), console_of(gateway.gateway).sessions
        monkeypatch.setattr(sessions, "_now", lambda: now + timedelta(hours=11, minutes=59))
        assert await page.status(PROBE) == 200
        monkeypatch.setattr(sessions, "_now", lambda: now + timedelta(hours=12, seconds=1))
        assert (await page.status(PROBE), await page.status("/console/session")) == (401, 204)


async def test_another_gateway_knows_neither_cookie_nor_link(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    async with served(one) as gateway, served(two) as other, browsing(gateway) as page, browsing(other) as stranger:
        token = token_of(gateway)
        assert (await stranger.log_in(token=token)).status_code == 401
        await page.log_in(token=token)
        _, value = page.cookie
        assert await stranger.status(PROBE, headers=cookie(other, value, page.client.headers[CSRF])) == 401
        # At the same gateway, under the name of another port: it is not even looked at.
        assert await stranger.status(PROBE, headers=cookie(gateway, value, page.client.headers[CSRF])) == 401


async def test_a_restart_ends_the_link_and_no_session(tmp_path: Path) -> None:
    async with served(tmp_path) as gateway, browsing(gateway) as page:
        unused = token_of(gateway)
        await page.log_in(apiKey=gateway.key)
        _, value = page.cookie
        csrf = page.client.headers[CSRF]
    async with served(tmp_path) as gateway, browsing(gateway) as page:
        assert (await page.log_in(token=unused)).status_code == 401
        assert await page.status(PROBE, headers=cookie(gateway, value, csrf)) == 200


def cookie(gateway: Running, value: str, csrf: str) -> dict[str, str]:
    """Headers of a request with this cookie, under the name that counts there."""
    return {"cookie": f"speko_console_{gateway.url.rpartition(':')[2]}={value}", CSRF: csrf}


async def test_nothing_of_it_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with served(tmp_path) as gateway, browsing(gateway) as page:
        token = token_of(gateway)
        await page.log_in(token="wrong-token-of-a-test")
        await page.log_in(token=token)
        csrf, (_, value) = page.client.headers[CSRF], page.cookie
        await page.status(PROBE)
        await page.status("/console/logout", "POST")
        # What the client of the test says of its own requests is no log of ours.
        logged = "\n".join(str(vars(r)) for r in caplog.records if not r.name.startswith(("httpx", "httpcore")))
    for secret in ("wrong-token-of-a-test", token, csrf, value):
        assert secret not in logged
