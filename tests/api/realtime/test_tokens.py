"""Tokens of sessions."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.api.realtime.tokens import SessionToken, SessionTokens
from speko.api.signing import LONGEST

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
KEY = bytes(range(32))
TOKENS = SessionTokens(KEY)
SESSION = "1b4e28ba-2fa1-4cd2-883f-0016d3cca427"
any_text = st.text(st.characters(codec=None, categories=None))
words = st.text(max_size=80)


@given(session=words, organization=words, milliseconds=st.integers(1, 10**10))
def test_a_token_says_what_it_was_issued_for(session: str, organization: str, milliseconds: int) -> None:
    expires_at = NOW + timedelta(milliseconds=milliseconds)
    token = TOKENS.issue(session, organization, expires_at)
    assert TOKENS.read(token, NOW) == SessionToken(session, organization, expires_at)
    assert re.fullmatch(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", token), "a subprotocol is an HTTP token"


def test_a_token_ends_to_the_millisecond() -> None:
    token = TOKENS.issue(SESSION, "org_1", NOW + timedelta(seconds=1, microseconds=999))
    assert TOKENS.read(token, NOW + timedelta(seconds=1, microseconds=-1)) is not None
    assert TOKENS.read(token, NOW + timedelta(seconds=1)) is None


def test_the_same_session_has_the_same_token() -> None:
    assert TOKENS.issue(SESSION, "org_1", NOW) == SessionTokens(KEY).issue(SESSION, "org_1", NOW)


def test_another_key_reads_nothing() -> None:
    token = SessionTokens(bytes(32)).issue(SESSION, "org_1", NOW + timedelta(minutes=1))
    assert TOKENS.read(token, NOW) is None


@given(data=st.data())
def test_a_changed_token_is_none(data: st.DataObject) -> None:
    token = TOKENS.issue(SESSION, "org_1", NOW + timedelta(minutes=1))
    at = data.draw(st.integers(0, len(token)))
    replaced = data.draw(st.integers(0, 2))
    forged = token[:at] + data.draw(any_text.filter(lambda text: len(text) < 4)) + token[at + replaced :]
    assert (TOKENS.read(forged, NOW) is not None) == (forged == token)


@given(any_text)
def test_garbage_is_none(token: str) -> None:
    assert TOKENS.read(token, NOW) is None


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "=" * 10, "x" * 10**7, "é.é", "x" * LONGEST + ".", "\ud800"])
def test_what_is_no_token_is_none(token: str) -> None:
    assert TOKENS.read(token, NOW) is None


def test_one_signature_has_one_spelling() -> None:
    token = TOKENS.issue(SESSION, "org_1", NOW + timedelta(minutes=1))
    # The last character of 32 bytes in base64 carries two bits that mean nothing.
    others = [token[:-1] + last for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"]
    assert [other for other in others if TOKENS.read(other, NOW)] == [token]
    assert TOKENS.read(token + "=", NOW) is None
