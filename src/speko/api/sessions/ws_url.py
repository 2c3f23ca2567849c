"""The address of a session's socket, as its caller reaches this gateway. Source: contract, sessions 1.9."""

from collections.abc import Sequence

from speko.api.arrival import Arrival, reached

_SOCKETS = {"http": "ws", "https": "wss"}


def ws_url(session_id: str, arrival: Arrival, public_url: str | None = None, proxies: Sequence[str] = ()) -> str:
    """The URL of a session's socket.

    Args:
        session_id: the session.
        arrival: the request that creates it.
        public_url: where the operator says this gateway is; wins over everything.
        proxies: addresses and networks of proxies that are believed.
    """
    return f"{sockets_at(arrival, public_url, proxies)}/v1/realtime/{session_id}/ws"


def sockets_at(arrival: Arrival, public_url: str | None, proxies: Sequence[str]) -> str:
    """What every `ws_url` for this caller begins with, without a slash at its end."""
    if public_url is not None:
        scheme, _, rest = public_url.partition("://")
        return f"{_SOCKETS[scheme.lower()]}://{rest.rstrip('/')}"
    at = reached(arrival, proxies)
    return f"{_SOCKETS[at.scheme]}://{at.host}"
