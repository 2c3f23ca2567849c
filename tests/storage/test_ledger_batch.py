from datetime import timedelta

import pytest
from sqlalchemy import insert, select, text

from speko.storage import tables
from speko.storage.database import Database
from speko.storage.errors import StorageError
from speko.storage.ledger_batch import Batch, write_batch
from tests.storage.rows import NOON, attempt_row, usage_row


async def _ids(database: Database, table: str) -> list[str]:
    async with database.read() as connection:
        found = await connection.execute(text(f"SELECT id FROM {table} ORDER BY id"))  # noqa: S608 - names of ours
        return list(found.scalars())


async def test_a_repeated_batch_does_not_double(database: Database) -> None:
    first = Batch(attempts=[attempt_row("a1")], usage=[usage_row("u1")])
    await write_batch(database, first)
    await write_batch(database, Batch([attempt_row("a1"), attempt_row("a2")], [usage_row("u1"), usage_row("u2")]))
    await write_batch(database, first)
    assert await _ids(database, "attempts") == ["a1", "a2"]
    assert await _ids(database, "usage") == ["u1", "u2"]


async def test_a_batch_is_written_as_a_whole_or_not_at_all(database: Database) -> None:
    batch = Batch(attempts=[attempt_row("a1"), attempt_row("a2", provider=None)], usage=[usage_row("u1")])
    with pytest.raises(StorageError):
        await write_batch(database, batch)
    assert await _ids(database, "attempts") == []
    assert await _ids(database, "usage") == []


def test_one_by_one_keeps_every_row() -> None:
    batch = Batch([attempt_row("a1"), attempt_row("a2")], [usage_row("u1")], [("key_1", NOON)])
    singles = list(batch.one_by_one())
    assert len(batch) == 4
    assert [len(single) for single in singles] == [1, 1, 1, 1]
    assert [row.id for single in singles for row in single.attempts] == ["a1", "a2"]
    assert [row.id for single in singles for row in single.usage] == ["u1"]
    assert [touch for single in singles for touch in single.touches] == [("key_1", NOON)]


async def test_the_last_use_of_a_key_only_moves_on(database: Database) -> None:
    async with database.write() as connection:
        organization = {"id": "org_1", "name": "x", "slug": "x", "metadata": {}, "created_at": NOON}
        await connection.execute(insert(tables.organizations).values(organization))
        for key in ("key_1", "key_2"):
            await connection.execute(
                insert(tables.api_keys).values(
                    id=key, organization_id="org_1", name="x", prefix="x", sha256=key, created_at=NOON
                )
            )
    for minutes in (5, 3):
        await write_batch(database, Batch(touches=[("key_1", NOON + timedelta(minutes=minutes)), ("unknown", NOON)]))
    async with database.read() as connection:
        keys = tables.api_keys.c
        found = await connection.execute(select(keys.last_used_at).order_by(keys.id))
        assert list(found.scalars()) == [NOON + timedelta(minutes=5), None]
