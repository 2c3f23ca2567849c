"""The cookie, in and out."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.api.arrival import Reached
from speko.api.console.cookies import cookie_name, cookie_values, no_cookie, session_cookie
from speko.api.console.sessions import ConsoleSessions

HERE = Reached("http", "127.0.0.1:8787")
NAME = "speko_console_8787"
SESSIONS = ConsoleSessions(bytes(32), b"\x01" * 32, lambda: datetime(2026, 3, 14, tzinfo=UTC), lambda _: False)
session, VALUE = SESSIONS.start("org_1", None)


@pytest.mark.parametrize(
    ("scheme", "host", "name"),
    [
        ("http", "127.0.0.1:8787", "speko_console_8787"),
        ("http", "localhost", "speko_console_80"),
        ("https", "voice.example", "speko_console_443"),
        ("https", "voice.example:8443", "speko_console_8443"),
        ("http", "[::1]:8787", "speko_console_8787"),
        ("http", "[::1]", "speko_console_80"),
    ],
)
def test_names(scheme: Any, host: str, name: str) -> None:
    assert cookie_name(Reached(scheme, host)) == name


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (f"{NAME}=a", ["a"]),
        (f"x=1; {NAME}=a; y=2", ["a"]),
        (f"x=1;{NAME}=a;y=2", ["a"]),
        (f"{NAME}=a; {NAME}=b", ["a", "b"]),
        (f"{NAME}=a=b", ["a=b"]),
        (f"{NAME}=", [""]),
        (NAME, [""]),
        (f"{NAME}1=a", []),
        (f"x{NAME}=a", []),
        (f"{NAME.upper()}=a", []),
        ("speko_console_1=a", []),
        ("", []),
        (";;=;", []),
    ],
)
def test_values(header: str, expected: list[str]) -> None:
    assert list(cookie_values([(b"host", b"x"), (b"cookie", header.encode())], NAME)) == expected


def test_a_header_that_is_there_twice() -> None:
    names = {"a": b"cookie", "no": b"x-cookie", "b": b"cookie"}
    headers = [(name, f"{NAME}={value}".encode()) for value, name in names.items()]
    assert list(cookie_values(headers, NAME)) == ["a", "b"]


known = st.sampled_from([NAME.encode(), VALUE.encode(), b"=", b";", b" ", b'"', b".", b"\xff"])
pieces = known | st.binary(max_size=20)


@given(st.lists(st.lists(pieces, max_size=8).map(b"".join), max_size=4))
def test_no_header_crashes_or_counts_but_the_one_that_was_issued(values: list[bytes]) -> None:
    found = [SESSIONS.read(value) for value in cookie_values([(b"cookie", value) for value in values], NAME)]
    issued = [pair.strip(b" \t") == f"{NAME}={VALUE}".encode() for value in values for pair in value.split(b";")]
    assert found.count(session) == sum(issued)
    assert set(found) <= {None, session}


def test_what_is_set_comes_back() -> None:
    header = session_cookie(HERE, VALUE).to_header(header="")
    pair, *attributes = header.strip().split("; ")
    assert list(cookie_values([(b"cookie", pair.encode())], NAME)) == [VALUE]
    assert {a.lower() for a in attributes} == {"httponly", "max-age=43200", "path=/", "samesite=strict"}
    assert "Secure" in session_cookie(Reached("https", "voice.example"), VALUE).to_header(header="")


def test_it_is_taken_away_as_it_was_set() -> None:
    header = no_cookie(HERE).to_header(header="")
    assert header.strip().startswith(f"{NAME}=")
    assert VALUE not in header
    for attribute in ("Max-Age=0", "Path=/", "HttpOnly"):
        assert attribute in header
