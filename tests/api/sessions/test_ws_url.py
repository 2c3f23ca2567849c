"""Where a session's socket is."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.api.arrival import Arrival
from speko.api.sessions.ws_url import ws_url

any_text = st.text(st.characters(codec=None, categories=None))
maybe = st.none() | any_text


def arrival(**changes: object) -> Arrival:
    fields: dict[str, object] = {"scheme": "http", "host": "gw.test:8787", "peer": "10.0.0.7", "server": ("::1", 8787)}
    return Arrival(**(fields | changes))  # type: ignore[arg-type]


def base(**changes: object) -> str:
    return ws_url("s1", arrival(**changes)).removesuffix("/v1/realtime/s1/ws")


@pytest.mark.parametrize(
    ("public", "expected"),
    [
        ("https://voice.example", "wss://voice.example"),
        ("http://voice.example:81/", "ws://voice.example:81"),
        ("https://voice.example/some/prefix/", "wss://voice.example/some/prefix"),
        ("HTTPS://voice.example", "wss://voice.example"),
    ],
)
def test_the_public_url_wins(public: str, expected: str) -> None:
    seen = arrival(forwarded_host="evil.test", forwarded_proto="http")
    assert ws_url("s1", seen, public, ("0.0.0.0/0",)) == f"{expected}/v1/realtime/s1/ws"


@pytest.mark.parametrize(
    ("scheme", "host", "expected"),
    [
        ("http", "localhost", "ws://localhost"),
        ("https", "gw.test", "wss://gw.test"),
        ("http", "[::1]:8787", "ws://[::1]:8787"),
        ("http", "127.0.0.1:1", "ws://127.0.0.1:1"),
        ("http", "a_b.test", "ws://a_b.test"),
    ],
)
def test_else_it_is_where_the_request_went(scheme: str, host: str, expected: str) -> None:
    assert base(scheme=scheme, host=host) == expected


@pytest.mark.parametrize(
    "host",
    [None, "", " ", "a b", "a/b", "a@b", "user:pw@host", "a:", "a:b", "[", "[]", "é", "a\r\nb", "a#b", "a?b", "/"],
)
def test_else_where_the_gateway_listens(host: str | None) -> None:
    assert base(host=host) == "ws://[::1]:8787"
    assert base(host=host, server=("127.0.0.1", 80)) == "ws://127.0.0.1:80"
    assert base(host=host, server=("/run/speko.sock", None)) == "ws://localhost"
    assert base(host=host, server=None) == "ws://localhost"


@pytest.mark.parametrize(
    ("peer", "proxies", "trusted"),
    [
        ("10.0.0.7", ("10.0.0.7",), True),
        ("10.0.0.7", ("192.168.0.0/16", "10.0.0.0/8"), True),
        ("10.0.0.7", ("10.0.0.9/8",), True),
        ("::ffff:10.0.0.7", ("10.0.0.0/8",), True),
        ("fd00::1", ("fd00::/8",), True),
        ("10.0.0.7", ("10.0.0.8", "fd00::/8"), False),
        ("10.0.0.7", (), False),
        (None, ("0.0.0.0/0",), False),
        ("/run/proxy.sock", ("0.0.0.0/0", "::/0"), False),
    ],
)
def test_forwarded_headers_count_from_trusted_proxies_alone(
    peer: str | None, proxies: tuple[str, ...], trusted: bool
) -> None:
    seen = arrival(peer=peer, forwarded_proto="https", forwarded_host="voice.example")
    expected = "wss://voice.example" if trusted else "ws://gw.test:8787"
    assert ws_url("s1", seen, None, proxies) == f"{expected}/v1/realtime/s1/ws"


@pytest.mark.parametrize(
    ("proto", "host", "expected"),
    [
        ("https", None, "wss://gw.test:8787"),
        (None, "voice.example", "ws://voice.example"),
        ("HTTPS, http", "voice.example, inner", "wss://voice.example"),
        ("ftp", "a b", "ws://gw.test:8787"),
        ("", "", "ws://gw.test:8787"),
    ],
)
def test_what_a_proxy_says(proto: str | None, host: str | None, expected: str) -> None:
    seen = arrival(forwarded_proto=proto, forwarded_host=host)
    assert ws_url("s1", seen, None, ("10.0.0.7",)) == f"{expected}/v1/realtime/s1/ws"


@given(
    scheme=any_text,
    host=maybe,
    peer=maybe | st.ip_addresses().map(str),
    forwarded_proto=maybe,
    forwarded_host=maybe,
    proxies=st.sampled_from([(), ("0.0.0.0/0", "::/0")]),
)
def test_whatever_comes_in_a_url_comes_out(proxies: tuple[str, ...], **headers: str | None) -> None:
    url = ws_url("s1", arrival(**headers), None, proxies)
    parts = urlsplit(url)
    assert parts.scheme in ("ws", "wss")
    assert parts.hostname
    assert parts.path == "/v1/realtime/s1/ws"
    assert (parts.query, parts.fragment, parts.username) == ("", "", None)
    assert url.isascii()
    assert url.isprintable()
