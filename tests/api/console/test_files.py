"""The console's files, over a socket."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from speko.api.app import openapi_document
from speko.api.console.files import names_tag, takes_gzip
from tests.api import raw
from tests.api.running import Running, running
from tests.api.vendors import Scripted, registry_of
from tests.console.build import INDEX, SCRIPT, make_build

SCRIPT_PATH = "/assets/index-BxA1b2C3.js"
PLAIN = {"accept-encoding": "identity"}


def served(tmp_path: Path, **settings: Any) -> Any:
    """A gateway with a build."""
    build = make_build(tmp_path / "static")
    return running(tmp_path / "data", registry_of(Scripted("alpha")), console_files=build, **settings)


async def test_the_page_and_its_script(tmp_path: Path) -> None:
    async with served(tmp_path) as gateway:
        page = await gateway.client.get("/")
        assert (page.status_code, page.text) == (200, INDEX)
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["cache-control"] == "no-cache"
        script = await gateway.client.get(SCRIPT_PATH)
        assert (script.status_code, script.text) == (200, SCRIPT)
        assert script.headers["content-type"] == "text/javascript; charset=utf-8"
        assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
        image = await gateway.client.get("/assets/icon.png")
        assert (image.headers["content-type"], image.headers["cache-control"]) == ("image/png", "no-cache")
        assert "content-encoding" not in image.headers


async def test_gzip_for_who_takes_it(tmp_path: Path) -> None:
    async with served(tmp_path) as gateway:
        squeezed = await gateway.client.get(SCRIPT_PATH, headers={"accept-encoding": "br, gzip;q=0.5"})
        plain = await gateway.client.get(SCRIPT_PATH, headers=PLAIN)
        assert squeezed.headers["content-encoding"] == "gzip"
        assert "content-encoding" not in plain.headers
        assert squeezed.text == plain.text == SCRIPT
        assert int(squeezed.headers["content-length"]) < int(plain.headers["content-length"]) == len(SCRIPT)
        assert squeezed.headers["vary"] == plain.headers["vary"] == "accept-encoding"
        assert squeezed.headers["etag"] != plain.headers["etag"]


async def test_what_the_browser_has_is_not_sent_again(tmp_path: Path) -> None:
    async with served(tmp_path) as gateway:
        for encoding in ("gzip", "identity"):
            headers = {"accept-encoding": encoding}
            first = await gateway.client.get("/", headers=headers)
            known = {"if-none-match": f'"x", W/{first.headers["etag"]}'}
            again = await gateway.client.get("/", headers=headers | known)
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == first.headers["etag"]
            assert again.headers["cache-control"] == "no-cache"
            assert again.headers["content-security-policy"] == first.headers["content-security-policy"]
            other = await gateway.client.get("/", headers={**headers, "if-none-match": '"other"'})
            assert (other.status_code, other.text) == (200, INDEX)


async def test_head(tmp_path: Path) -> None:
    async with served(tmp_path) as gateway:
        for path in ("/", SCRIPT_PATH):
            for headers in (PLAIN, {"accept-encoding": "gzip"}):
                full = await gateway.client.get(path, headers=headers)
                head = await gateway.client.head(path, headers=headers)
                assert (head.status_code, head.content) == (200, b"")
                own = ("date", "x-request-id", "x-trace-id")
                assert {n: v for n, v in head.headers.items() if n not in own} == {
                    n: v for n, v in full.headers.items() if n not in own
                }
        # The connection is in step after each of them: no body was sent behind a header.
        assert (await gateway.client.get("/healthz")).json() == {"status": "ok"}


@pytest.mark.parametrize(
    "path",
    [
        "/assets/nothing.js",
        "/assets/",
        "/assets/../index.html",
        "/assets/..%2findex.html",
        "/assets/%2e%2e/%2e%2e/site.py",
        "/assets/..%5c..%5csite.py",
        "/assets/index-BxA1b2C3.js/",
        "/assets/a/b.js",
        "/assets/%00",
        "/index.html",
        "/static/index.html",
        "//etc/passwd",
    ],
)
async def test_there_is_nothing_else(tmp_path: Path, path: str) -> None:
    async with served(tmp_path) as gateway:
        status, body = await plain_get(gateway, path)
        if status == 200:  # the framework takes a slash at the end for the same path
            assert (path, body) == ("/assets/index-BxA1b2C3.js/", SCRIPT.encode())
        else:
            assert (status, json.loads(body)["code"]) == (404, "NOT_FOUND")


async def plain_get(gateway: Running, path: str) -> tuple[int, bytes]:
    """A request whose path no client has tidied up."""
    reader, writer = await asyncio.open_connection(*raw.address_of(gateway))
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    finally:
        writer.close()
    return int(head.split()[1]), body


async def test_other_methods(tmp_path: Path) -> None:
    async with served(tmp_path) as gateway:
        for path in ("/", SCRIPT_PATH):
            answer = await gateway.client.post(path)
            assert (answer.status_code, answer.json()["code"]) == (405, "METHOD_NOT_ALLOWED")


async def test_without_a_build(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha")), console_files=tmp_path / "none") as gateway:
        page = await gateway.client.get("/")
        assert page.status_code == 200
        assert "make console" in page.text
        assert "script-src 'self'" in page.headers["content-security-policy"]
        style = await gateway.client.get("/assets/unbuilt.css")
        assert (style.status_code, style.headers["content-type"]) == (200, "text/css; charset=utf-8")
        assert style.headers["cache-control"] == "no-cache"


async def test_switched_off(tmp_path: Path) -> None:
    async with served(tmp_path, console=False) as gateway:
        assert gateway.gateway.console is None
        body = {"apiKey": gateway.key}
        for method, path in (
            ("GET", "/"),
            ("GET", SCRIPT_PATH),
            ("POST", "/console/login"),
            ("GET", "/console/session"),
            ("POST", "/console/logout"),
        ):
            answer = await gateway.client.request(method, path, json=body if method == "POST" else None)
            assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND"), path
        cookie = {"authorization": "", "cookie": "speko_console_80=x"}
        assert (await gateway.client.get("/v1/organization", headers=cookie)).status_code == 401


def test_the_api_document_does_not_know_it() -> None:
    assert all(path.startswith(("/v1/", "/healthz", "/readyz")) for path in openapi_document()["paths"])


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("gzip", True),
        ("GZIP", True),
        ("br, gzip;q=0.1, *;q=0", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("identity, br", False),
        ("x-gzip", False),
        ("", False),
    ],
)
def test_who_takes_gzip(accepted: str, expected: bool) -> None:
    assert takes_gzip(accepted) is expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [('"a"', True), ('W/"a"', True), ('"b", "a"', True), ("*", True), ('"b"', False), ("a", False), ("", False)],
)
def test_which_tags_are_named(header: str, expected: bool) -> None:
    assert names_tag(header, '"a"') is expected
