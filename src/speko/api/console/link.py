"""The link that every start prints. It logs in one person, once: whoever reads the terminal may use the gateway."""

import hmac
import secrets


class LoginLink:
    """One token of 256 random bits, for one process. So many that guessing needs neither a delay nor a limit."""

    def __init__(self) -> None:
        self._token: str | None = secrets.token_urlsafe(32)

    def to(self, base: str) -> str | None:
        """The link; None once it was used. The token stands behind `#`: browsers send that to nobody, so it is in no
        server's log and in no Referer.

        Args:
            base: URL of the console, without a slash at its end.
        """
        return None if self._token is None else f"{base}/#token={self._token}"

    def use(self, presented: str) -> bool:
        """Whether this is the token, which is then used up."""
        if self._token is None or not hmac.compare_digest(self._token.encode(), presented.encode("utf-8", "replace")):
            return False
        self._token = None
        return True


def usable(url: str) -> str:
    """A URL that a browser on this machine can open, for one that listens on every address."""
    return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
