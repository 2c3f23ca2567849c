"""The link that every start prints. It logs in one person, once: whoever reads the terminal may use the gateway."""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta

LIFETIME = timedelta(days=30)
"""From the start: as long it has to be remembered that a link was used."""


class LoginLink:
    """One token of 256 random bits, for one start of the gateway with all its processes. So many that guessing needs
    neither a delay nor a limit. That it was used is for the database to say, which all processes share."""

    def __init__(self) -> None:
        self._token = secrets.token_urlsafe(32)
        self.id = f"link_{hashlib.sha256(self._token.encode()).hexdigest()[:32]}"
        """Names the token, and gives nothing of it away."""
        self.expires_at = datetime.now(UTC) + LIFETIME

    def to(self, base: str) -> str:
        """The link. The token stands behind `#`: browsers send that to nobody, so it is in no server's log and in no
        Referer.

        Args:
            base: URL of the console, without a slash at its end.
        """
        return f"{base}/#token={self._token}"

    def is_token(self, presented: str, now: datetime) -> bool:
        """Whether this is the token, and its time is not over."""
        matches = hmac.compare_digest(self._token.encode(), presented.encode("utf-8", "replace"))
        return matches and now < self.expires_at


def usable(url: str) -> str:
    """A URL that a browser on this machine can open, for one that listens on every address."""
    return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
