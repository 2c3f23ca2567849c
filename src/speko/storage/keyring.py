"""The master keys of one deployment: one that encrypts, and others while keys are rotated.

As text, each in a line of its own, in base64:

    <the key that encrypts>
    next <one that will: announced, so that every process knows it before any uses it>
    previous <one that did; as many as are still of use, the latest first>
"""

import base64
import binascii
from dataclasses import dataclass, field, replace

from speko.storage.secrets_box import KEY_BYTES, SecretsBox

MOST_PREVIOUS = 3
"""Earlier keys that are kept: what they signed is of use for hours."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """Keys of 32 bytes each. They never show in a repr."""

    current: bytes = field(repr=False)
    next: bytes | None = field(default=None, repr=False)
    previous: tuple[bytes, ...] = field(default=(), repr=False)
    """The latest first."""

    def announced(self, key: bytes) -> "Keyring":
        """With a key that will encrypt soon."""
        return replace(self, next=key)

    def switched(self) -> "Keyring":
        """With the announced key in use. The oldest of too many goes."""
        if self.next is None:
            return self
        return Keyring(self.next, None, (self.current, *self.previous)[:MOST_PREVIOUS])

    def alone(self) -> "Keyring":
        """The key in use, and no other."""
        return Keyring(self.current)

    def box(self, *more: bytes) -> SecretsBox:
        """What seals with the key in use and opens with each; `more` keys open as well."""
        upcoming = () if self.next is None else (self.next,)
        return SecretsBox(self.current, *upcoming, *self.previous, *more)


def encode(ring: Keyring) -> bytes:
    """The ring as text."""
    lines = [("", ring.current)]
    if ring.next is not None:
        lines.append(("next ", ring.next))
    lines += [("previous ", key) for key in ring.previous]
    return b"".join(word.encode() + base64.b64encode(key) + b"\n" for word, key in lines)


def decode(text: bytes) -> Keyring:
    """The ring that a text holds; raises ValueError for any other text."""
    current, *others = [_line(line) for line in text.split(b"\n") if line.strip()] or [(b"", b"")]
    upcoming = [key for word, key in others if word == b"next"]
    previous = tuple(key for word, key in others if word == b"previous")
    if current[0] or len(upcoming) > 1 or len(upcoming) + len(previous) != len(others):
        raise ValueError("not a keyring")
    return Keyring(_checked(current[1]), upcoming[0] if upcoming else None, previous)


def _line(line: bytes) -> tuple[bytes, bytes]:
    *words, encoded = line.split()
    if len(words) > 1:
        raise ValueError("too many words")
    try:
        return b"".join(words), _checked(base64.b64decode(encoded, validate=True))
    except binascii.Error as error:
        raise ValueError("not base64") from error


def _checked(key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise ValueError(f"not {KEY_BYTES} bytes")
    return key
