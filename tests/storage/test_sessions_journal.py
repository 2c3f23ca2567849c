"""What is written down about live sessions."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from speko.storage import batch_writer, sessions_journal
from speko.storage.database import Database
from speko.storage.sessions import SessionRow, Sessions
from tests.storage.rows import NOON
from tests.storage.session_rows import ORG, session_row, spoken, timing
from tests.storage.waiting import until


@pytest.fixture
async def sessions(database: Database) -> AsyncIterator[Sessions]:
    opened = Sessions(database, lambda: NOON)
    opened.journal._first_backoff = 0.01
    opened.journal.start()
    await opened.create(session_row())
    yield opened
    async with asyncio.timeout(30):
        await opened.journal.close()


async def _row(sessions: Sessions, id: str = "s1") -> SessionRow:
    row = await sessions.get(ORG, id)
    assert row is not None
    return row


async def _texts(sessions: Sessions, id: str = "s1") -> list[tuple[int, str]]:
    turns = await sessions.transcript(ORG, id)
    assert turns is not None
    return [(turn.index, turn.text) for turn in turns]


async def test_the_life_of_a_session(sessions: Sessions) -> None:
    journal = sessions.journal
    await sessions.claim("s1", ORG, "proc_1")
    row = await _row(sessions)
    assert (row.status, row.provider, row.model, row.ready_at) == ("connecting", None, None, None)
    journal.active("s1", "b", "two")
    row = await _row(sessions)
    assert (row.status, row.provider, row.model, row.ready_at) == ("active", "b", "two", NOON)
    journal.active("s1", "c", "three")
    row = await _row(sessions)
    assert (row.status, row.provider, row.model, row.ready_at) == ("active", "c", "three", NOON)
    journal.ended("s1", "ended", "expired")
    row = await _row(sessions)
    assert (row.status, row.end_reason, row.ended_at, row.provider) == ("ended", "expired", NOON, "c")
    assert (row.socket_owner, row.spec) == ("proc_1", session_row().spec)


async def test_the_order_counts_also_within_one_batch(sessions: Sessions) -> None:
    journal = sessions.journal
    journal.active("s1", "a", "one")
    journal.active("s1", "b", "two")
    journal.active("s1", "c", "three")
    assert (await _row(sessions)).provider == "c"


async def test_how_a_session_ended_first_is_what_counts(sessions: Sessions) -> None:
    journal = sessions.journal
    journal.ended("s1", "failed", "connect_failed")
    journal.ended("s1", "ended", "client_closed")
    journal.active("s1", "a", "one")
    row = await _row(sessions)
    assert (row.status, row.end_reason, row.provider) == ("failed", "connect_failed", None)


async def test_the_first_readiness_is_kept(database: Database) -> None:
    now = [NOON]
    sessions = Sessions(database, lambda: now[0])
    sessions.journal.start()
    await sessions.create(session_row())
    sessions.journal.active("s1", "a", "one")
    now[0] += timedelta(seconds=5)
    sessions.journal.active("s1", "b", "two")
    row = await _row(sessions)
    assert (row.ready_at, row.provider) == (NOON, "b")
    await sessions.journal.close()


async def test_words_are_numbered_per_session(sessions: Sessions) -> None:
    await sessions.create(session_row("s2"))
    for number in range(3):
        for id in ("s1", "s2"):
            sessions.journal.words(id, spoken(f"{id} {number}"), None, None)
    sessions.journal.words("s1", spoken(""), None, None)
    sessions.journal.ended("s1", "ended", "client_closed")
    sessions.journal.words("s1", spoken("last \x00", role="assistant", latency_status="interrupted"), "a", "one")
    assert await _texts(sessions) == [(0, "s1 0"), (1, "s1 1"), (2, "s1 2"), (3, "last \ufffd")]
    assert await _texts(sessions, "s2") == [(0, "s2 0"), (1, "s2 1"), (2, "s2 2")]
    turns = await sessions.transcript(ORG, "s1")
    assert turns is not None
    assert len({turn.id for turn in turns}) == 4
    last = turns[-1]
    assert (last.source, last.provider, last.latency_status) == ("agent", "a", "interrupted")
    assert last.ended_at == NOON + timedelta(seconds=1)


async def test_how_many_sessions_are_numbered_is_bounded(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions_journal, "_COUNTED", 2)
    for id in ("s1", "s2", "s1", "s3", "s1"):
        sessions.journal.words(id, spoken(), None, None)
    assert len(sessions.journal._utterances) == 2
    assert await _texts(sessions) == [(0, "hello"), (1, "hello"), (2, "hello")], "who spoke last is not forgotten"


async def test_timings(sessions: Sessions) -> None:
    sessions.journal.turn("s1", timing(1, interrupted=True))
    sessions.journal.turn("s1", timing(0))
    sessions.journal.turn("s1", timing(0, stages=()))
    assert await sessions.timings(ORG, "s1") == [timing(0, stages=()), timing(1, interrupted=True)]


async def test_many_sessions_at_once(sessions: Sessions) -> None:
    ids = [f"t{number}" for number in range(30)]
    for id in ids:
        await sessions.create(session_row(id))
    for number in range(40):
        for id in ids:
            sessions.journal.words(id, spoken(str(number)), None, None)
    for id in ids:
        sessions.journal.ended(id, "ended", "client_closed")
    await sessions.journal.flush()
    for id in ids:
        assert await _texts(sessions, id) == [(number, str(number)) for number in range(40)]
        assert (await _row(sessions, id)).over


async def test_entries_wait_while_the_database_is_away(
    database: Database, sessions: Sessions, caplog: pytest.LogCaptureFixture
) -> None:
    async with database.write() as connection:
        await connection.execute(text("ALTER TABLE session_transcript RENAME TO elsewhere"))
    with caplog.at_level(logging.INFO):
        sessions.journal.words("s1", spoken("a secret"), None, None)
        sessions.journal.active("s1", "a", "one")
        await until(lambda: sessions.journal.problem is not None)
        assert sessions.journal.behind
        async with database.write() as connection:
            await connection.execute(text("ALTER TABLE elsewhere RENAME TO session_transcript"))
        await sessions.journal.flush()
    assert await _texts(sessions) == [(0, "a secret")]
    assert (await _row(sessions)).status == "active"
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]
    assert "a secret" not in caplog.text


async def test_one_bad_entry_does_not_hold_up_the_others(sessions: Sessions, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        sessions.journal.words("s1", spoken("one"), None, None)
        sessions.journal.turn("s1", timing(2**70))
        sessions.journal.words("s1", spoken("two"), None, None)
        sessions.journal.ended("s1", "ended", "client_closed")
        await sessions.journal.flush()
    assert await _texts(sessions) == [(0, "one"), (1, "two")]
    assert (await _row(sessions)).over
    assert (sessions.journal.written, sessions.journal.dropped) == (3, 1)


async def test_too_many_entries_cost_the_oldest(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(batch_writer, "MOST_ROWS", 600)
    with caplog.at_level(logging.ERROR):
        for number in range(700):
            sessions.journal.words("s1", spoken(str(number)), None, None)
        await sessions.journal.flush()
    assert await _texts(sessions) == [(number, str(number)) for number in range(100, 700)]
    assert sessions.journal.dropped == 100


async def test_close_writes_what_is_left(database: Database) -> None:
    sessions = Sessions(database, lambda: NOON)
    sessions.journal.start()
    await sessions.create(session_row())
    for number in range(1200):
        sessions.journal.words("s1", spoken(str(number)), None, None)
    await sessions.journal.close()
    assert len(await _texts(sessions)) == 1200
    sessions.journal.words("s1", spoken("late"), None, None)
    assert sessions.journal.dropped == 1
    assert sessions.journal.backlog == 0
