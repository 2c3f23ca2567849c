"""The link of a start."""

from datetime import UTC, datetime, timedelta

import pytest

from speko.api.console.link import LoginLink, usable

NOW = datetime.now(UTC)


def test_it_knows_its_token_for_thirty_days() -> None:
    link = LoginLink()
    base, _, token = link.to("http://gw.test").partition("/#token=")
    assert base == "http://gw.test"
    assert len(token) == 43, "256 bits"
    for wrong in ("", token[:-1], token + "x", token.swapcase(), "é", "\ud800"):
        assert not link.is_token(wrong, NOW)
    assert link.is_token(token, NOW)
    assert link.is_token(token, link.expires_at - timedelta(seconds=1))
    assert not link.is_token(token, link.expires_at)
    assert timedelta(days=29) < link.expires_at - NOW


def test_every_start_has_its_own() -> None:
    one, two = LoginLink(), LoginLink()
    assert one.to("") != two.to("")
    assert one.id != two.id


def test_its_name_gives_nothing_away() -> None:
    link = LoginLink()
    token = link.to("").partition("=")[2]
    assert not link.is_token(link.id, NOW)
    assert token not in link.id


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
