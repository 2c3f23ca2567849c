"""Encrypts vendor keys at rest, and derives keys for other purposes from the master key.

AES-256-GCM with a fresh 96-bit nonce for each value. What the value belongs to is authenticated with it, so that a row
that somebody copies to another organisation or vendor cannot be opened there.
"""

import secrets
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
UNNAMED: Final = 1
"""The key version of values that were sealed before keys had names: any key may be theirs."""
_NAMED: Final = 1 << 30


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
    """The name of the master key, see `name_of`."""


def name_of(master_key: bytes) -> int:
    """A number from 2³⁰ to 2³¹ - 1 that tells master keys apart and says nothing about them. It is made from the key,
    so that processes agree on it without asking anybody."""
    return _NAMED | int.from_bytes(_derived(master_key, "name")[:4], "big") & (_NAMED - 1)


class SecretsBox:
    """Seals with one master key of 32 bytes, and opens with that and others; raises ValueError for any other length."""

    def __init__(self, master_key: bytes, *others: bytes) -> None:
        self._master_keys = tuple(dict.fromkeys((master_key, *others)))
        if any(len(key) != KEY_BYTES for key in self._master_keys):
            raise ValueError(f"the master key must have {KEY_BYTES} bytes")
        self.name = name_of(master_key)
        """Of the key that seals."""
        self._ciphers = tuple((name_of(key), AESGCM(key)) for key in self._master_keys)
        self._derived: dict[str, tuple[bytes, ...]] = {}

    @property
    def names(self) -> tuple[int, ...]:
        """Of all keys, that of the one that seals first."""
        return tuple(name for name, _ in self._ciphers)

    def derived_keys(self, label: str) -> tuple[bytes, ...]:
        """32 bytes for one purpose from each master key, that of the one that seals first; from them neither the master
        key nor another purpose's can be worked out."""
        found = self._derived.get(label)
        if found is None:
            found = self._derived[label] = tuple(_derived(key, label) for key in self._master_keys)
        return found

    def seal(self, secret: str, owner: Owner) -> Sealed:
        """Encrypts text for its owner."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        name, cipher = self._ciphers[0]
        ciphertext = cipher.encrypt(nonce, secret.encode("utf-8", "surrogatepass"), _associated(owner, name))
        return Sealed(nonce, ciphertext, name)

    def open(self, sealed: Sealed, owner: Owner) -> str:
        """Decrypts; raises CannotOpen."""
        return self.open_with(sealed, owner)[0]

    def open_with(self, sealed: Sealed, owner: Owner) -> tuple[str, int]:
        """Decrypts, and says which key did: its name; raises CannotOpen."""
        if len(sealed.nonce) != NONCE_BYTES:
            raise CannotOpen
        associated = _associated(owner, sealed.key_version)
        for name, cipher in self._ciphers:
            if sealed.key_version not in (name, UNNAMED):
                continue
            try:
                opened = cipher.decrypt(sealed.nonce, sealed.ciphertext, associated)
            except InvalidTag:
                continue
            return opened.decode("utf-8", "surrogatepass"), name
        raise CannotOpen


def _derived(master_key: bytes, label: str) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"speko: {label}".encode()).derive(master_key)


def _associated(owner: Owner, key_version: int) -> bytes:
    """Owner and version as bytes, each part with its length, so that no two owners read alike."""
    parts = (owner.organization_id, owner.vendor, owner.row_id, str(key_version))
    encoded = [part.encode("utf-8", "surrogatepass") for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)
