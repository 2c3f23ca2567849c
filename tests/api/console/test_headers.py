"""What the console's pages may do."""

import asyncio
import re
from pathlib import Path
from typing import Literal

import pytest

from speko.api.arrival import Reached
from speko.api.console.headers import content_security_policy, security_headers
from tests.api import raw
from tests.api.console.test_files import SCRIPT_PATH, served

WHOLE = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "worker-src": "'self'",
    "manifest-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


def directives(policy: str) -> dict[str, str]:
    return dict(part.strip().split(" ", 1) for part in policy.split(";"))


@pytest.mark.parametrize(
    ("sockets", "named"),
    [
        ("ws://127.0.0.1:8787", " ws://127.0.0.1:8787"),
        ("wss://voice.example", " wss://voice.example"),
        ("wss://voice.example/some/prefix", " wss://voice.example"),
        ("ws://[::1]:8787", ""),
        ("wss://a.example;script-src/x", ""),
        ("wss://a.example *", ""),
    ],
)
def test_the_policy_is_whole(sockets: str, named: str) -> None:
    assert directives(content_security_policy(sockets)) == WHOLE | {"connect-src": f"'self'{named}"}


async def test_every_page_has_all_headers(tmp_path: Path) -> None:
    async with served(tmp_path) as gateway:
        at = gateway.url.replace("http", "ws")
        for path in ("/", SCRIPT_PATH, "/assets/icon.png"):
            headers = (await gateway.client.get(path)).headers
            assert directives(headers["content-security-policy"]) == WHOLE | {"connect-src": f"'self' {at}"}
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
            features = headers["permissions-policy"].split(", ")
            assert {"microphone=(self)", "speaker-selection=(self)", "camera=()"} < set(features)
            assert headers["cross-origin-opener-policy"] == "same-origin"
            assert headers["cross-origin-resource-policy"] == "same-origin"
            assert headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    ("scheme", "host", "named"),
    [
        ("https", "voice.example", True),
        ("http", "localhost:8787", True),
        ("http", "gateway.localhost", True),
        ("http", "127.0.0.1:8787", True),
        ("http", "[::1]:8787", True),
        ("http", "[::1]", True),
        ("http", "192.168.1.5:8787", False),
        ("http", "voice.example", False),
        ("http", "[fd00::1]:8787", False),
        ("http", "notlocalhost", False),
    ],
)
def test_an_opener_policy_is_named_where_browsers_take_one(
    scheme: Literal["http", "https"], host: str, *, named: bool
) -> None:
    names = [name for name, _ in security_headers("ws://x", Reached(scheme, host))]
    assert (b"cross-origin-opener-policy" in names) is named
    assert len(names) == len(set(names))


async def test_the_public_urls_sockets_are_named(tmp_path: Path) -> None:
    async with served(tmp_path, public_url="https://voice.example/speko/") as gateway:
        policy = (await gateway.client.get("/")).headers["content-security-policy"]
        assert directives(policy)["connect-src"] == "'self' wss://voice.example"


@pytest.mark.parametrize("host", ["a,b", "*", "x*y", "'self'", ""])
async def test_a_host_header_says_nothing_of_its_own(tmp_path: Path, host: str) -> None:
    async with served(tmp_path) as gateway:
        reader, writer = await asyncio.open_connection(*raw.address_of(gateway))
        writer.write(f"GET / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n".encode())
        head = (await reader.read()).partition(b"\r\n\r\n")[0].decode()
        writer.close()
        [policy] = re.findall(r"content-security-policy: (.*)\r", head)
        at = gateway.url.replace("http", "ws")
        assert directives(policy) == WHOLE | {"connect-src": f"'self' {at}"}
