"""What a session's cookie is good for: requests of the console's own page, and no others."""

from pathlib import Path
from typing import Any

import pytest

from tests.api.console.browser import CSRF, browsing
from tests.api.console.test_login import PROBE, served
from tests.api.running import running
from tests.api.sessions import speakers
from tests.console.build import make_build


async def test_a_cookie_alone_counts_for_nothing(tmp_path: Path) -> None:
    async with served(tmp_path) as gateway, browsing(gateway) as page, browsing(gateway) as other:
        await page.log_in_by_link()
        await other.log_in(apiKey=gateway.key)
        foreign, own = other.client.headers[CSRF], page.client.headers.pop(CSRF)
        calls = (("GET", PROBE), ("GET", "/v1/api-keys"), ("POST", "/v1/api-keys"), ("POST", "/console/logout"))
        for method, path in calls:
            for wrong in (None, b"", b"x", own[:-1].encode(), foreign.encode(), b"\xff"):
                headers = [] if wrong is None else [(CSRF.encode(), wrong)]
                answer = await page.client.request(method, path, headers=headers)
                assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")
        assert await page.status(PROBE, headers={CSRF: own}) == 200


async def test_a_token_alone_counts_for_nothing(tmp_path: Path) -> None:
    async with served(tmp_path) as gateway, browsing(gateway) as page:
        await page.log_in_by_link()
        page.client.cookies.clear()
        answer = await page.client.get(PROBE)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert "Missing API key" in answer.text


FOREIGN: tuple[dict[str, str], ...] = (
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "none"},
    {"sec-fetch-site": "nonsense"},
    {"origin": "null"},
    {"origin": "https://evil.example"},
    {"origin": "http://127.0.0.1"},
    {"origin": "http://127.0.0.1:1"},
    {"origin": "http://localhost:{port}"},
    {"origin": "http://127.0.0.1:{port}.evil.example"},
    {"origin": "ftp://127.0.0.1:{port}"},
    {"origin": ""},
    {"origin": "http://127.0.0.1:{port}", "sec-fetch-site": "same-site"},
)


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
async def test_another_origin_gets_nowhere(tmp_path: Path, headers: dict[str, str]) -> None:
    async with served(tmp_path) as gateway, browsing(gateway) as page:
        sent = {name: value.format(port=gateway.url.rpartition(":")[2]) for name, value in headers.items()}
        assert await page.status("/console/login", "POST", json={"apiKey": gateway.key}, headers=sent) == 401
        login = await page.log_in_by_link()
        assert login.status_code == 200, "the refused logins have not used it up"
        for method, path in (("GET", PROBE), ("GET", "/console/session"), ("POST", "/console/logout")):
            answer = await page.client.request(method, path, headers=sent)
            assert answer.status_code == 401, path
            assert login.json()["csrfToken"] not in answer.text
        # A key is a credential that no browser adds by itself.
        assert await page.status(PROBE, headers={**sent, "authorization": f"Bearer {gateway.key}"}) == 200


async def test_our_own_page_says_so(tmp_path: Path) -> None:
    async with served(tmp_path) as gateway, browsing(gateway) as page:
        own = {"origin": gateway.url, "sec-fetch-site": "same-origin"}
        page.client.headers.update(own)
        await page.log_in_by_link()
        for headers in (own, {"origin": gateway.url.upper().replace("HTTP", "http")}):
            assert await page.status(PROBE, headers=headers) == 200


async def test_a_proxy_with_a_name_of_its_own(tmp_path: Path) -> None:
    """The browser's Origin is the proxy's; Host may be ours. The public URL says that both are the same page."""
    async with served(tmp_path, public_url="https://voice.example/speko") as gateway, browsing(gateway) as page:
        page.client.headers["origin"] = "https://voice.example"
        assert (await page.log_in(apiKey=gateway.key)).status_code == 200
        assert await page.status(PROBE) == 200
        page.client.headers["origin"] = gateway.url
        assert await page.status(PROBE) == 200, "and it is still reached directly"
        page.client.headers["origin"] = "https://other.example"
        assert await page.status(PROBE) == 401


