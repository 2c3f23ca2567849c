"""Where a vendor is reached, and with which key."""

from speko.providers.call import Credential
from speko.providers.catalogue import Vendor
from speko.providers.errors import ConnectFailed, CredentialRejected
from speko.version import __version__


def base_url(vendor: Vendor, credential: Credential) -> str:
    """The base URL without a slash at its end.

    Raises:
        ConnectFailed: there is none.
    """
    base = credential.base_url or vendor.base_url
    if not base:
        raise ConnectFailed("no base URL is configured")
    return base.removesuffix("/")


def headers(vendor: Vendor, credential: Credential) -> dict[str, str]:
    """Headers of every request to a vendor: who we are, and the key where there is one.

    Raises:
        CredentialRejected: the vendor needs a key and has none, or it can be none.
    """
    made = {"User-Agent": f"speko/{__version__}"}
    key = credential.api_key
    if key:
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise CredentialRejected("the API key has a character that no API key can have")
        made["Authorization"] = f"Bearer {key}"
    elif vendor.needs == "key":
        raise CredentialRejected("no API key is configured")
    return made


def secrets(credential: Credential) -> list[str]:
    """What no message may show."""
    return [credential.api_key] if credential.api_key else []
