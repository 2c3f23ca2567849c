"""Deletes words and attempts when their days are over. Usage, which is money, is never deleted.

Everything goes in small batches, each in a transaction of its own, so that whoever writes waits for milliseconds. All
of it may be repeated, and may be done by several processes at once; on PostgreSQL one of them does it at a time.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Table, delete, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from speko.storage import tables
from speko.storage.database import Database
from speko.storage.errors import StorageError

EVERY_SECONDS = 3600.0
_JITTER = 0.1
"""Part of the hour by which the time between two sweeps varies, so that processes do not stay in step."""
BATCH_ATTEMPTS = 500
BATCH_SESSIONS = 50
LOOKED_THROUGH = 1000
"""Sessions in which one query looks for what is due."""
_LOCK = 0x7370656B  # any number that no other lock of this database has
logger = logging.getLogger(__name__)


class Rules(Struct, frozen=True):
    """Days that things are kept; None = for ever."""

    transcript_days: int | None = None
    """Words, after the end of their session."""
    attempt_days: int | None = None
    """Attempts and timings of turns, after they began."""


class Swept(Struct):
    """Rows that a sweep has deleted."""

    words: int = 0
    timings: int = 0
    attempts: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.words + self.timings + self.attempts


class _AnotherSweeps(Exception):
    """Another process is at it."""


class Retention:
    """Sweeps at the start and then about every hour.

    Args:
        now: the clock, in UTC.
    """

    def __init__(self, database: Database, rules: Rules, now: Callable[[], datetime]) -> None:
        self._database = database
        self._rules = rules
        self._now = now
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.sweeps = 0
        """Sweeps that were begun."""

    def start(self) -> None:
        """Begins to sweep, where there is a rule."""
        if self._rules.transcript_days is not None or self._rules.attempt_days is not None:
            self._task = asyncio.create_task(self._run(), name="retention")

    async def close(self) -> None:
        """Stops after the batch in hand."""
        self._stop.set()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        while not self._stop.is_set():
            self.sweeps += 1
            try:
                swept = await self.sweep()
            except StorageError as error:
                logger.warning(
                    "Retention: the database does not answer", extra={"error": type(error.__cause__ or error).__name__}
                )
            else:
                if swept.total:
                    counts = {"words": swept.words, "timings": swept.timings, "attempts": swept.attempts}
                    logger.info("Retention: rows were deleted", extra=counts)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY_SECONDS * random.uniform(1 - _JITTER, 1 + _JITTER)):
                    await self._stop.wait()

    async def sweep(self) -> Swept:
        """Deletes what is due. Raises StorageError."""
        swept = Swept()
        now = self._now()
        with contextlib.suppress(_AnotherSweeps):
            if self._rules.transcript_days is not None:
                await self._sweep_words(now - timedelta(days=self._rules.transcript_days), swept)
            if self._rules.attempt_days is not None:
                before = now - timedelta(days=self._rules.attempt_days)
                await self._sweep_timings(before, swept)
                await self._sweep_attempts(before, swept)
        return swept

    async def _sweep_words(self, before: datetime, swept: Swept) -> None:
        words, sessions = tables.session_transcript, tables.sessions
        # One that was never told to be over ended when it expired. Words without a session have nobody to keep them.
        kept = exists().where(
            sessions.c.id == words.c.session_id, func.coalesce(sessions.c.ended_at, sessions.c.expires_at) >= before
        )
        async for sessions_due in self._sessions_with(words, ~kept):
            swept.words += await self._delete(words, words.c.session_id.in_(sessions_due), ~kept)

    async def _sweep_timings(self, before: datetime, swept: Swept) -> None:
        timings = tables.session_turn_timings
        due = timings.c.started_at < before
        async for sessions_due in self._sessions_with(timings, due):
            swept.timings += await self._delete(timings, timings.c.session_id.in_(sessions_due), due)

    async def _sweep_attempts(self, before: datetime, swept: Swept) -> None:
        """By organisation, since that is how the index of their times begins."""
        attempts = tables.attempts
        async with self._database.read() as connection:
            organizations = (await connection.execute(select(tables.organizations.c.id))).scalars().all()
        for organization_id in organizations:
            due = (
                select(attempts.c.id)
                .where(attempts.c.organization_id == organization_id, attempts.c.started_at < before)
                .order_by(attempts.c.started_at)
                .limit(BATCH_ATTEMPTS)
            )
            gone = BATCH_ATTEMPTS
            while gone == BATCH_ATTEMPTS and not self._stop.is_set():
                gone = await self._delete(attempts, attempts.c.id.in_(due))
                swept.attempts += gone

    async def _sessions_with(self, table: Table, due: ColumnElement[bool]) -> AsyncIterator[Sequence[str]]:
        """The sessions of which a table has rows that are due, a batch at a time."""
        id = table.c.session_id
        last = ""
        while not self._stop.is_set():
            page = select(id).distinct().where(id > last).order_by(id).limit(LOOKED_THROUGH).subquery()
            async with self._database.read() as connection:
                end = await connection.scalar(select(func.max(page.c.session_id)))
                if end is None:
                    return
                within = select(id).distinct().where(id > last, id <= end, due)
                found = (await connection.execute(within)).scalars().all()
            for start in range(0, len(found), BATCH_SESSIONS):
                if self._stop.is_set():
                    return
                yield found[start : start + BATCH_SESSIONS]
            last = end

    async def _delete(self, table: Table, *due: ColumnElement[bool]) -> int:
        """One batch; the number of rows that went. Who has nothing to delete keeps nobody from writing."""
        async with self._database.read() as connection:
            if (await connection.execute(select(1).select_from(table).where(*due).limit(1))).first() is None:
                return 0
        async with self._sweeping() as connection:
            result: Any = await connection.execute(delete(table).where(*due))
            return int(result.rowcount)

    @asynccontextmanager
    async def _sweeping(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that deletes, in one process at a time: two that delete the same rows could wait for each
        other in a circle. Raises _AnotherSweeps."""
        async with self._database.write() as connection:
            if not self._database.is_sqlite:
                taken = await connection.execute(select(func.pg_try_advisory_xact_lock(_LOCK)))
                if not taken.scalar_one():
                    raise _AnotherSweeps
            yield connection
