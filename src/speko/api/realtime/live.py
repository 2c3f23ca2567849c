"""The live sessions of this process: who may have which, one socket each.

Source: contract, S2S WebSocket 1, 6 and 7.
"""

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from speko.api.errors import ApiError
from speko.api.limiting import refusal
from speko.api.parts import Parts
from speko.api.realtime.candidates import candidates_of, with_current_keys
from speko.api.realtime.dialling import Dialler
from speko.api.realtime.door import Refused, SocketOwner
from speko.api.realtime.observer import SessionObserver
from speko.api.realtime.tokens import SessionToken
from speko.events.s2s import EndFrame, EndReason
from speko.providers.s2s import EngineConnection, EngineSink, Rates, S2sCapabilities
from speko.realtime.bridge import CLIENT_LOST, Bridge
from speko.realtime.engines import Dial, Dialled, Engines
from speko.realtime.session import SessionConfig
from speko.routing.metering import CallInfo, Meter
from speko.storage.sessions import Claim, SessionRow
from speko.storage.sessions_records import LOST

STALL = 10.0
"""Seconds without a word of an engine that owes an answer."""
ATTACH_AGAIN = 15.0
"""Seconds in which a client that lost its socket may come back."""
_LOOKS_ALIVE = 1.0
"""Seconds that the socket of a session has to answer a ping when another one comes with the same token."""
_MOST_ENTERING = 4
"""Sockets that wait for one session; more are refused at once."""
_LONGEST_END = 10.0
"""Seconds that the end waits for what does not come to its own."""


@dataclass(slots=True)
class Live:
    """One session, and the socket that has it."""

    bridge: Bridge
    door: SocketOwner
    entering: asyncio.Lock = field(default_factory=asyncio.Lock)
    queue: int = 0
    """Other sockets that want it."""