async def test_no_cors_where_the_session_is(tmp_path: Path) -> None:
    async with served(tmp_path) as gateway, browsing(gateway) as page:
        await page.log_in_by_link()
        origin = {"origin": "https://evil.example"}
        preflight = {**origin, "access-control-request-method": "POST", "access-control-request-headers": CSRF}
        answers = [
            await page.client.options("/console/login", headers=preflight),
            await page.client.options("/console/session", headers=preflight),
            await page.client.post("/console/login", json={}, headers=origin),
            await page.client.get("/console/session", headers=origin),
            await page.client.get("/console/session", headers={"origin": gateway.url}),
            await page.client.get("/console/nothing", headers=origin),
        ]
        for answer in answers:
            assert not any(name.startswith("access-control-") for name in answer.headers), answer.request.url
        for path in (PROBE, "/", "/v1/openapi.json"):
            answer = await page.client.get(path, headers=origin)
            assert "access-control-allow-credentials" not in answer.headers
        answer = await page.client.options(PROBE, headers=preflight)
        assert answer.headers["access-control-allow-origin"] == "*", "whoever has a key may call from anywhere"
        assert CSRF not in answer.headers["access-control-allow-headers"]
        assert "access-control-allow-credentials" not in answer.headers


async def test_an_authorization_header_decides_alone(tmp_path: Path) -> None:
    async with served(tmp_path) as gateway, browsing(gateway) as page:
        await page.log_in_by_link()
        store = gateway.gateway.store
        other = await store.create_organization("Other")
        _, key = await store.create_api_key(other.id, "other")
        for header in ("", "Bearer", "Bearer sk_live_" + "0" * 48, "Basic abc"):
            assert await page.status(PROBE, headers={"authorization": header}) == 401, header
        answer = await page.client.get(PROBE, headers={"authorization": f"Bearer {key}"})
        assert answer.json()["id"] == other.id
        assert (await page.client.get(PROBE)).json()["id"] == (await store.default_organization()).id


async def test_a_session_sees_its_own_organisation_only(tmp_path: Path) -> None:
    async with served(tmp_path) as gateway, browsing(gateway) as page:
        store = gateway.gateway.store
        other = await store.create_organization("Other")
        _, key = await store.create_api_key(other.id, "other")
        login = await page.log_in(apiKey=key)
        assert login.json()["organization"] == {"id": other.id, "name": "Other"}
        assert [row["name"] for row in (await page.client.get("/v1/api-keys")).json()] == ["other"]
        [mine] = (await gateway.client.get("/v1/api-keys")).json()
        assert await page.status(f"/v1/api-keys/{mine['id']}", "DELETE") == 404
        assert (await gateway.client.get(PROBE)).status_code == 200


COMPLETE = {"messages": [{"role": "user", "content": "hi"}], "intent": {"language": "en"}}
FAMILIES: tuple[tuple[str, str, Any, int], ...] = (
    ("GET", "/v1/api-keys", None, 200),
    ("POST", "/v1/api-keys", {"name": "made in the console"}, 201),
    ("GET", "/v1/providers", None, 200),
    ("PUT", "/v1/providers", {"provider": "alpha", "apiKey": "sk-of-a-test"}, 200),
    ("POST", "/v1/complete", COMPLETE, 200),
    ("DELETE", "/v1/providers/alpha", None, 200),
    ("GET", "/v1/benchmarks/stack?language=en", None, 200),
    ("GET", "/v1/voices", None, 200),
    ("GET", "/v1/usage", None, 200),
    ("GET", "/v1/requests/none", None, 404),
    ("GET", "/v1/sessions", None, 200),
)


async def test_every_family_of_routes(tmp_path: Path) -> None:
    async with served(tmp_path) as gateway, browsing(gateway) as page:
        await page.log_in_by_link()
        for method, path, body, expected in FAMILIES:
            answer = await page.client.request(method, path, json=body)
            assert answer.status_code == expected, (path, answer.text)
        page.client.headers[CSRF] = "x"
        for method, path, body, _ in FAMILIES:
            assert await page.status(path, method, json=body) == 401, path


async def test_a_conversation_is_made_by_cookie_and_joined_by_its_own_token(tmp_path: Path) -> None:
    build = make_build(tmp_path / "static")
    engines = speakers.registry_of("alpha")
    async with (
        running(tmp_path / "data", engines, keys=("alpha",), console_files=build) as gateway,
        browsing(gateway) as page,
    ):
        await page.log_in_by_link()
        answer = await page.client.post("/v1/sessions", json=speakers.PINNED)
        assert answer.status_code == 201
        at = answer.json()["wsUrl"].partition("/v1/")[0]
        policy = (await page.client.get("/")).headers["content-security-policy"]
        assert f"connect-src 'self' {at};" in policy, "where the socket is, the page may go"
        del page.client.headers[CSRF]
        assert await page.status("/v1/sessions", "POST", json=speakers.PINNED) == 401


async def test_metrics_are_not_the_consoles(tmp_path: Path) -> None:
    async with served(tmp_path, admin_token="of-the-test") as gateway, browsing(gateway) as page:
        await page.log_in_by_link()
        assert await page.status("/metrics", headers={"via": "1.1 proxy"}) == 401
