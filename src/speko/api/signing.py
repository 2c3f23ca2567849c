"""Claims that travel through somebody else's hands, and come back unchanged or not at all.

What is sealed is signed and not encrypted: who carries it can read it. A seal is `<claims>.<signature>`, both in
base64url without padding, so that it is an HTTP token (RFC 7230) and may be a cookie's value.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

LONGEST = 1024
"""Characters of a seal that is looked at."""


class Signer:
    """Seals and opens with one key.

    Args:
        key: 32 bytes that only the gateway's replicas know, used for nothing else.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def sealed(self, claims: bytes) -> str:
        """The claims with their signature; the same for the same claims."""
        text = _text(claims)
        return f"{text}.{self.signature(text)}"

    def opened(self, seal: str) -> bytes | None:
        """The claims; None for whatever this key has not sealed. Takes any text."""
        if len(seal) > LONGEST or not seal.isascii():
            return None
        text, _, signature = seal.partition(".")
        # The texts are compared and not their bytes, so that one seal has one spelling.
        if not hmac.compare_digest(self.signature(text), signature):
            return None
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))

    def signature(self, text: str) -> str:
        """HMAC-SHA-256 of a text, 43 characters."""
        return _text(hmac.digest(self._key, text.encode(), hashlib.sha256))


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
