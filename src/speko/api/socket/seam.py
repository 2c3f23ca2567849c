"""What a WebSocket implementation asks of the gateway and offers to it. Nothing here knows which one it is."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from speko.api.socket.messages import TEXT_LIMIT
from speko.realtime.link import ClientHandler, ClientLink


@dataclass(frozen=True, slots=True)
class UpgradeRequest:
    """A request to become a WebSocket."""

    path: str
    headers: Mapping[str, str]
    """Names in lower case; of one that comes several times, the values joined by `, `."""
    peer: str | None
    """IP address of the other side."""
    request_id: str
    """Given back in `x-request-id`."""
    query: str = ""
    """Behind the `?`, as it came."""

    @property
    def subprotocols(self) -> tuple[str, ...]:
        """What the client offers, in its order."""
        offered = self.headers.get("sec-websocket-protocol", "")
        return tuple(entry.strip() for entry in offered.split(",") if entry.strip())


@dataclass(frozen=True, slots=True)
class Refusal:
    """Answered over HTTP, in the error envelope."""

    status: int
    code: str
    message: str


class SocketHandler(ClientHandler, Protocol):
    """Takes one socket."""

    def on_open(self, link: ClientLink) -> None:
        """The upgrade is answered; the first of all calls."""

    def last_words(self, code: int, reason: str) -> bytes | None:
        """A text frame that goes before the close frame when the socket is closed for something that the client did to
        the protocol; None = nothing."""


class Moving(Protocol):
    """Finds out whether a connection belongs to another process, and gives it to that one. Returns at once.

    Nothing is read or answered meanwhile. `stay` is called when the connection stays here; one that has moved is closed
    here without a word.
    """

    def __call__(self, transport: asyncio.Transport, received: bytes, stay: Callable[[], None]) -> None: ...


@dataclass(frozen=True, slots=True)
class Accept:
    """The upgrade is granted, with that subprotocol, to that handler."""

    handler: SocketHandler
    subprotocol: str | None = None
    text_limit: int = TEXT_LIMIT
    """Bytes of a text message; at most `BINARY_LIMIT`."""
    moving: Moving | None = None
    """Asked before the upgrade is answered; None = it stays here."""


Upgrade = Callable[[UpgradeRequest], Accept | Refusal]
"""Decides at once, without waiting for anything: whatever needs the database is checked after accepting. May raise
ApiError, for a refusal in another shape than the envelope."""
