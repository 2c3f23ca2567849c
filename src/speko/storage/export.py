"""All rows of an organisation in a range of time, page by page, as they are given away: without secrets.

Each page is a transaction of its own, so that an export of millions of rows keeps nobody waiting. Rows that are written
meanwhile may be in it or not.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from msgspec import Struct
from sqlalchemy import ColumnElement, RowMapping, Select, Table, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from speko.storage import tables
from speko.storage.database import Database

Kind = Literal["session", "words", "timing", "attempt", "usage", "credit"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_OF_A_SESSION: tuple[Kind, ...] = ("words", "timing")
_ON_THEIR_OWN: tuple[Kind, ...] = ("attempt", "usage", "credit")
PAGE_ROWS = 500
PAGE_SESSIONS = 50
_TIMES = {"session": "created_at", "attempt": "started_at", "usage": "created_at", "credit": "created_at"}
_TABLES: Mapping[Kind, Table] = {
    "session": tables.sessions,
    "words": tables.session_transcript,
    "timing": tables.session_turn_timings,
    "attempt": tables.attempts,
    "usage": tables.usage,
    "credit": tables.credit_entries,
}
_LEFT_OUT = frozenset({"organization_id", "socket_owner"})
"""The same in each row, and a name that means nothing outside the gateway."""

Record = dict[str, Any]
"""A row, ready for JSON: members in camel case, times in UTC with milliseconds, micro-USD as text. The first member,
`record`, is its kind."""


class Export(Struct, frozen=True):
    """What is exported, from when until when: both included, and aware of their time zone.

    Sessions, usage and credits count by their creation, attempts by their beginning, words and timings with their
    session.
    """

    database: Database
    organization_id: str
    start: datetime
    end: datetime

    async def count(self) -> int:
        """Rows that there are now. Raises StorageError."""
        total = 0
        for kind, table in _TABLES.items():
            query = select(func.count()).select_from(table)
            if kind in _TIMES:
                query = query.where(*self._range(kind))
            else:
                sessions = select(tables.sessions.c.id).where(*self._range("session"))
                query = query.where(table.c.session_id.in_(sessions))
            async with self.database.read() as connection:
                total += (await connection.execute(query)).scalar_one()
        return total

    async def pages(self) -> AsyncIterator[list[Record]]:
        """The rows, oldest first, each session with its words and timings. Raises StorageError."""
        async for sessions in self._rows("session", PAGE_SESSIONS):
            of_each: dict[str, list[Record]] = {row["id"]: [_record("session", row)] for row in sessions}
            async with self.database.read() as connection:
                for kind in _OF_A_SESSION:
                    for row in await _turns(connection, kind, list(of_each)):
                        of_each[row["session_id"]].append(_record(kind, row))
            yield [record for records in of_each.values() for record in records]
        for kind in _ON_THEIR_OWN:
            async for rows in self._rows(kind, PAGE_ROWS):
                yield [_record(kind, row) for row in rows]

    async def _rows(self, kind: Kind, size: int) -> AsyncIterator[Sequence[RowMapping]]:
        """The pages of a table that has times, by time and id."""
        table, at = _TABLES[kind], _TABLES[kind].c[_TIMES[kind]]
        query: Select[Any] = select(table).where(*self._range(kind)).order_by(at, table.c.id).limit(size)
        after: ColumnElement[bool] | None = None
        while True:
            async with self.database.read() as connection:
                page = query if after is None else query.where(after)
                rows = (await connection.execute(page)).mappings().all()
            if rows:
                yield rows
            if len(rows) < size:
                return
            last_at, last_id = rows[-1][at.name], rows[-1]["id"]
            # The first half is what an index can begin with.
            after = and_(at >= last_at, or_(at > last_at, table.c.id > last_id))

    def _range(self, kind: Kind) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        table = _TABLES[kind]
        ours = table.c.organization_id == self.organization_id
        return ours, table.c[_TIMES[kind]].between(self.start, self.end)


async def _turns(connection: AsyncConnection, kind: Kind, sessions: Sequence[str]) -> Sequence[RowMapping]:
    table = _TABLES[kind]
    query = select(table).where(table.c.session_id.in_(sessions)).order_by(table.c.session_id, table.c.turn_index)
    return (await connection.execute(query)).mappings().all()


def _record(kind: Kind, row: RowMapping) -> Record:
    shown = {_camel(name): _plain(name, value) for name, value in row.items() if name not in _LEFT_OUT}
    return {"record": kind, **shown}


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return str(value) if name.endswith("_micro_usd") else value


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)
