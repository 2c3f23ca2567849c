"""Whose page has made a request. Over a socket: `test_requests.py`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.api.console.origin import is_foreign

HOSTS = frozenset({"gw.test", "Voice.Example:443", "gw.test:8787"})


@pytest.mark.parametrize(
    ("origin", "foreign"),
    [
        ("http://gw.test", False),
        ("http://gw.test:80", False),
        ("HTTP://GW.TEST", False),
        ("https://gw.test", False),
        ("http://gw.test:8787", False),
        ("https://voice.example", False),
        ("https://gw.test:80", True),
        ("http://voice.example", True),
        ("http://gw.test:1", True),
        ("http://gw.test.evil.example", True),
        ("http://evil.example/gw.test", True),
        ("http://evil@gw.test", True),
        ("gw.test", True),
        ("null", True),
        ("", True),
        ("file://", True),
        ("http://gw.test http://evil.example", True),
    ],
)
def test_origins(origin: str, foreign: bool) -> None:
    assert is_foreign({b"origin": origin.encode()}, HOSTS) is foreign


@pytest.mark.parametrize(
    ("site", "foreign"), [("same-origin", False), ("same-site", True), ("cross-site", True), ("none", True), ("", True)]
)
def test_fetch_metadata(site: str, foreign: bool) -> None:
    assert is_foreign({b"sec-fetch-site": site.encode()}, HOSTS) is foreign


def test_who_says_nothing_is_no_page_of_another_origin() -> None:
    assert not is_foreign({}, HOSTS)


@given(st.binary())
def test_any_bytes_have_an_answer(value: bytes) -> None:
    assert is_foreign({b"origin": value}, frozenset({"gw.test"})) or b"gw.test" in value.lower()
    assert is_foreign({b"sec-fetch-site": value}, HOSTS) is (value != b"same-origin")
