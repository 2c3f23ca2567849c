"""Where the gateway is, and with which key it is called."""

import os
from dataclasses import dataclass, field

from speko.version import __version__

DEFAULT_BASE_URL = "http://127.0.0.1:8787"


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """Arguments of a client, checked."""

    api_key: str = field(repr=False)
    base_url: str
    """Without a trailing slash; may have a path."""
    timeout: float
    """Seconds to connect, to send, and between two reads."""

    @classmethod
    def of(cls, api_key: str, base_url: str | None, timeout: float) -> "ClientConfig":
        """`base_url`: the argument, else the environment's `SPEKO_BASE_URL`, else this machine.

        Raises ValueError for a key that is empty or cannot be sent in a header.
        """
        key = (api_key or "").strip()
        if not key:
            raise ValueError("Speko: api_key is required. Create one with `speko keys create --name me`.")
        if not all("!" <= character <= "~" for character in key):
            # httpx would repeat the key in its own error text.
            raise ValueError("Speko: api_key holds a character that no API key has.")
        url = (base_url or "").strip() or os.environ.get("SPEKO_BASE_URL", "").strip() or DEFAULT_BASE_URL
        return cls(key, url.rstrip("/"), timeout)

    @property
    def headers(self) -> dict[str, str]:
        """Headers of every call."""
        return {"Authorization": f"Bearer {self.api_key}", "User-Agent": f"spekoai-python/{__version__}"}
