"""Encrypts vendor keys at rest, and derives keys for other purposes from the master key.

AES-256-GCM with a fresh 96-bit nonce for each value. What the value belongs to is authenticated with it, so that a row
that somebody copies to another organisation or vendor cannot be opened there.
"""

import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12
KEY_VERSION = 1
"""Which master key a value was sealed with. There is one until keys can be rotated."""


class CannotOpen(Exception):
    """The value was sealed with another master key, for another owner, or it was changed."""


@dataclass(frozen=True, slots=True)
class Owner:
    """What a sealed value belongs to."""

    organization_id: str
    vendor: str
    row_id: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """A value as it is stored."""

    nonce: bytes
    ciphertext: bytes
    """With the 16-byte tag at its end."""
    key_version: int


class SecretsBox:
    """Seals and opens with one master key of 32 bytes; raises ValueError for any other length."""

    def __init__(self, master_key: bytes) -> None:
        if len(master_key) != KEY_BYTES:
            raise ValueError(f"the master key must have {KEY_BYTES} bytes")
        self._master_key = master_key
        self._cipher = AESGCM(master_key)

    def derived_key(self, label: str) -> bytes:
        """32 bytes for one purpose; from them neither the master key nor another purpose's can be worked out."""
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"speko: {label}".encode()).derive(self._master_key)

    def seal(self, secret: str, owner: Owner) -> Sealed:
        """Encrypts text for its owner."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        ciphertext = self._cipher.encrypt(
            nonce, secret.encode("utf-8", "surrogatepass"), _associated(owner, KEY_VERSION)
        )
        return Sealed(nonce, ciphertext, KEY_VERSION)

    def open(self, sealed: Sealed, owner: Owner) -> str:
        """Decrypts; raises CannotOpen."""
        if sealed.key_version != KEY_VERSION or len(sealed.nonce) != NONCE_BYTES:
            raise CannotOpen
        try:
            associated = _associated(owner, sealed.key_version)
            return self._cipher.decrypt(sealed.nonce, sealed.ciphertext, associated).decode("utf-8", "surrogatepass")
        except InvalidTag:
            raise CannotOpen from None


def _associated(owner: Owner, key_version: int) -> bytes:
    """Owner and version as bytes, each part with its length, so that no two owners read alike."""
    parts = (owner.organization_id, owner.vendor, owner.row_id, str(key_version))
    encoded = [part.encode("utf-8", "surrogatepass") for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)
