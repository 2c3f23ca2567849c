"""Tokens that open the socket of one session until it expires. They are signed, so that any replica can check one
without looking into a database; the gateway keeps none.

A token travels as a WebSocket subprotocol, where RFC 7230 allows neither `=` nor `/`; see `speko.api.signing` for its
form. Source: contract, S2S WebSocket 1.
"""

from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct

from speko.api.signing import Keys, Signer

KEY_LABEL = "session tokens"
"""What the signing key is derived for, see `Store.derived_keys`."""
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
    """Issues and reads tokens."""

    def __init__(self, keys: Keys) -> None:
        self._signer = Signer(keys)
        self._encode = msgspec.json.Encoder().encode
        self._decode = msgspec.json.Decoder(_Claims).decode

    def issue(self, session_id: str, organization_id: str, expires_at: datetime) -> str:
        """The token of a session; the same for the same arguments, to the millisecond."""
        expires_ms = (expires_at - _EPOCH) // _MILLISECOND
        return self._signer.sealed(self._encode(_Claims(session_id, organization_id, expires_ms)))

    def read(self, token: str, now: datetime) -> SessionToken | None:
        """What the token says; None for one that is expired, forged, or no token at all.

        Args:
            token: whatever a client sent.
            now: the time, aware.
        """
        claims = self._signer.opened(token)
        if claims is None:
            return None
        found = self._decode(claims)
        expires_at = _EPOCH + found.expires_ms * _MILLISECOND
        return SessionToken(found.session_id, found.organization_id, expires_at) if now < expires_at else None
