"""The session's cookie, in and out. Source: RFC 6265."""

import re
from collections.abc import Iterable, Iterator

from litestar.datastructures import Cookie

from speko.api.arrival import Reached
from speko.api.console.sessions import LIFETIME

_PORT = re.compile(r":([0-9]{1,5})\Z")
_OWN_PORT = {"http": "80", "https": "443"}


def cookie_name(at: Reached) -> str:
    """The cookie's name at this gateway. The port is in it because browsers do not keep the cookies of two ports of one
    host apart."""
    found = _PORT.search(at.host)
    return f"speko_console_{found[1] if found else _OWN_PORT[at.scheme]}"


def cookie_values(headers: Iterable[tuple[bytes, bytes]], name: str) -> Iterator[str]:
    """All values that a request has for a cookie: there may be several, for other paths or set by other hosts. Takes
    any headers; names in lower case."""
    for header, value in headers:
        if header == b"cookie":
            for pair in value.decode("latin-1").split(";"):
                found, _, content = pair.strip(" \t").partition("=")
                if found == name:
                    yield content


def session_cookie(at: Reached, value: str) -> Cookie:
    """Sets the cookie. Scripts cannot read it, and no other site's page makes a browser send it."""
    return Cookie(
        key=cookie_name(at),
        value=value,
        max_age=int(LIFETIME.total_seconds()) if value else 0,
        path="/",
        httponly=True,
        samesite="strict",
        secure=at.scheme == "https",
    )


def no_cookie(at: Reached) -> Cookie:
    """Takes it away."""
    return session_cookie(at, "")
