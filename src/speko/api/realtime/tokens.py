"""Tokens that open the socket of one session until it expires. They are signed, so that any replica can check one
without looking into a database; the gateway keeps none.

A token is `<claims>.<signature>`, both in base64url without padding: it travels as a WebSocket subprotocol, where
RFC 7230 allows neither `=` nor `/`. Source: contract, S2S WebSocket 1.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct

KEY_LABEL = "session tokens"
"""What the signing key is derived for, see `Store.derived_key`."""
LONGEST = 1024
"""Characters of a token that is looked at."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class SessionToken(Struct, frozen=True):
    """What a token says."""

    session_id: str
    organization_id: str
    expires_at: datetime
    """UTC, whole milliseconds."""


class _Claims(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    session_id: str
    organization_id: str
    expires_ms: int


class SessionTokens:
    """Issues and reads tokens with one key.

    Args:
        key: 32 bytes that only the gateway's replicas know.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._encode = msgspec.json.Encoder().encode
        self._decode = msgspec.json.Decoder(_Claims).decode

    def issue(self, session_id: str, organization_id: str, expires_at: datetime) -> str:
        """The token of a session; the same for the same arguments, to the millisecond."""
        expires_ms = (expires_at - _EPOCH) // _MILLISECOND
        claims = _text(self._encode(_Claims(session_id, organization_id, expires_ms)))
        return f"{claims}.{self._signature(claims)}"

    def read(self, token: str, now: datetime) -> SessionToken | None:
        """What the token says; None for one that is expired, forged, or no token at all.

        Args:
            token: whatever a client sent.
            now: the time, aware.
        """
        if len(token) > LONGEST or not token.isascii():
            return None
        claims, _, signature = token.partition(".")
        # The texts are compared and not their bytes, so that one token has one spelling.
        if not hmac.compare_digest(self._signature(claims), signature):
            return None
        found = self._decode(urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        expires_at = _EPOCH + found.expires_ms * _MILLISECOND
        return SessionToken(found.session_id, found.organization_id, expires_at) if now < expires_at else None

    def _signature(self, claims: str) -> str:
        return _text(hmac.digest(self._key, claims.encode(), hashlib.sha256))


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
