import asyncio
import logging
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from speko.storage import batch_writer
from speko.storage.database import Database
from speko.storage.errors import StorageError
from speko.storage.ledger_writer import LedgerWriter
from tests.storage.rows import attempt_row, usage_row
from tests.storage.waiting import until


@pytest.fixture
async def writer(database: Database) -> AsyncIterator[LedgerWriter]:
    opened = LedgerWriter(database, first_backoff=0.01)
    opened.start()
    yield opened
    async with asyncio.timeout(30):
        await opened.close()


async def _ids(database: Database, table: str) -> list[str]:
    async with database.read() as connection:
        found = await connection.execute(text(f"SELECT id FROM {table} ORDER BY id"))  # noqa: S608 - names of ours
        return list(found.scalars())


async def _rename(database: Database, old: str, new: str) -> None:
    async with database.write() as connection:
        await connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


async def test_a_flush_waits_for_every_row(database: Database, writer: LedgerWriter) -> None:
    for number in range(1200):
        writer.attempt(attempt_row(f"a{number:04}"))
        writer.usage(usage_row(f"u{number:04}"))
    await writer.flush()
    assert writer.backlog == 0
    assert writer.written == 2400
    assert await _ids(database, "attempts") == [f"a{number:04}" for number in range(1200)]
    assert await _ids(database, "usage") == [f"u{number:04}" for number in range(1200)]


async def test_rows_are_written_without_a_flush(database: Database, writer: LedgerWriter) -> None:
    writer.attempt(attempt_row("a1"))
    await until(lambda: writer.written == 1)
    assert await _ids(database, "attempts") == ["a1"]


async def test_a_flush_with_nothing_to_write_returns(writer: LedgerWriter) -> None:
    await writer.flush()
    assert writer.written == 0


async def test_flushes_at_the_same_time(database: Database, writer: LedgerWriter) -> None:
    async def add_and_flush(number: int) -> bool:
        writer.usage(usage_row(f"u{number:02}"))
        await writer.flush()
        return f"u{number:02}" in await _ids(database, "usage")

    assert all(await asyncio.gather(*(add_and_flush(number) for number in range(10))))


async def test_a_cancelled_flush_harms_nobody(database: Database, writer: LedgerWriter) -> None:
    writer.usage(usage_row("u1"))
    flush = asyncio.create_task(writer.flush())
    await asyncio.sleep(0)
    flush.cancel()
    await asyncio.gather(flush, return_exceptions=True)
    writer.usage(usage_row("u2"))
    await writer.flush()
    assert await _ids(database, "usage") == ["u1", "u2"]


async def test_close_writes_what_is_left(database: Database) -> None:
    writer = LedgerWriter(database)
    writer.start()
    for number in range(1500):
        writer.attempt(attempt_row(f"a{number:04}"))
    writer.key_used("unknown", attempt_row().started_at)
    await writer.close()
    assert len(await _ids(database, "attempts")) == 1500
    assert writer.dropped == 0


async def test_rows_wait_while_the_database_is_away(
    database: Database, writer: LedgerWriter, caplog: pytest.LogCaptureFixture
) -> None:
    await _rename(database, "usage", "elsewhere")
    with caplog.at_level(logging.INFO):
        writer.usage(usage_row("u1"))
        writer.attempt(attempt_row("a1"))
        await until(lambda: writer.problem is not None)
        assert writer.behind
        assert await _ids(database, "attempts") == []  # one transaction
        writer.usage(usage_row("u2"))
        await asyncio.sleep(0.1)  # several retries
        await _rename(database, "elsewhere", "usage")
        await writer.flush()
    assert not writer.behind
    assert await _ids(database, "usage") == ["u1", "u2"]
    assert await _ids(database, "attempts") == ["a1"]
    levels = [record.levelname for record in caplog.records]
    assert levels == ["ERROR", "INFO"]


async def test_a_flush_gives_up_in_the_end(
    database: Database, writer: LedgerWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _rename(database, "usage", "elsewhere")
    writer.usage(usage_row("u1"))
    with monkeypatch.context() as patch:
        patch.setattr(batch_writer, "ANSWER_SECONDS", 0.05)
        with pytest.raises(StorageError, match="waiting ledger rows"):
            await writer.flush()
    await _rename(database, "elsewhere", "usage")
    await writer.flush()
    assert await _ids(database, "usage") == ["u1"]


async def test_close_gives_up_in_the_end_and_says_what_was_lost(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    writer = LedgerWriter(database, first_backoff=0.01)
    writer.start()
    await _rename(database, "usage", "elsewhere")
    writer.usage(usage_row("u1"))
    monkeypatch.setattr(batch_writer, "ANSWER_SECONDS", 0.3)
    with caplog.at_level(logging.ERROR):
        await writer.close()
    assert writer.dropped == 1
    assert "Rows were lost" in caplog.text


async def test_rows_after_the_end_are_counted_as_dropped(database: Database) -> None:
    writer = LedgerWriter(database)
    writer.start()
    await writer.close()
    writer.attempt(attempt_row())
    writer.usage(usage_row())
    assert writer.dropped == 2
    assert writer.backlog == 0


async def test_one_bad_row_does_not_hold_up_the_others(
    database: Database, writer: LedgerWriter, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        writer.usage(usage_row("u1"))
        writer.usage(usage_row("u2", provider=None, request_id="hunter2"))
        writer.attempt(attempt_row("a1"))
        writer.attempt(attempt_row("a2", cost_micro_usd=2**80))
        writer.usage(usage_row("u3"))
        await writer.flush()
    assert await _ids(database, "usage") == ["u1", "u3"]
    assert await _ids(database, "attempts") == ["a1"]
    assert (writer.written, writer.dropped) == (3, 2)
    assert [record.getMessage() for record in caplog.records] == ["The database refused a row; it is lost"] * 2
    assert not writer.behind


async def test_too_many_rows_cost_the_oldest_attempts_first(
    database: Database, writer: LedgerWriter, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(batch_writer, "MOST_ROWS", 600)
    with caplog.at_level(logging.ERROR):
        for number in range(400):
            writer.attempt(attempt_row(f"a{number:03}"))
        for number in range(500):
            writer.usage(usage_row(f"u{number:03}"))
        await writer.flush()
    assert await _ids(database, "usage") == [f"u{number:03}" for number in range(500)]
    assert await _ids(database, "attempts") == [f"a{number:03}" for number in range(300, 400)]
    assert writer.dropped == 300
    assert [record.getMessage() for record in caplog.records] == ["Rows are dropped: too many wait"]


async def test_without_attempts_left_usage_is_bounded_too(
    database: Database, writer: LedgerWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_writer, "MOST_ROWS", 600)
    writer.attempt(attempt_row("a1"))
    for number in range(700):
        writer.usage(usage_row(f"u{number:03}"))
    await writer.flush()
    assert await _ids(database, "attempts") == []
    assert await _ids(database, "usage") == [f"u{number:03}" for number in range(100, 700)]
    assert writer.dropped == 101


async def test_many_waiting_rows_count_as_behind(writer: LedgerWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_writer, "BEHIND_ROWS", 50)
    for number in range(50):
        writer.attempt(attempt_row(f"a{number}"))
    assert writer.behind
    await writer.flush()
    assert not writer.behind
