"""One send per turn of the event loop: headers, first events and end of an answer leave together when they can.

A system call for each of them was two fifths of the time of a short answer. Nothing waits for anything: what one turn
has written leaves at the end of that turn.
"""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class CoalescingTransport:
    """A transport whose writes leave at the end of the running turn of the loop. Everything else passes through."""

    __slots__ = ("_loop", "_pending", "raw")

    def __init__(self, raw: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self.raw = raw
        self._loop = loop
        self._pending: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Sends with everything else of this turn."""
        if not self._pending:
            self._loop.call_soon(self._flush)
        self._pending.append(data)

    def close(self) -> None:
        """Closes once what was written is sent."""
        self._flush()
        self.raw.close()

    def _flush(self) -> None:
        if self._pending and not self.raw.is_closing():
            self.raw.write(self._pending[0] if len(self._pending) == 1 else b"".join(self._pending))
        self._pending.clear()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.raw, name)


class CoalescingProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol on a coalescing transport."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A connection begins."""
        # Not a subclass of asyncio's: neither is uvloop's.
        super().connection_made(CoalescingTransport(cast(asyncio.Transport, transport), self.loop))  # type: ignore[arg-type]

    def handle_websocket_upgrade(self) -> None:
        """A WebSocket protocol takes over, with the transport as it is."""
        self.transport = self.transport.raw  # type: ignore[attr-defined]
        super().handle_websocket_upgrade()
