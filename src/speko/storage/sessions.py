"""Sessions: their rows, who serves them, and what was said in them."""

from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import ColumnElement, and_, case, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from speko.realtime.actions import TurnRecord
from speko.storage import tables
from speko.storage.database import Database
from speko.storage.heartbeats import end_sessions_of
from speko.storage.sessions_changes import SessionChanges
from speko.storage.sessions_deletion import Deletion, delete_session
from speko.storage.sessions_journal import Journal
from speko.storage.sessions_records import (
    EXPIRED,
    LOST,
    LOST_AFTER,
    Claim,
    Once,
    Place,
    SessionFilter,
    SessionRow,
    Turn,
    as_of,
)
from speko.storage.sessions_rows import session_values, to_session, to_timing, to_turn, turn_values

__all__ = ["Claim", "Journal", "Once", "Place", "SessionFilter", "SessionRow", "Sessions", "Turn"]

KEPT = timedelta(hours=24)
"""How long the answer to an idempotent creation is kept."""
_TIDY_EVERY = timedelta(minutes=1)
_s = tables.sessions.c
P = ParamSpec("P")
T = TypeVar("T")


def _to_its_end(
    method: Callable[Concatenate["Sessions", P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate["Sessions", P], Coroutine[Any, Any, T]]:
    """A method whose statements are not cancelled with its caller: callers of sessions come and go all the time."""

    @wraps(method)
    async def run(self: "Sessions", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._database.to_its_end(method(self, *args, **kwargs))

    return run


class Sessions:
    """All sessions of all organisations. Methods raise StorageError when the database does not answer.

    A session of another organisation is an unknown one. What this process has told the journal is seen by every read.
    """

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._tidied: datetime | None = None
        self.changes = SessionChanges()
        self.journal = Journal(database, self.changes, now)

    def now(self) -> datetime:
        """Now, in the milliseconds that are stored."""
        now = self._now()
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    # ---- beginning and end

    @_to_its_end
    async def answered(self, organization_id: str, key: str) -> Once | None:
        """How an idempotent creation with that key was answered within 24 hours."""
        async with self._database.read() as connection:
            return await self._answered(connection, organization_id, key)

    @_to_its_end
    async def create(self, row: SessionRow, once: Once | None = None) -> Once | None:
        """Stores a new session. With `once`, nothing is stored when its key was used within 24 hours, and how that was
        answered is returned; of several at the same moment, one is stored."""
        async with self._database.write() as connection:
            await self._tidy(connection)
            if once is not None and not await self._take_key(connection, row, once):
                return await self._answered(connection, row.organization_id, once.key)
            await connection.execute(insert(tables.sessions).values(session_values(row)))
        return None

    @_to_its_end
    async def claim(self, session_id: str, organization_id: str, owner: str) -> Claim:
        """Takes the one right to serve a session, which nobody can have twice. `owner` names the process."""
        now = self._now()
        ours = (_s.id == session_id, _s.organization_id == organization_id)
        async with self._database.write() as connection:
            claimed = await connection.execute(
                update(tables.sessions)
                .where(*ours, _s.status == "created", _s.expires_at > now)
                .values(status="connecting", socket_owner=owner)
                .returning(*tables.sessions.c)
            )
            found = claimed.mappings().one_or_none()
            if found is None:
                seen = (await connection.execute(select(tables.sessions).where(*ours))).mappings().one_or_none()
        if found is not None:
            self.changes.changed(session_id)
            return Claim("claimed", to_session(found))
        if seen is None:
            return Claim("unknown")
        row = as_of(to_session(seen), now)
        return Claim("ended", end_reason=row.end_reason) if row.over else Claim("in_use")

    @_to_its_end
    async def owner(self, session_id: str, organization_id: str) -> str | None:
        """The process that holds a live session; None = nobody holds it."""
        ours = (_s.id == session_id, _s.organization_id == organization_id, _s.status.in_(("connecting", "active")))
        async with self._database.read() as connection:
            found: str | None = await connection.scalar(select(_s.socket_owner).where(*ours))
        return found

    @_to_its_end
    async def end_lost(self, owner: str | None = None) -> None:
        """Ends what a process that died has left live. None: whatever is live; only for a database that serves one
        process, before it serves, which is then this one until the database is closed. Raises StorageError where
        another process serves it."""
        if owner is None:
            await self._database.serve_alone()
        async with self._database.write() as connection:
            await end_sessions_of(connection, owner, self._now())

    @_to_its_end
    async def delete(self, organization_id: str, session_id: str) -> Deletion:
        """Deletes a session that is not live, and all that is known about who spoke in it. Usage stays."""
        await self.journal.flush()
        async with self._database.write() as connection:
            found = await delete_session(connection, organization_id, session_id, self._now())
        if found == "deleted":
            self.changes.changed(session_id)
        return found

    # ---- reading

    @_to_its_end
    async def get(self, organization_id: str, session_id: str) -> SessionRow | None:
        """One session."""
        await self.journal.flush()
        async with self._database.read() as connection:
            return await self._get(connection, organization_id, session_id)

    @_to_its_end
    async def list(
        self, organization_id: str, wanted: SessionFilter, after: Place | None, limit: int
    ) -> tuple[Sequence[SessionRow], Place | None]:
        """Sessions, newest first, those after a place in the list; and the place to go on from, None at the end."""
        if "\x00" in f"{wanted.status}{wanted.kind}{wanted.agent_id}":
            return [], None
        await self.journal.flush()
        now = self._now()
        query = select(tables.sessions).where(_s.organization_id == organization_id, *_conditions(wanted, now))
        if after is not None:
            query = query.where(or_(_s.created_at < after[0], and_(_s.created_at == after[0], _s.id < after[1])))
        query = query.order_by(_s.created_at.desc(), _s.id.desc()).limit(limit + 1)
        async with self._database.read() as connection:
            rows = [as_of(to_session(row), now) for row in (await connection.execute(query)).mappings()]
        more = len(rows) > limit
        rows = rows[:limit]
        return rows, ((rows[-1].created_at, rows[-1].id) if more else None)

    @_to_its_end
    async def transcript(self, organization_id: str, session_id: str) -> Sequence[Turn] | None:
        """What was said, by index; None for an unknown session."""
        await self.journal.flush()
        async with self._database.read() as connection:
            if await self._get(connection, organization_id, session_id) is None:
                return None
            return await _turns(connection, session_id, after=-1, limit=None)

    @_to_its_end
    async def timings(self, organization_id: str, session_id: str) -> Sequence[TurnRecord] | None:
        """How long the stages of each turn took, by index; None for an unknown session."""
        await self.journal.flush()
        timings = tables.session_turn_timings
        query = select(timings).where(timings.c.session_id == session_id).order_by(timings.c.turn_index)
        async with self._database.read() as connection:
            if await self._get(connection, organization_id, session_id) is None:
                return None
            return [to_timing(row) for row in (await connection.execute(query)).mappings()]

    @_to_its_end
    async def observe(
        self, organization_id: str, session_id: str, after: int, limit: int
    ) -> tuple[SessionRow, Sequence[Turn]] | None:
        """A session and the first of its turns with an index above `after`, as they are in the database; None for an
        unknown one."""
        async with self._database.read() as connection:
            # The turns come second, so that those of an ended session are all there.
            row = await self._get(connection, organization_id, session_id)
            if row is None:
                return None
            return row, await _turns(connection, session_id, after, limit)

    # ---- turns from outside

    @_to_its_end
    async def ingest_turns(self, organization_id: str, session_id: str, turns: Sequence[Turn]) -> bool:
        """Stores turns, each in place of the one with its index, whose id stays; of several in a batch with one index,
        the last. False = unknown session."""
        last = {turn.index: turn_values(session_id, turn) for turn in turns}
        values = [last[index] for index in sorted(last)]
        await self.journal.flush()
        async with self._database.write() as connection:
            # Held, so that no words outlive a session that is deleted at this moment.
            if await self._get(connection, organization_id, session_id, hold=True) is None:
                return False
            await connection.execute(self._database.insert_or_replace(tables.session_transcript, "id"), values)
        self.changes.changed(session_id)
        return True

    # ---- inside a transaction

    async def _get(
        self, connection: AsyncConnection, organization_id: str, session_id: str, *, hold: bool = False
    ) -> SessionRow | None:
        query = select(tables.sessions).where(_s.id == session_id, _s.organization_id == organization_id)
        if hold:  # SQLite has one writer at a time anyway
            query = query.with_for_update(read=True, key_share=True)
        row = (await connection.execute(query)).mappings().one_or_none()
        return None if row is None else as_of(to_session(row), self._now())

    async def _answered(self, connection: AsyncConnection, organization_id: str, key: str) -> Once | None:
        keys = tables.session_idempotency
        query = select(keys).where(
            keys.c.organization_id == organization_id,
            keys.c.key == key,
            keys.c.created_at > self._now() - KEPT,
        )
        row = (await connection.execute(query)).mappings().one_or_none()
        return None if row is None else Once(row["key"], row["body_sha256"], row["response"])

    async def _take_key(self, connection: AsyncConnection, row: SessionRow, once: Once) -> bool:
        """Whether the key is ours now. Waits for whoever is about to take the same one."""
        keys = tables.session_idempotency
        take = (
            self._database.insert_new(keys)
            .values(
                organization_id=row.organization_id,
                key=once.key,
                body_sha256=once.body_sha256,
                response=dict(once.response),
                created_at=row.created_at,
            )
            .returning(keys.c.key)
        )
        if (await connection.execute(take)).first() is not None:
            return True
        forgotten = delete(keys).where(
            keys.c.organization_id == row.organization_id,
            keys.c.key == once.key,
            keys.c.created_at <= self._now() - KEPT,
        )
        await connection.execute(forgotten)
        return (await connection.execute(take)).first() is not None

    async def _tidy(self, connection: AsyncConnection) -> None:
        """Once in a while, writes down what every read works out anyway, and forgets old answers."""
        now = self._now()
        if self._tidied is not None and now < self._tidied + _TIDY_EVERY:
            return
        self._tidied = now
        expired, lost = _expired(now), _lost(now)
        sessions = tables.sessions
        await connection.execute(
            update(sessions).where(expired).values(status="ended", end_reason=EXPIRED, ended_at=_s.expires_at)
        )
        await connection.execute(
            update(sessions).where(lost).values(status="failed", end_reason=LOST, ended_at=_s.expires_at)
        )
        keys = tables.session_idempotency
        await connection.execute(delete(keys).where(keys.c.created_at <= now - KEPT))


def _expired(now: datetime) -> ColumnElement[bool]:
    """As in `as_of`."""
    return and_(_s.status == "created", _s.expires_at <= now)


def _lost(now: datetime) -> ColumnElement[bool]:
    """As in `as_of`."""
    live = _s.status.in_(("connecting", "active"))
    return and_(live, _s.kind == "s2s", _s.expires_at <= now - LOST_AFTER)


def _conditions(wanted: SessionFilter, now: datetime) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.status is not None:
        status = case((_expired(now), "ended"), (_lost(now), "failed"), else_=_s.status)
        conditions.append(status == wanted.status)
    if wanted.kind is not None:
        conditions.append(_s.kind == wanted.kind)
    if wanted.agent_id is not None:
        conditions.append(_s.agent_id == wanted.agent_id)
    if wanted.start is not None:
        conditions.append(_s.created_at >= wanted.start)
    if wanted.end is not None:
        conditions.append(_s.created_at <= wanted.end)
    return conditions


async def _turns(connection: AsyncConnection, session_id: str, after: int, limit: int | None) -> list[Turn]:
    turns = tables.session_transcript
    query: Any = select(turns).where(turns.c.session_id == session_id, turns.c.turn_index > after)
    query = query.order_by(turns.c.turn_index).limit(limit)
    return [to_turn(row) for row in (await connection.execute(query)).mappings()]
