"""Whether a request was made by a page of ours. Browsers say so; whoever is no browser has no cookie that somebody else
could use."""

import re
from collections.abc import Mapping

_ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<host>[^/?#@\s]+)\Z")
_OWN_PORT = {"http": ":80", "https": ":443"}


def is_foreign(headers: Mapping[bytes, bytes], hosts: frozenset[str]) -> bool:
    """Whether the browser says that another origin has made the request.

    Args:
        headers: of the request, by their names in lower case.
        hosts: under which our page is known to this caller, with ports as in a Host header.
    """
    # Fetch Metadata. Old browsers do not send it, and none does to plain http beyond this machine.
    if headers.get(b"sec-fetch-site", b"same-origin") != b"same-origin":
        return True
    origin = headers.get(b"origin")
    if origin is None:
        return False
    found = _ORIGIN.match(origin.decode("latin-1").lower())
    if found is None:
        return True  # `null` above all: a sandboxed frame, a local file
    port = _OWN_PORT[found["scheme"]]
    return found["host"].removesuffix(port) not in {host.lower().removesuffix(port) for host in hosts}
