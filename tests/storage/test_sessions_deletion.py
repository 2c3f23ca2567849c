"""Sessions that are deleted, in the database."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from speko.storage import tables
from speko.storage.database import Database
from speko.storage.ledger_batch import Batch, write_batch
from speko.storage.sessions import Claim, Once, Sessions
from tests.storage.rows import NOON, attempt_row, usage_row
from tests.storage.session_rows import ORG, session_row, timing, turn


@pytest.fixture
async def sessions(database: Database) -> AsyncIterator[Sessions]:
    opened = Sessions(database, lambda: NOON)
    opened.journal.start()
    yield opened
    await opened.journal.close()


async def _count(database: Database, table: Any) -> int:
    async with database.read() as connection:
        return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())


async def test_everything_personal_goes_and_money_stays(database: Database, sessions: Sessions) -> None:
    for id in ("s1", "s2"):
        once = Once(f"key {id}", "0" * 64, {"sessionId": id})
        await sessions.create(session_row(id), once)
        await sessions.ingest_turns(ORG, id, [turn(0), turn(1)])
        sessions.journal.turn(id, timing())
    await write_batch(
        database,
        Batch(
            attempts=[
                attempt_row("att_1", session_id="s1", message="said no"),
                attempt_row("att_2", session_id="s2", message="said no"),
            ],
            usage=[usage_row("use_1", session_id="s1")],
        ),
    )
    with sessions.changes.watch("s1") as changed:
        assert await sessions.delete(ORG, "s1") == "deleted"
        assert changed.is_set()
    assert await sessions.get(ORG, "s1") is None
    assert await sessions.transcript(ORG, "s1") is None
    assert await sessions.answered(ORG, "key s1") is None
    other = await sessions.answered(ORG, "key s2")
    assert other is not None
    assert other.response == {"sessionId": "s2"}
    assert await _count(database, tables.session_transcript) == 2
    assert await _count(database, tables.session_turn_timings) == 1
    assert await _count(database, tables.usage) == 1
    async with database.read() as connection:
        columns = (tables.attempts.c.id, tables.attempts.c.message)
        rows = (await connection.execute(select(*columns).order_by(tables.attempts.c.id))).all()
    assert [tuple(row) for row in rows] == [("att_1", None), ("att_2", "said no")]


async def test_it_is_gone_once(sessions: Sessions) -> None:
    await sessions.create(session_row())
    assert await sessions.delete("org_2", "s1") == "unknown"
    assert await sessions.delete(ORG, "s1") == "deleted"
    assert await sessions.delete(ORG, "s1") == "unknown"
    assert await sessions.claim("s1", ORG, "proc_1") == Claim("unknown")
    assert not await sessions.ingest_turns(ORG, "s1", [turn()])


async def test_a_live_one_stays(sessions: Sessions) -> None:
    await sessions.create(session_row())
    await sessions.claim("s1", ORG, "proc_1")
    assert await sessions.delete(ORG, "s1") == "live"
    sessions.journal.active("s1", "openai", "gpt-realtime")
    assert await sessions.delete(ORG, "s1") == "live"
    # What this process has told the journal counts, written or not.
    sessions.journal.ended("s1", "ended", "client_closed")
    assert await sessions.delete(ORG, "s1") == "deleted"


async def test_one_whose_gateway_died_can_be_deleted(sessions: Sessions) -> None:
    long_ago = NOON - timedelta(hours=1)
    await sessions.create(session_row(created_at=long_ago, expires_at=long_ago + timedelta(minutes=30)))
    await sessions.create(session_row("s2", created_at=long_ago, expires_at=NOON + timedelta(seconds=30)))
    for id in ("s1", "s2"):
        await sessions._database.to_its_end(_mark_live(sessions._database, id))
    assert await sessions.delete(ORG, "s1") == "deleted"
    assert await sessions.delete(ORG, "s2") == "live"


async def _mark_live(database: Database, id: str) -> None:
    async with database.write() as connection:
        sessions = tables.sessions
        await connection.execute(sessions.update().where(sessions.c.id == id).values(status="active"))
