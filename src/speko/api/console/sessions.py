"""Sessions of people in the console. A session is a signed cookie, so that any replica can check it and a restart ends
none; only those that were logged out are written down."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct

from speko.api.signing import Keys, Signer

COOKIE_LABEL = "console sessions"
CSRF_LABEL = "console csrf"
"""What the two keys are derived for, see `Store.derived_keys`."""
LIFETIME = timedelta(hours=12)
"""From login; use does not prolong it."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class ConsoleSession(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a cookie says. Nothing in it is a secret; the signature is."""

    id: str
    organization_id: str
    key_id: str | None
    """The API key of the login, with which the session ends; None: the printed link."""
    expires_ms: int
    """Since 1970."""

    @property
    def expires_at(self) -> datetime:
        """UTC."""
        return _EPOCH + self.expires_ms * _MILLISECOND


class ConsoleSessions:
    """Issues, reads and ends sessions.

    Args:
        cookie_keys: sign the cookies.
        csrf_keys: others.
        now: the clock, aware.
        is_over: whether the session of an id was logged out.
    """

    def __init__(
        self, cookie_keys: Keys, csrf_keys: Keys, now: Callable[[], datetime], is_over: Callable[[str], bool]
    ) -> None:
        self._cookies = Signer(cookie_keys)
        self._csrf = Signer(csrf_keys)
        self._now = now
        self._is_over = is_over
        self._encode = msgspec.json.Encoder().encode
        self._decode = msgspec.json.Decoder(ConsoleSession).decode

    def start(self, organization_id: str, key_id: str | None) -> tuple[ConsoleSession, str]:
        """A new session, and the value of its cookie."""
        expires_ms = (self._now() + LIFETIME - _EPOCH) // _MILLISECOND
        session = ConsoleSession(secrets.token_hex(16), organization_id, key_id, expires_ms)
        return session, self._cookies.sealed(self._encode(session))

    def read(self, cookie: str) -> ConsoleSession | None:
        """The session of a cookie; None for one that is expired, ended, forged, or no cookie of ours. Takes any
        text."""
        claims = self._cookies.opened(cookie)
        if claims is None:
            return None
        try:
            session = self._decode(claims)
        except msgspec.ValidationError:
            return None  # another version of speko has signed something else
        return session if self._now() < session.expires_at and not self._is_over(session.id) else None

    def csrf_token(self, session: ConsoleSession) -> str:
        """What a request of the session says to show that our own page made it."""
        return self._csrf.signature(session.id)

    def is_csrf_token(self, session: ConsoleSession, presented: bytes) -> bool:
        """Whether somebody presents that token."""
        return presented.isascii() and self._csrf.is_signature(session.id, presented.decode())
