"""uvicorn's HTTP protocol with the manners of a gateway.

The headers of an answer leave together with its first piece: a system call for each was a fifth of the time of a short
answer. And connections end: a peer that has vanished is noticed, and one that does not read cannot hold a closed
connection open.
"""

import asyncio
import socket
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from speko.api.edge import plain_answer
from speko.api.errors import invalid
from speko.api.socket.lingering import Lingering

_HEAD_BYTES = 64 * 1024
_HEAD_SECONDS = 30.0
"""Size of a request's headers, and the time that they may take to arrive."""
_DISCARDING = 1.0
"""Seconds in which the rest of what was refused is read."""
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

    def release(self) -> asyncio.Transport:
        """Sends what is held, and gives the transport itself to somebody else."""
        self._flush()
        return self.raw

    def _flush(self) -> None:
        if self._held and not self.raw.is_closing():
            self.raw.write(self._held)
        self._held = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.raw, name)


class CoalescingProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol on a coalescing transport."""

    _head_bytes = 0
    """Received of a request whose headers are not complete."""
    _head_timer: asyncio.TimerHandle | None = None
    """Runs while headers are awaited."""

    _refused = False
    """It has been answered for the last time."""

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
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Bytes arrived. The server itself would take headers of any size, and wait for their end for ever."""
        if self._head_timer is not None:
            self._head_bytes += len(data)
        self._unset_keepalive_if_required()
        rest = self._parse(data)
        while rest and not self._is_over:
            rest = self._parse(rest)
        if self._head_timer is not None and self._head_bytes > _HEAD_BYTES and not self._is_over:
            self.send_400_response("")

    def _parse(self, data: bytes) -> bytes:
        """What is still to be parsed after it."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.send_400_response("")
        except httptools.HttpParserUpgrade as upgrade:
            # The server itself would lose what came behind the request.
            rest = data[upgrade.args[0] :]
            if not self._should_upgrade():
                return rest
            self._hand_over(rest)
        return b""

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        if self._head_timer is None:
            self._await_head()

    def _await_head(self) -> None:
        self._head_bytes = 0
        self._head_timer = self.loop.call_later(_HEAD_SECONDS, self._head_is_late)

    def _end_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self._head_bytes:
            self.send_400_response("")
        else:
            self.transport.close()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def on_headers_complete(self) -> None:
        """A request begins. The server stops reading when it has to wait for others, but a peer that leaves is noticed
        by reading alone; so reading goes on, up to a number of requests."""
        self._end_head()
        # One that came in a single piece, too. What is raised here is answered as any other head that cannot be read.
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > _HEAD_BYTES:
            raise ValueError("the headers are too long")
        super().on_headers_complete()
        if self.parser.should_upgrade() and self._should_upgrade():
            self._refuse_body()
        if len(self.pipeline) > _PIPELINED:
            self.transport.abort()
        elif self.pipeline:
            self.flow.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """The peer has left: the server itself tells only the newest request of a pipeline."""
        self._end_head()
        if self._answering is not None and not self._answering.response_complete:
            self._answering.disconnected = True
            self._answering.message_event.set()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP is answered in the envelope, too."""
        self._end_head()
        self._refuse("The request is not valid HTTP, or its headers are too long or too late")

    def _refuse(self, text: str) -> None:
        self._refused = True
        self.transport.write(plain_answer(invalid(text)))
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.close()  # somebody still writes
        else:
            # What is still coming would turn the end into a reset, which overtakes the answer.
            Lingering(cast(CoalescingTransport, self.transport).release(), _DISCARDING, self.connection_lost)

    @property
    def _is_over(self) -> bool:
        return self._refused or self.transport.is_closing()

    # ---- upgrades

    def _should_upgrade(self) -> bool:
        """Whether the request asks for a WebSocket in the way that a WebSocket is asked for. What asks for something
        else, or otherwise, is a request like any other."""
        if self.ws_protocol_class is None or self.scope["method"] != "GET" or self.scope["http_version"] != "1.1":
            return False
        return any(
            name == b"upgrade" and b"websocket" in map(bytes.strip, value.lower().split(b","))
            for name, value in self.headers
        )

    def _refuse_body(self) -> None:
        for name, value in self.headers:
            if name == b"transfer-encoding" or (name == b"content-length" and value.strip(b"0")):
                self._refuse("A request for an upgrade has no body")
                return

    def _hand_over(self, early: bytes) -> None:
        """A WebSocket protocol takes over: the transport as it is, the request, and what came behind it."""
        if self._is_over:
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.abort()  # it asks before the answer to its last request; what we send would be mixed up
            return
        raw = cast(CoalescingTransport, self.transport).release()
        self.connections.discard(self)
        headers = b"".join(b"%b: %b\r\n" % header for header in self.headers)
        protocol: Any = cast(Any, self.ws_protocol_class)(
            config=self.config, server_state=self.server_state, app_state=self.app_state
        )
        protocol.connection_made(raw)
        raw.set_protocol(protocol)
        protocol.data_received(b"GET %b HTTP/1.1\r\n%b\r\n%b" % (self.url, headers, early))
        self.parser = None  # type: ignore[assignment]  # it refers to this protocol
