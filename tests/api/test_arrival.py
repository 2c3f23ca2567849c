"""How requests come in. What is made of it for sockets: `sessions/test_ws_url.py`."""

from typing import Any

import pytest

from speko.api.arrival import Arrival, arrival_of, reached


def scope(*headers: tuple[bytes, bytes], **changes: Any) -> Any:
    return {"scheme": "http", "client": ("10.0.0.7", 999), "server": ("10.0.0.1", 8787), "headers": headers} | changes


def test_a_scope_is_read() -> None:
    found = arrival_of(
        scope((b"host", b"gw.test"), (b"x-forwarded-proto", b"https"), (b"x-forwarded-host", b"voice.example"))
    )
    assert found == Arrival("http", "gw.test", "10.0.0.7", ("10.0.0.1", 8787), "https", "voice.example")


def test_of_two_headers_the_first_counts() -> None:
    assert arrival_of(scope((b"host", b"one.test"), (b"host", b"two.test"))).host == "one.test"


def test_a_unix_socket_has_no_peer() -> None:
    assert arrival_of(scope(client=None, server=None)) == Arrival("http", None, None, None)


@pytest.mark.parametrize(
    ("proxies", "expected"), [((), ("http", "gw.test")), (("10.0.0.0/8",), ("https", "voice.example"))]
)
def test_only_a_trusted_proxy_is_believed(proxies: tuple[str, ...], expected: tuple[str, str]) -> None:
    seen = Arrival("http", "gw.test", "10.0.0.7", None, "https", "voice.example")
    found = reached(seen, proxies)
    assert (found.scheme, found.host) == expected
