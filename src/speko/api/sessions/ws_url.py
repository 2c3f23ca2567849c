"""The address of a session's socket, as its caller reaches this gateway. Source: contract, sessions 1.9."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

_HOST = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9._-]{0,252}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?\Z")
_SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}


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


def ws_url(session_id: str, arrival: Arrival, public_url: str | None = None, proxies: Sequence[str] = ()) -> str:
    """The URL of a session's socket.

    Args:
        session_id: the session.
        arrival: the request that creates it.
        public_url: where the operator says this gateway is; wins over everything.
        proxies: addresses and networks of proxies that are believed.
    """
    return f"{_base(arrival, public_url, proxies)}/v1/realtime/{session_id}/ws"


def _base(arrival: Arrival, public_url: str | None, proxies: Sequence[str]) -> str:
    if public_url is not None:
        scheme, _, rest = public_url.partition("://")
        return f"{_SCHEMES[scheme.lower()]}://{rest.rstrip('/')}"
    scheme, host = _SCHEMES.get(arrival.scheme, "ws"), arrival.host
    if _trusted(arrival.peer, tuple(proxies)):
        # Each proxy appends what it saw: the first is what the caller asked for.
        scheme = _SCHEMES.get(_first(arrival.forwarded_proto).lower(), scheme)
        forwarded = _first(arrival.forwarded_host)
        host = forwarded if _HOST.match(forwarded) else host
    return f"{scheme}://{host if host and _HOST.match(host) else _listening(arrival.server)}"


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
