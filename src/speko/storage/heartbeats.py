"""Tells the other gateway processes of a database that this one lives, and ends the sessions of those that died.

A process counts as dead when its row has stood still for half a minute, by the clock and the eyes of whoever looks: no
two clocks are compared, and a database that was away for everybody has killed nobody.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from speko.storage import tables
from speko.storage.database import Database
from speko.storage.errors import StorageError
from speko.storage.sessions_records import LOST

EVERY = 5.0
"""Seconds between two beats."""
DEAD_AFTER = 30.0
"""Seconds without a beat."""
_LONGEST_BEAT = 10.0
"""Seconds until a beat counts as failed."""
_p = tables.processes.c
log = logging.getLogger(__name__)


class Watch:
    """What is known of others' beats."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, float]] = {}
        """By process: its beat, and when that was first seen."""
        self._looked: float | None = None

    def dead(self, beats: Mapping[str, int], now: float) -> dict[str, int]:
        """Which of these processes have not moved for so long that they count as dead, and where they stand.

        Args:
            beats: of all processes, as the database has them.
            now: monotonic seconds.
        """
        if self._looked is not None and now - self._looked > DEAD_AFTER / 2:
            self._seen.clear()  # nobody looked meanwhile, so that nothing can be said about that time
        self._looked = now
        self._seen = {
            name: self._seen[name] if name in self._seen and self._seen[name][0] == beat else (beat, now)
            for name, beat in beats.items()
        }
        return {name: beat for name, (beat, since) in self._seen.items() if now - since >= DEAD_AFTER}


class Heart:
    """The beat of this process.

    Args:
        owner: its name, which its sessions carry.
        now: the clock, in UTC.
    """

    def __init__(self, database: Database, owner: str, now: Callable[[], datetime]) -> None:
        self._database = database
        self._owner = owner
        self._now = now
        self._watch = Watch()
        self._beats = 0
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Beats for the first time, and from then on. Raises StorageError."""
        await self.beat(time.monotonic())
        self._task = asyncio.create_task(self._run(), name="heartbeat")

    async def close(self) -> None:
        """Says goodbye: nobody has to wait for the death of a process that has ended."""
        self._stop.set()
        if self._task is not None:
            await self._task
        with contextlib.suppress(StorageError):
            async with self._database.write() as connection:
                await connection.execute(delete(tables.processes).where(_p.id == self._owner))

    async def beat(self, now: float) -> None:
        """Tells that this process lives, and looks at the others. `now`: monotonic seconds. Raises StorageError."""
        self._beats += 1
        row = {"id": self._owner, "beat": self._beats}
        async with self._database.write() as connection:
            await connection.execute(self._database.insert_or_replace(tables.processes).values(row))
            beats: dict[str, int] = {row.id: row.beat for row in await connection.execute(select(_p.id, _p.beat))}
            for name, beat in self._watch.dead(beats, now).items():
                if name != self._owner:
                    await self._bury(connection, name, beat)

    async def _bury(self, connection: AsyncConnection, name: str, beat: int) -> None:
        gone = delete(tables.processes).where(_p.id == name, _p.beat == beat).returning(_p.id)
        if (await connection.execute(gone)).first() is not None:
            await end_sessions_of(connection, name, self._now())
            log.warning("a gateway process has died; its sessions are lost", extra={"owner": name})

    async def _run(self) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY):
                    await self._stop.wait()
                return
            try:
                async with asyncio.timeout(_LONGEST_BEAT):
                    await self.beat(time.monotonic())
            except (StorageError, TimeoutError):
                continue  # others say that the database is away


async def end_sessions_of(connection: AsyncConnection, owner: str | None, now: datetime) -> None:
    """Ends the sessions that a dead process has left live; None: whatever is live."""
    sessions = tables.sessions
    whose = () if owner is None else (sessions.c.socket_owner == owner,)
    await connection.execute(
        update(sessions)
        .where(sessions.c.status.in_(("connecting", "active")), sessions.c.kind == "s2s", *whose)
        .values(status="failed", end_reason=LOST, ended_at=now)
    )
