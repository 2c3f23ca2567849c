"""A socket that comes to one process while another one holds its session.

The connection itself moves: the process that has accepted it gives it, before it answers the upgrade, to the process
that is named in the session's row. From then on that one speaks with the client, as if it had accepted it: no frame
passes through two processes, pings and back-pressure are the client's own, and the first process may end. Whoever
receives a connection checks the token again.
"""

import asyncio
import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from speko.api.realtime.tokens import SessionToken
from speko.api.workers.folder import Gone
from speko.api.workers.lost_processes import end_of
from speko.storage.errors import StorageError

if TYPE_CHECKING:
    from speko.api.gateway import Gateway
    from speko.api.workers.siblings import Siblings

log = logging.getLogger(__name__)


class Moving:
    """Decides about one connection, and moves it where it belongs."""

    def __init__(self, gateway: "Gateway", siblings: "Siblings", token: SessionToken) -> None:
        self._gateway = gateway
        self._siblings = siblings
        self._token = token

    def __call__(self, transport: asyncio.Transport, received: bytes, stay: Callable[[], None]) -> None:
        """See `speko.api.socket.seam.Moving`."""
        self._gateway.sockets.start(self._move(transport, received, stay))

    async def _move(self, transport: asyncio.Transport, received: bytes, stay: Callable[[], None]) -> None:
        try:
            moved = await self._moved(transport, received)
        except StorageError:
            moved = False  # which will be said on the open socket
        except Exception as error:
            # Whoever has it now, two must not speak to one client.
            log.error("a socket could not be given to the process of its session", extra={"type": type(error).__name__})
            transport.abort()
            return
        if moved:
            transport.abort()  # closes it here, and not where it is now
        elif not transport.is_closing():
            stay()

    async def _moved(self, transport: asyncio.Transport, received: bytes) -> bool:
        sessions, token, siblings = self._gateway.store.sessions, self._token, self._siblings
        owner = await sessions.owner(token.session_id, token.organization_id)
        if owner is None or owner == siblings.place.owner:
            return False
        descriptor = os.dup(transport.get_extra_info("socket").fileno())
        try:
            gone = await siblings.hand_over(owner, descriptor, received)
        finally:
            os.close(descriptor)
        if gone is Gone.DEAD:
            await end_of(sessions, siblings, owner)
        return gone is None


def moving_of(gateway: "Gateway", session_id: str, presented: str | None) -> Moving | None:
    """How to find out where a socket belongs; None = here, as far as that matters."""
    if gateway.siblings is None or presented is None or gateway.sockets.holds(session_id):
        return None
    token = gateway.session_tokens.read(presented, datetime.now(UTC))
    return Moving(gateway, gateway.siblings, token) if token is not None and token.session_id == session_id else None
