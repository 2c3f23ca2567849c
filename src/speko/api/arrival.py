"""How a request came in, and under which name its caller knows this gateway. Source: contract, sessions 1.9."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal

from litestar.types import HTTPScope, Scope

_HOST = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9._-]{0,252}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?\Z")
_SCHEMES: dict[str, Literal["http", "https"]] = {"http": "http", "https": "https", "ws": "http", "wss": "https"}


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a request came in."""

    scheme: str
    """`http` or `https`, between us and whoever is next to us."""
    host: str | None
    """The header, whatever is in it; like the next two."""
    peer: str | None
    """Address of whoever is next to us."""
    server: tuple[str, int | None] | None
    """Where we listen."""
    forwarded_proto: str | None = None
    forwarded_host: str | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    """Where the caller reached us, as the caller sees it."""

    scheme: Literal["http", "https"]
    host: str
    """With the port where it is not the scheme's own; always of the form of a Host header."""


def arrival_of(scope: Scope | HTTPScope) -> Arrival:
    """How the request of an ASGI scope came in."""
    # Of a header that is there twice, the first counts.
    headers = {name: value.decode("latin-1") for name, value in reversed([*scope["headers"]])}
    return Arrival(
        scheme=scope["scheme"],
        host=headers.get(b"host"),
        peer=scope["client"][0] if scope["client"] else None,
        server=scope["server"],
        forwarded_proto=headers.get(b"x-forwarded-proto"),
        forwarded_host=headers.get(b"x-forwarded-host"),
    )


def reached(arrival: Arrival, proxies: Sequence[str] = ()) -> Reached:
    """Where the caller reached us.

    Args:
        arrival: the request.
        proxies: addresses and networks of proxies that are believed.
    """
    scheme, host = _SCHEMES.get(arrival.scheme, "http"), arrival.host
    if _trusted(arrival.peer, tuple(proxies)):
        # Each proxy appends what it saw: the first is what the caller asked for.
        scheme = _SCHEMES.get(_first(arrival.forwarded_proto).lower(), scheme)
        forwarded = _first(arrival.forwarded_host)
        host = forwarded if _HOST.match(forwarded) else host
    return Reached(scheme, host if host and _HOST.match(host) else _listening(arrival.server))


def _first(header: str | None) -> str:
    return (header or "").partition(",")[0].strip()


def _listening(server: tuple[str, int | None] | None) -> str:
    """Where a caller that does not say whom it calls has reached us."""
    if server is None or server[1] is None:
        return "localhost"
    host = f"[{server[0]}]" if ":" in server[0] else server[0]
    return f"{host}:{server[1]}"


def _trusted(peer: str | None, proxies: tuple[str, ...]) -> bool:
    if peer is None or not proxies:
        return False
    try:
        address = ip_address(peer)
    except ValueError:
        return False  # a Unix socket
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in _networks(proxies))


@lru_cache(maxsize=8)
def _networks(proxies: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(entry, strict=False) for entry in proxies)
