"""One batch of the ledger writer, and how it gets into the database."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from sqlalchemy import bindparam, or_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from speko.routing.ledger import AttemptRow, UsageRow
from speko.storage import tables
from speko.storage.database import Database
from speko.storage.ledger_rows import Values, attempt_values, usage_values
from speko.storage.sessions_outlived import marked, named, unless_gone
from speko.storage.verdicts import Verdict, write_verdicts

Row = TypeVar("Row")
Touch = tuple[str, datetime]
"""Id of an API key, and when it was used."""

_ROWS_AT_ONCE = 50
"""Rows that are prepared without letting the event loop do anything else: below a millisecond."""

_MESSAGE = unless_gone(tables.attempts.c.message, tables.attempts.c.session_id)
_ATTEMPT_OF, _USAGE_OF = named(tables.attempts), named(tables.usage)
_TOUCH = (
    update(tables.api_keys)
    .where(
        tables.api_keys.c.id == bindparam("key_id"),
        or_(tables.api_keys.c.last_used_at.is_(None), tables.api_keys.c.last_used_at < bindparam("used_at")),
    )
    .values(last_used_at=bindparam("used_at"))
)


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows that are written in one transaction."""

    attempts: list[AttemptRow] = field(default_factory=list)
    usage: list[UsageRow] = field(default_factory=list)
    touches: list[Touch] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    """About own vendor keys, sorted by key."""

    @property
    def rows(self) -> int:
        """Rows of the ledgers, and verdicts."""
        return len(self.attempts) + len(self.usage) + len(self.verdicts)

    def __len__(self) -> int:
        return self.rows + len(self.touches)

    def one_by_one(self) -> Iterator["Batch"]:
        """The same rows, each on its own."""
        for attempt in self.attempts:
            yield Batch(attempts=[attempt])
        for used in self.usage:
            yield Batch(usage=[used])
        for touch in self.touches:
            yield Batch(touches=[touch])
        for verdict in self.verdicts:
            yield Batch(verdicts=[verdict])


async def write_batch(database: Database, batch: Batch) -> None:
    """Writes all rows or none; rows whose ids are in the database already are passed over, so that a batch whose
    commit went unheard can be repeated. Raises StorageError when the database is away or refuses a row."""
    async with database.write() as connection:
        # Usage first: it is what customers are shown.
        await _insert_usage(database, connection, batch.usage)
        await _insert_attempts(database, connection, batch.attempts)
        # In one order everywhere, so that two processes never wait for each other's rows in a circle.
        for touches in _slices(sorted(batch.touches)):
            await connection.execute(_TOUCH, [{"key_id": key_id, "used_at": at} for key_id, at in touches])
        await write_verdicts(connection, batch.verdicts)


async def _insert_usage(database: Database, connection: AsyncConnection, rows: list[UsageRow]) -> None:
    insert = database.insert_new(tables.usage)
    for plain in _slices([row for row in rows if row.named_session_id is None]):
        await connection.execute(insert, [usage_values(row) for row in plain])
    for naming in _slices([row for row in rows if row.named_session_id is not None]):
        values = [_naming(row, usage_values(row)) for row in naming]
        await connection.execute(insert.values(session_id=_USAGE_OF), values)


async def _insert_attempts(database: Database, connection: AsyncConnection, rows: list[AttemptRow]) -> None:
    insert = database.insert_new(tables.attempts)
    plain, quoting, naming = [], [], []
    for row in rows:
        if row.named_session_id is not None:
            naming.append(row)
        elif row.message is not None and row.session_id is not None:
            quoting.append(row)  # a vendor may have quoted what was said there
        else:
            plain.append(row)
    for some in _slices(plain):
        await connection.execute(insert, [attempt_values(row) for row in some])
    for some in _slices(quoting):
        await connection.execute(insert.values(message=_MESSAGE), [_quoting(attempt_values(row)) for row in some])
    for some in _slices(naming):
        values = [_naming(row, attempt_values(row)) for row in some]
        await connection.execute(insert.values(session_id=_ATTEMPT_OF), values)


def _quoting(values: Values) -> Values:
    return values | marked({"message": values.pop("message"), "session_id": values["session_id"]})


def _naming(row: AttemptRow | UsageRow, values: Values) -> Values:
    del values["session_id"]
    return values | marked({"session_id": row.named_session_id, "organization_id": row.organization_id})


def _slices(rows: list[Row]) -> Iterator[list[Row]]:
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        yield rows[start : start + _ROWS_AT_ONCE]
