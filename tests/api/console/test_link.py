"""The link of a start."""

import pytest

from speko.api.console.link import LoginLink, usable


def test_it_works_once() -> None:
    link = LoginLink()
    at = link.to("http://gw.test")
    assert at is not None
    base, _, token = at.partition("/#token=")
    assert base == "http://gw.test"
    assert len(token) == 43, "256 bits"
    for wrong in ("", token[:-1], token + "x", token.swapcase(), "é", "\ud800"):
        assert not link.use(wrong)
    assert link.use(token)
    assert not link.use(token)
    assert link.to("http://gw.test") is None


def test_every_start_has_its_own() -> None:
    assert LoginLink().to("") != LoginLink().to("")


def test_it_does_not_show_itself() -> None:
    link = LoginLink()
    assert str(link.to("")).removeprefix("/#token=") not in repr(link)


@pytest.mark.parametrize(
    ("listening", "opened"),
    [
        ("http://0.0.0.0:8787", "http://127.0.0.1:8787"),
        ("http://[::]:8787", "http://[::1]:8787"),
        ("http://[::1]:8787", "http://[::1]:8787"),
        ("http://10.0.0.0:8787", "http://10.0.0.0:8787"),
        ("http://127.0.0.1:80", "http://127.0.0.1:80"),
    ],
)
def test_a_browser_can_open_it(listening: str, opened: str) -> None:
    assert usable(listening) == opened