class LiveSessions:
    """All sessions that this process holds."""

    def __init__(self, gateway: Parts) -> None:
        self._gateway = gateway
        self._live: dict[str, Live] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        """Sockets that are entering."""
        self._dialling: set[asyncio.Task[Any]] = set()
        """Engines that are being connected."""
        self._owner = gateway.place.owner
        self._stopping = False

    @property
    def count(self) -> int:
        """Live sessions, those that are being admitted included."""
        return len(self._live) + len(self._tasks)

    def holds(self, session_id: str) -> bool:
        """Whether a session is live here."""
        return session_id in self._live

    def start(self, entering: Coroutine[Any, Any, None]) -> None:
        """Lets a socket enter, beside everything else."""
        task = asyncio.get_running_loop().create_task(entering)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def read_token(self, presented: str | None, now: datetime) -> SessionToken | None:
        """The token, if it is ours and still valid."""
        return self._gateway.session_tokens.read(presented, now) if presented else None

    async def admit(self, token: SessionToken, door: SocketOwner) -> Bridge:
        """The session of a token, for this socket.

        Raises:
            Refused: it is in use, over, or cannot be served.
        """
        if self._stopping:
            raise _stopping()
        if token.session_id not in self._live:
            claim = await self._claim(token)
            if claim.row is not None:
                return self._begin(claim.row, door)
        live = self._live.get(token.session_id)
        if live is not None:  # also when another socket was faster
            bridge = await self._after_the_others(live, door)
            if bridge is not None:
                return bridge
            claim = await self._claim(token)  # how it has ended
        lost = claim.end_reason in (CLIENT_LOST, LOST)
        if claim.state == "in_use" or (claim.state == "ended" and not lost):
            raise _in_use()
        raise Refused(4404, "SESSION_NOT_FOUND", "There is no such session any more")

    async def _after_the_others(self, live: Live, door: SocketOwner) -> Bridge | None:
        """One after the other, since each has to wait for a pong."""
        if live.queue >= _MOST_ENTERING:
            raise _in_use()
        live.queue += 1
        try:
            async with live.entering:
                return await self._take_over(live, door)
        finally:
            live.queue -= 1

    async def _take_over(self, live: Live, door: SocketOwner) -> Bridge | None:
        """The session that another socket has or had; None = it is over, now if not before."""
        bridge, before = live.bridge, live.bridge.link
        # A phone that changed networks leaves a socket that looks open.
        if before is not None and await before.alive(_LOOKS_ALIVE):
            raise _in_use()
        if bridge.over:
            return None
        if before is not None:
            live.door.retire()
            bridge.detach(before, None)
            before.abort()
        live.door = door
        return bridge

    async def _claim(self, token: SessionToken) -> Claim:
        sessions = self._gateway.store.sessions
        claim = await sessions.claim(token.session_id, token.organization_id, self._owner)
        if claim.state == "in_use":  # or has ended just now, here
            await sessions.journal.flush()
            claim = await sessions.claim(token.session_id, token.organization_id, self._owner)
        return claim

    def _begin(self, row: SessionRow, door: SocketOwner) -> Bridge:
        """A session that is ours alone from here on, so whatever goes wrong has to end it."""
        journal = self._gateway.store.sessions.journal
        limits = self._gateway.limits
        if self._stopping:
            limits.end_session(row.id)  # its creation has held a place for it
            journal.ended(row.id, "ended", "server_shutdown")
            raise _stopping()
        if exceeded := limits.begin_session(row.id, row.organization_id, row.api_key_id, row.created_at):
            journal.ended(row.id, "ended", "limit_reached")
            raise _limited(refusal(exceeded))
        try:
            bridge = self._open(row)
        except ApiError as error:
            limits.end_session(row.id)
            if error.status in (402, 429):
                refused = _limited(error)
                journal.ended(row.id, "ended", refused.reason)
                raise refused from None
            journal.ended(row.id, "failed", "invalid_config")
            raise Refused(4400, "INVALID_CONFIG", error.text) from None
        except Exception:
            limits.end_session(row.id)
            journal.ended(row.id, "failed", "internal_error")
            raise
        self._live[row.id] = Live(bridge, door)
        return bridge

    def _open(self, row: SessionRow) -> Bridge:
        gateway = self._gateway
        spec = row.spec
        span = gateway.tracing.session(row.request_id) if gateway.tracing is not None else None
        info = CallInfo(
            "session",
            row.request_id,
            row.organization_id,
            row.id,
            api_key_id=row.api_key_id,
            traceparent=span.traceparent if span is not None else None,
        )
        meter = Meter(info, gateway.ledger)
        observer = SessionObserver(
            row.id,
            gateway.store.sessions.journal,
            meter,
            keep_words=gateway.settings.store_transcripts,
            forget=self._forget,
        )
        candidates = candidates_of(gateway, row.organization_id, row.api_key_id, spec)
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
            tool_timeout=spec.tool_timeout_seconds,
            tools=frozenset(tool.name for tool in spec.tools),
        )
        dialler = Dialler(gateway, spec, info)
        engines = Engines(
            candidates,
            pinned=spec.pinned,
            health=gateway.router.health,
            meter=meter,
            dial=self._waited_for(dialler.dial),
            renew=partial(with_current_keys, gateway, row.organization_id, row.api_key_id),
        )
        return Bridge(config, engines, gateway.watched(row.id, observer, span))

    def _waited_for(self, dial: Dial) -> Dial:
        """A dial that the end cuts short is still to be booked."""

        async def dialled(what: Dialled, sink: EngineSink) -> tuple[EngineConnection, S2sCapabilities, Rates]:
            task = asyncio.current_task()
            assert task is not None  # noqa: S101 - a coroutine that runs has one
            self._dialling.add(task)
            task.add_done_callback(self._dialling.discard)
            return await dial(what, sink)

        return dialled

    def _forget(self, session_id: str) -> None:
        self._live.pop(session_id, None)
        self._gateway.limits.end_session(session_id)

    def end_soon(self, session_id: str, reason: EndReason) -> None:
        """Ends a session, but not in the middle of what it is doing now."""
        asyncio.get_running_loop().call_soon(self._end, session_id, reason)

    def _end(self, session_id: str, reason: EndReason) -> None:
        live = self._live.get(session_id)
        if live is not None:
            try:
                live.bridge.end(reason)
            except Exception as error:
                live.bridge.crashed(error)

    async def end_all(self, reason: EndReason = "server_shutdown") -> None:
        """Ends every session, for good, and waits until what belongs to it is written down.

        Sockets that are entering are not cancelled: a session that is being claimed just now would stay claimed, by
        nobody.
        """
        self._stopping = True
        for live_id in list(self._live):
            self._end(live_id, reason)
        if waited_for := self._tasks | self._dialling:
            await asyncio.wait(waited_for, timeout=_LONGEST_END)


def _in_use() -> Refused:
    return Refused(4409, "SESSION_IN_USE", "The session has a socket already, or had one")


def _limited(error: ApiError) -> Refused:
    reason: EndReason = "insufficient_credits" if error.status == 402 else "limit_reached"
    return Refused(1008, error.code, error.text, reason, end=EndFrame(reason))


def _stopping() -> Refused:
    reason: EndReason = "server_shutdown"
    return Refused(1001, "INTERNAL_ERROR", "The gateway is stopping", reason, end=EndFrame(reason))
