"""The live sessions of this process: who may have which, one socket each.

Source: contract, S2S WebSocket 1, 6 and 7.
"""

import asyncio
import time
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from speko.api.errors import ApiError
from speko.api.realtime.candidates import candidates_of
from speko.api.realtime.dialling import Dialler
from speko.api.realtime.door import Door, Refused
from speko.api.realtime.observer import SessionObserver
from speko.api.realtime.tokens import SessionToken
from speko.events.s2s import EndReason
from speko.realtime.bridge import CLIENT_LOST, Bridge
from speko.realtime.engines import Engines
from speko.realtime.link import ClientLink
from speko.realtime.session import SessionConfig
from speko.routing.metering import CallInfo, Meter
from speko.storage.sessions import SessionRow
from speko.storage.sessions_records import LOST

if TYPE_CHECKING:
    from speko.api.gateway import Gateway

STALL = 10.0
"""Seconds without a word of an engine that owes an answer."""
ATTACH_AGAIN = 15.0
"""Seconds in which a client that lost its socket may come back."""
_LOOKS_ALIVE = 1.0
"""Seconds that the socket of a session has to answer a ping when another one comes with the same token."""


@dataclass(slots=True)
class Live:
    """One session, and the socket that has it."""

    bridge: Bridge
    door: Door
    entering: asyncio.Lock = field(default_factory=asyncio.Lock)


class LiveSessions:
    """All sessions that this process holds."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._live: dict[str, Live] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._owner = f"proc_{uuid4().hex[:16]}"
        self._stopping = False

    @property
    def count(self) -> int:
        """Live sessions, those that are being admitted included."""
        return len(self._live) + len(self._tasks)

    def start(self, entering: Coroutine[Any, Any, None]) -> None:
        """Lets a socket enter, beside everything else."""
        task = asyncio.get_running_loop().create_task(entering)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def read_token(self, presented: str | None, now: datetime) -> SessionToken | None:
        """The token, if it is ours and still valid."""
        return self._gateway.session_tokens.read(presented, now) if presented else None

    async def admit(self, token: SessionToken, door: Door, link: ClientLink) -> Bridge:
        """The session of a token, for this socket.

        Raises:
            Refused: it is in use, over, or cannot be served.
        """
        live = self._live.get(token.session_id)
        if live is not None:
            async with live.entering:
                return await self._take_over(live, door)
        row = await self._claim(token)
        if self._stopping:
            raise Refused(1001, "INTERNAL_ERROR", "The gateway is stopping", "server_shutdown")
        bridge = self._open(row)
        self._live[token.session_id] = Live(bridge, door)
        return bridge

    async def _take_over(self, live: Live, door: Door) -> Bridge:
        bridge, before = live.bridge, live.bridge.link
        if before is not None:
            # A phone that changed networks leaves a socket that looks open.
            if await before.alive(_LOOKS_ALIVE):
                raise Refused(4409, "SESSION_IN_USE", "The session has a socket already")
            live.door.retire()
            bridge.detach(before, None)
            before.abort()
        if bridge.over:
            raise Refused(4404, "SESSION_NOT_FOUND", "The session is over")
        live.door = door
        return bridge

    async def _claim(self, token: SessionToken) -> SessionRow:
        sessions = self._gateway.store.sessions
        claim = await sessions.claim(token.session_id, token.organization_id, self._owner)
        if claim.state == "in_use":  # or has ended just now, here
            await sessions.journal.flush()
            claim = await sessions.claim(token.session_id, token.organization_id, self._owner)
        if claim.row is not None:
            return claim.row
        lost = claim.end_reason in (CLIENT_LOST, LOST)
        if claim.state == "in_use" or (claim.state == "ended" and not lost):
            raise Refused(4409, "SESSION_IN_USE", "The session has a socket already, or had one")
        raise Refused(4404, "SESSION_NOT_FOUND", "There is no such session any more")

    def _open(self, row: SessionRow) -> Bridge:
        gateway = self._gateway
        spec = row.spec
        info = CallInfo("session", row.request_id, row.organization_id, row.id)
        meter = Meter(info, gateway.ledger)
        observer = SessionObserver(
            row.id,
            gateway.store.sessions.journal,
            meter,
            keep_words=gateway.settings.store_transcripts,
            forget=self._forget,
        )
        try:
            candidates = candidates_of(gateway, row.organization_id, spec)
        except ApiError as error:
            observer.ended("failed", "invalid_config")
            raise Refused(4400, "INVALID_CONFIG", error.text) from None
        settings = gateway.settings
        now = time.monotonic()
        config = SessionConfig(
            input_rate=spec.input_sample_rate,
            output_rate=spec.output_sample_rate,
            expires_at=now + (row.expires_at - datetime.now(UTC)).total_seconds(),
            max_duration=spec.max_duration_seconds,
            idle_timeout=settings.session_idle_seconds,
            stall_timeout=STALL,
            attach_again_within=ATTACH_AGAIN,
            tools=frozenset(tool.name for tool in spec.tools),
        )
        dialler = Dialler(gateway, spec, info)
        engines = Engines(candidates, pinned=spec.pinned, health=gateway.router.health, meter=meter, dial=dialler.dial)
        return Bridge(config, engines, observer)

    def _forget(self, session_id: str) -> None:
        self._live.pop(session_id, None)

    async def end_all(self, reason: EndReason = "server_shutdown") -> None:
        """Ends every session, and gives the clients a moment to hear of it."""
        self._stopping = True
        for live in list(self._live.values()):
            live.bridge.end(reason)
        if self._tasks:
            for task in list(self._tasks):
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*self._tasks, return_exceptions=True)
