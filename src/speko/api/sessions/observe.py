"""`GET /v1/sessions/{id}/stream`: what happens in a session, as it happens. Source: contract, sessions 6."""

import asyncio
import re
from typing import Any

from litestar import Request, get
from litestar.params import FromPath, FromQuery
from litestar.types import ASGIApp, Receive, Scope, Send

from speko.api.gateway import gateway_of
from speko.api.leaving import Leaving
from speko.api.openapi import SSE_SESSION
from speko.api.sessions.addressed import Addressed, unknown_session
from speko.api.sessions.turns import turn_event
from speko.api.wire import optional_timestamp
from speko.events import sse
from speko.events.observation import EndEvent, ObservationEvent, StatusEvent
from speko.events.oneshot import ErrorEvent
from speko.storage.errors import StorageError

POLL_SECONDS = 1.0
"""How often the database is looked at; changes of this process are told at once."""
KEEP_ALIVE_SECONDS = 15.0
ROTATE_SECONDS = 600.0
"""After which the client has to come again."""
SEND_SECONDS = 30.0
"""That a client may take to read what it was sent, before it is given up."""
TURNS_AT_ONCE = 200
_CURSOR = re.compile(r"(-1|[0-9]{1,9}):[0-9]{1,16}\Z")


@get("/v1/sessions/{session_id:str}/stream", **SSE_SESSION)
async def observe_session(
    request: Request[Any, Any, Any], session_id: FromPath[str], cursor: FromQuery[str | None] = None
) -> ASGIApp:
    """Status and turns, beginning after the cursor `<index of the last turn>:<ms of the last event>`; an unreadable
    cursor is the start."""
    asked = Addressed(request, session_id)
    # What this process has not written down yet is waited for here, once.
    if await asked.sessions.get(asked.organization_id, asked.id) is None:
        raise unknown_session()
    found = _CURSOR.match(cursor or "")
    return Observation(request, asked, int(found[1]) if found else -1)


class Observation:
    """One client that watches one session."""

    def __init__(self, request: Request[Any, Any, Any], asked: Addressed, after: int) -> None:
        self._gateway = gateway_of(request.app)
        self._asked = asked
        self._after = after
        """Index of the last turn that was sent."""
        self._status: StatusEvent | None = None
        self._more = False
        """Whether turns are known that were not read yet."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        with self._gateway.in_flight.here():
            async with Leaving(receive):
                try:
                    await self._stream(send)
                except TimeoutError:
                    return  # the body stays without an end, so the server cuts the connection

    async def _stream(self, send: Send) -> None:
        loop = asyncio.get_running_loop()
        rotate_at = loop.time() + ROTATE_SECONDS
        await send({"type": "http.response.start", "status": 200, "headers": sse.HEADERS})
        said_at = loop.time()
        with self._asked.sessions.changes.watch(self._asked.id) as changed:
            while True:
                changed.clear()
                events = await self._news(rotate=self._gateway.draining or loop.time() >= rotate_at)
                ended = bool(events) and isinstance(events[-1], EndEvent | ErrorEvent)
                if events or loop.time() >= said_at + KEEP_ALIVE_SECONDS:
                    piece = sse.encode(events) if events else sse.KEEP_ALIVE
                    async with asyncio.timeout(SEND_SECONDS):
                        await send({"type": "http.response.body", "body": piece, "more_body": not ended})
                    said_at = loop.time()
                if ended:
                    return
                if not self._more:
                    await _either(changed, POLL_SECONDS)

    async def _news(self, *, rotate: bool) -> list[ObservationEvent | ErrorEvent]:
        """What was not sent yet."""
        asked = self._asked
        try:
            seen = await asked.sessions.observe(asked.organization_id, asked.id, self._after, TURNS_AT_ONCE)
        except StorageError:
            return [ErrorEvent("The session cannot be read now", "INTERNAL_ERROR")]
        if seen is None:
            return [ErrorEvent("Unknown session", "SESSION_NOT_FOUND")]
        row, turns = seen
        events: list[ObservationEvent | ErrorEvent] = []
        status = StatusEvent(row.status, optional_timestamp(row.ended_at))
        if status != self._status:
            self._status = status
            events.append(status)
        events += map(turn_event, turns)
        if turns:
            self._after = turns[-1].index
        self._more = len(turns) == TURNS_AT_ONCE
        if row.over and not self._more:
            events.append(EndEvent("session_ended"))
        elif rotate:
            events.append(EndEvent("timeout"))
        return events


async def _either(changed: asyncio.Event, seconds: float) -> None:
    """Until something has changed, or so long."""
    try:
        async with asyncio.timeout(seconds):
            await changed.wait()
    except TimeoutError:
        return
