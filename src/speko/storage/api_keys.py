"""The form of an API key, and what is stored in its place.

The key has 192 random bits, so a plain SHA-256 is enough to store: there is nothing to guess from a dictionary.
"""

import hashlib
import secrets

KEY_PREFIX = "sk_live_"


def new_api_key() -> str:
    """A fresh key: `sk_live_` and 48 lower-case hex."""
    return KEY_PREFIX + secrets.token_hex(24)


def fingerprint(presented: str) -> str:
    """SHA-256 of a key as 64 hex. Takes any text, lone surrogates too."""
    return hashlib.sha256(presented.encode("utf-8", "surrogatepass")).hexdigest()


def display_prefix(key: str) -> str:
    """What lists show of a key: its first 7 hex, e.g. `sk_live_abc1234...`."""
    return key[: len(KEY_PREFIX) + 7] + "..."
