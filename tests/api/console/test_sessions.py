"""Sessions of people, without a socket."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.api.console.sessions import LIFETIME, ConsoleSessions
from speko.api.signing import Signer

any_text = st.text(st.characters(codec=None, categories=None))


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 14, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def make(clock: Clock, seed: int = 0) -> ConsoleSessions:
    return ConsoleSessions(bytes([seed]) * 32, bytes([seed + 1]) * 32, clock, lambda _: False)


@given(organization=st.text(max_size=80), key=st.none() | st.text(max_size=80))
def test_a_cookie_says_what_it_was_issued_for(organization: str, key: str | None) -> None:
    sessions = make(Clock())
    session, cookie = sessions.start(organization, key)
    assert (session.organization_id, session.key_id) == (organization, key)
    assert sessions.read(cookie) == session


def test_it_ends_to_the_millisecond() -> None:
    clock = Clock()
    sessions = make(clock)
    session, cookie = sessions.start("org_1", None)
    assert session.expires_at == clock.now + LIFETIME
    clock.now += LIFETIME - timedelta(milliseconds=1)
    assert sessions.read(cookie) == session
    clock.now += timedelta(milliseconds=1)
    assert sessions.read(cookie) is None


def test_other_keys_read_nothing_and_have_other_tokens() -> None:
    clock = Clock()
    one, two = make(clock, 0), make(clock, 10)
    session, cookie = one.start("org_1", None)
    assert two.read(cookie) is None
    assert two.csrf_token(session) != one.csrf_token(session)


@pytest.mark.parametrize("claims", [["s", "o", 9_999_999_999_999], ["s", "o", None, "later"], ["s", "o", None, 1, 2]])
def test_what_another_version_has_signed_is_none(claims: list[object]) -> None:
    cookie = Signer(bytes(32)).sealed(msgspec.json.encode(claims))
    assert make(Clock()).read(cookie) is None


@given(any_text)
def test_garbage_is_none(cookie: str) -> None:
    assert make(Clock()).read(cookie) is None


@given(data=st.data())
def test_a_changed_cookie_is_none(data: st.DataObject) -> None:
    sessions = make(Clock())
    session, cookie = sessions.start("org_1", "key_1")
    at = data.draw(st.integers(0, len(cookie) - 1))
    forged = cookie[:at] + data.draw(any_text.filter(lambda text: len(text) < 4)) + cookie[at + 1 :]
    assert sessions.read(forged) == (session if forged == cookie else None)


def test_the_csrf_token_is_the_sessions_own() -> None:
    sessions = make(Clock())
    (one, cookie), (two, _) = sessions.start("org_1", None), sessions.start("org_1", None)
    token = sessions.csrf_token(one)
    assert sessions.is_csrf_token(one, token.encode())
    assert token != sessions.csrf_token(two)
    for wrong in (b"", token[:-1].encode(), sessions.csrf_token(two).encode(), cookie.encode(), b"\xff" * 43):
        assert not sessions.is_csrf_token(one, wrong)


def test_one_that_is_over_is_none() -> None:
    clock, over = Clock(), set[str]()
    sessions = ConsoleSessions(bytes(32), bytes([1]) * 32, clock, over.__contains__)
    (one, cookie), (two, other) = sessions.start("org_1", None), sessions.start("org_1", None)
    over.add(one.id)
    assert sessions.read(cookie) is None
    assert sessions.read(other) == two
