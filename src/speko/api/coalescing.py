"""uvicorn's HTTP protocol with the manners of a gateway.

The headers of an answer leave together with its first piece: a system call for each was a fifth of the time of a short
answer. And connections end: a peer that has vanished is noticed, and one that does not read cannot hold a closed
connection open.
"""

import asyncio
import socket
from typing import Any, cast

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from speko.api.errors import invalid

_LINGER = 5.0
"""Seconds that a closed connection has to take what was written."""
_VANISHED = 60
"""Seconds after which a peer that answers nothing counts as gone."""
_PIPELINED = 16
"""Requests that may wait behind the one that is being answered; a peer that sends more is cut off."""


class CoalescingTransport:
    """A transport that joins two writes when they come in the same turn of the loop: the first waits for the second,
    which sends both at once; alone, it leaves when the turn is over. Everything else passes through."""

    __slots__ = ("_held", "_loop", "raw")

    def __init__(self, raw: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self.raw = raw
        self._loop = loop
        self._held = b""

    def write(self, data: bytes) -> None:
        """Sends, perhaps together with the next write."""
        if self._held:
            self._held += data
            self._flush()
        else:
            self._held = data
            self._loop.call_soon(self._flush)

    def close(self) -> None:
        """Closes once what was written is sent, or after a few seconds in which the peer did not take it."""
        self._flush()
        if self.raw.get_write_buffer_size():
            self._loop.call_later(_LINGER, self.raw.abort)
        self.raw.close()

    def _flush(self) -> None:
        if self._held and not self.raw.is_closing():
            self.raw.write(self._held)
        self._held = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.raw, name)


class CoalescingProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol on a coalescing transport."""

    _answering: RequestResponseCycle | None = None
    """The request that is being answered while others wait behind it in the pipeline."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A connection begins."""
        peer = transport.get_extra_info("socket")
        if peer is not None and peer.family in (socket.AF_INET, socket.AF_INET6):
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if hasattr(socket, "TCP_USER_TIMEOUT"):
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _VANISHED)
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _VANISHED * 1000)
        # Not a subclass of asyncio's: neither is uvloop's.
        super().connection_made(CoalescingTransport(cast(asyncio.Transport, transport), self.loop))  # type: ignore[arg-type]

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def on_headers_complete(self) -> None:
        """A request begins. The server stops reading when it has to wait for others, but a peer that leaves is noticed
        by reading alone; so reading goes on, up to a number of requests."""
        super().on_headers_complete()
        if len(self.pipeline) > _PIPELINED:
            self.transport.abort()
        elif self.pipeline:
            self.flow.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """The peer has left: the server itself tells only the newest request of a pipeline."""
        if self._answering is not None and not self._answering.response_complete:
            self._answering.disconnected = True
            self._answering.message_event.set()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP is answered in the envelope, too."""
        body = msgspec.json.encode(invalid("The request is not valid HTTP").body())
        head = f"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        self.transport.write(head.encode() + b"connection: close\r\n\r\n" + body)
        self.transport.close()

    def handle_websocket_upgrade(self) -> None:
        """A WebSocket protocol takes over, with the transport as it is."""
        self.transport = self.transport.raw  # type: ignore[attr-defined]
        super().handle_websocket_upgrade()
