"""Claims that travel through somebody else's hands, and come back unchanged or not at all.

What is sealed is signed and not encrypted: who carries it can read it. A seal is `<claims>.<signature>`, both in
base64url without padding, so that it is an HTTP token (RFC 7230) and may be a cookie's value.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence

LONGEST = 1024
"""Characters of a seal that is looked at."""


Keys = bytes | Callable[[], Sequence[bytes]]
"""32 bytes that only the gateway's replicas know, used for nothing else; or what gives them at each need: the first
signs, the others are accepted too (`Store.derived_keys`)."""


class Signer:
    """Seals with one key, and opens with it and others."""

    def __init__(self, keys: Keys) -> None:
        self._keys: Callable[[], Sequence[bytes]] = (lambda: (keys,)) if isinstance(keys, bytes) else keys

    def sealed(self, claims: bytes) -> str:
        """The claims with their signature; the same for the same claims."""
        text = _text(claims)
        return f"{text}.{self.signature(text)}"

    def opened(self, seal: str) -> bytes | None:
        """The claims; None for whatever this key has not sealed. Takes any text."""
        if len(seal) > LONGEST or not seal.isascii():
            return None
        text, _, signature = seal.partition(".")
        if not self.is_signature(text, signature):
            return None
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))

    def signature(self, text: str) -> str:
        """HMAC-SHA-256 of a text, 43 characters."""
        return _signature(self._keys()[0], text)

    def is_signature(self, text: str, presented: str) -> bool:
        """Whether somebody presents the signature of a text, both ASCII."""
        # The texts are compared and not their bytes, so that one seal has one spelling.
        return any(hmac.compare_digest(_signature(key, text), presented) for key in self._keys())


def _signature(key: bytes, text: str) -> str:
    return _text(hmac.digest(key, text.encode(), hashlib.sha256))


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
