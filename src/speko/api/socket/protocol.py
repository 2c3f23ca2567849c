"""WebSockets as uvicorn's second protocol: `uvicorn.Config(ws=websocket_protocol(upgrade))`.

The upgrade never reaches the HTTP framework: the request is judged here, and what it opens is a `PicowsLink`.
"""

import asyncio
from collections.abc import MutableSet
from typing import Any, cast

from speko.api.socket.handshake import Granted, judge
from speko.api.socket.lingering import Lingering
from speko.api.socket.picows_link import Manners, PicowsLink
from speko.api.socket.seam import Upgrade


class Opening(asyncio.Protocol):
    """A connection from its upgrade request until that is answered."""

    def __init__(self, upgrade: Upgrade, manners: Manners, connections: MutableSet[Any]) -> None:
        self._upgrade = upgrade
        self._manners = manners
        self._connections = connections
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is handed over."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """The request, and whatever came behind it."""
        head, _, early = data.partition(b"\r\n\r\n")
        peer = self._transport.get_extra_info("peername")
        judged = judge(head, peer[0] if isinstance(peer, tuple | list) else None, self._upgrade)
        if isinstance(judged, Granted):
            self._grant(judged, data, early)
        else:
            self._transport.write(judged)
            Lingering(self._transport, self._manners.linger)

    def _grant(self, granted: Granted, received: bytes, early: bytes) -> None:
        transport, moving = self._transport, granted.accept.moving
        if moving is None:
            PicowsLink(granted, transport, self._connections, self._manners, early)
            return

        def stay() -> None:
            PicowsLink(granted, transport, self._connections, self._manners, early)
            transport.resume_reading()

        transport.pause_reading()
        moving(transport, received, stay)


_USUAL = Manners()


def websocket_protocol(upgrade: Upgrade, manners: Manners = _USUAL) -> type[asyncio.Protocol]:
    """The protocol class for `ws=`; `upgrade` decides about each request. Goes with `CoalescingProtocol` alone, which
    hands a connection over with everything that it has read."""

    class GatewayOpening(Opening):
        def __init__(self, *, config: Any, server_state: Any, app_state: Any) -> None:
            super().__init__(upgrade, manners, server_state.connections)

    return GatewayOpening
