"""Sessions that are deleted, in the database."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, func, select, text

from speko.storage import tables
from speko.storage.database import Database
from speko.storage.ledger_batch import Batch, write_batch
from speko.storage.ledger_writer import LedgerWriter
from speko.storage.sessions import Claim, Once, Sessions
from speko.storage.sessions_deletion import delete_session
from speko.storage.sessions_journal import Journal
from speko.storage.sessions_outlived import marked
from speko.storage.sessions_rows import turn_values
from tests.storage.rows import NOON, attempt_row, usage_row
from tests.storage.session_rows import ORG, session_row, spoken, timing, turn
from tests.storage.waiting import until


@pytest.fixture
async def sessions(database: Database) -> AsyncIterator[Sessions]:
    opened = Sessions(database, lambda: NOON)
    opened.journal.start()
    yield opened
    await opened.journal.close()


@pytest.fixture
async def elsewhere(database_url: str, tmp_path: Path, database: Database) -> AsyncIterator[Database]:
    """The same database as another process opens it."""
    opened = await Database.open(database_url, tmp_path)
    yield opened
    await opened.close()


async def _count(database: Database, table: Any) -> int:
    async with database.read() as connection:
        return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())


async def _rows(database: Database, *columns: Column[Any]) -> list[tuple[Any, ...]]:
    """These columns of every row of their table, in the order of its primary key."""
    ordered = select(*columns).order_by(*columns[0].table.primary_key)
    async with database.read() as connection:
        return [tuple(row) for row in await connection.execute(ordered)]


async def _values(database: Database, column: Column[Any]) -> list[Any]:
    return [value for (value,) in await _rows(database, column)]


async def _create_two(sessions: Sessions) -> None:
    for id in ("s1", "s2"):
        await sessions.create(session_row(id))


async def _write(writer: LedgerWriter | Journal) -> None:
    """All that it was told so far."""
    writer.start()
    await writer.close()


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
    told = await _rows(database, tables.attempts.c.id, tables.attempts.c.message)
    assert told == [("att_1", None), ("att_2", "said no")]


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


async def test_what_another_process_still_has_to_write_goes_too(
    database: Database, sessions: Sessions, elsewhere: Database
) -> None:
    await _create_two(sessions)
    journal = Sessions(elsewhere, lambda: NOON).journal
    for id in ("s1", "s2"):
        journal.words(id, spoken("a secret"), None, None)
        journal.turn(id, timing())
    assert await sessions.delete(ORG, "s1") == "deleted"
    await _write(journal)
    assert journal.dropped == 0
    for table in (tables.session_transcript, tables.session_turn_timings):
        assert await _values(database, table.c.session_id) == ["s2"]


async def test_a_vendors_words_that_another_process_still_has_go_too(
    database: Database, sessions: Sessions, elsewhere: Database
) -> None:
    await _create_two(sessions)
    ledger = LedgerWriter(elsewhere)
    for number, session_id in enumerate(("s1", "s2", None)):
        ledger.attempt(attempt_row(f"att_{number}", session_id=session_id, message="said no"))
    ledger.attempt(attempt_row("att_3", session_id="s1"))
    assert await sessions.delete(ORG, "s1") == "deleted"
    await _write(ledger)
    attempts = tables.attempts.c
    assert await _rows(database, attempts.id, attempts.message, attempts.total_ms) == [
        ("att_0", None, 80.25),
        ("att_1", "said no", 80.25),
        ("att_2", "said no", 80.25),
        ("att_3", None, 80.25),
    ]


async def test_calls_that_name_a_session_are_its_own_while_it_is_there(
    database: Database, sessions: Sessions, elsewhere: Database
) -> None:
    await _create_two(sessions)
    ledger = LedgerWriter(elsewhere)
    named = [("s1", ORG), ("s2", ORG), ("s3", ORG), ("s2", "org_2")]
    for number, (id, owner) in enumerate(named):
        whose = {"named_session_id": id, "organization_id": owner}
        ledger.attempt(attempt_row(f"att_{number}", message="said no", **whose))
        ledger.usage(usage_row(f"use_{number}", **whose))
    assert await sessions.delete(ORG, "s1") == "deleted"
    await _write(ledger)
    assert (ledger.written, ledger.dropped) == (8, 0)
    for table in (tables.attempts, tables.usage):
        assert await _values(database, table.c.session_id) == [None, "s2", None, None]
    assert await sessions.delete(ORG, "s2") == "deleted"
    assert await _values(database, tables.attempts.c.message) == ["said no", None, "said no", "said no"]


async def test_what_is_written_during_a_deletion_waits_for_it(
    database: Database, sessions: Sessions, elsewhere: Database
) -> None:
    await sessions.create(session_row())
    journal = Sessions(elsewhere, lambda: NOON).journal
    journal.words("s1", spoken("a secret"), None, None)
    ledger = LedgerWriter(elsewhere)
    ledger.attempt(attempt_row(session_id="s1", message="said no"))
    async with database.write() as connection:
        assert await delete_session(connection, ORG, "s1", NOON) == "deleted"
        for writer in (journal, ledger):
            writer.start()
        await until(lambda: _waiting(database, 2))
    await asyncio.gather(journal.close(), ledger.close())
    assert await _count(database, tables.session_transcript) == 0
    assert await _values(database, tables.attempts.c.message) == [None]


async def test_a_deletion_waits_for_what_is_being_written(
    database: Database, sessions: Sessions, elsewhere: Database
) -> None:
    await sessions.create(session_row())
    journal = Sessions(elsewhere, lambda: NOON).journal
    async with elsewhere.write() as connection:
        row = marked(turn_values("s1", turn()))
        await connection.execute(journal._insert_words, [row])
        deleting = asyncio.create_task(sessions.delete(ORG, "s1"))
        await until(lambda: _waiting(database, 1))
    assert await deleting == "deleted"
    assert await _count(database, tables.session_transcript) == 0


async def _waiting(database: Database, count: int) -> bool:
    """Whether so many wait for another's transaction. SQLite has no list of them; there they queue."""
    if database.is_sqlite:
        return True
    async with database.read() as connection:
        found = await connection.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))
        return int(found.scalar_one()) >= count
