"""One batch of the ledger writer, and how it gets into the database."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from sqlalchemy import bindparam, or_, update

from speko.routing.ledger import AttemptRow, UsageRow
from speko.storage import tables
from speko.storage.database import Database
from speko.storage.ledger_rows import Values, attempt_values, usage_values
from speko.storage.sessions_outlived import marked, unless_gone
from speko.storage.verdicts import Verdict, write_verdicts

Row = TypeVar("Row")
Touch = tuple[str, datetime]
"""Id of an API key, and when it was used."""

_ROWS_AT_ONCE = 50
"""Rows that are prepared without letting the event loop do anything else: below a millisecond."""

_MESSAGE = unless_gone(tables.attempts.c.message, tables.attempts.c.session_id)
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
        for used in _slices(batch.usage):
            await connection.execute(database.insert_new(tables.usage), [usage_values(row) for row in used])
        for tried in _slices([row for row in batch.attempts if not _may_quote(row)]):
            await connection.execute(database.insert_new(tables.attempts), [attempt_values(row) for row in tried])
        for quoting in _slices([row for row in batch.attempts if _may_quote(row)]):
            await connection.execute(
                database.insert_new(tables.attempts).values(message=_MESSAGE), [_quoting_values(row) for row in quoting]
            )
        # In one order everywhere, so that two processes never wait for each other's rows in a circle.
        for touches in _slices(sorted(batch.touches)):
            await connection.execute(_TOUCH, [{"key_id": key_id, "used_at": at} for key_id, at in touches])
        await write_verdicts(connection, batch.verdicts)


def _may_quote(row: AttemptRow) -> bool:
    """Whether a vendor may have quoted what was said in a session."""
    return row.message is not None and row.session_id is not None


def _quoting_values(row: AttemptRow) -> Values:
    values = attempt_values(row)
    quoted = {"message": values.pop("message"), "session_id": values["session_id"]}
    return values | marked(quoted)


def _slices(rows: list[Row]) -> Iterator[list[Row]]:
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        yield rows[start : start + _ROWS_AT_ONCE]
