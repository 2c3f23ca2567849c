"""What goes when its days are over, and what stays."""

import logging
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from speko.storage import retention, tables
from speko.storage.database import Database
from speko.storage.errors import StorageError
from speko.storage.ledger_batch import Batch, write_batch
from speko.storage.retention import Retention, Rules, Swept
from speko.storage.sessions_rows import session_values, timing_values, turn_values
from speko.storage.store import Store
from tests.storage.rows import NOON, attempt_row, usage_row
from tests.storage.session_rows import session_row, timing, turn
from tests.storage.waiting import until

DAY = timedelta(days=1)
MS = timedelta(milliseconds=1)
BOTH = Rules(transcript_days=10, attempt_days=5)


async def _insert(database: Database, table: Any, *values: dict[str, Any]) -> None:
    async with database.write() as connection:
        await connection.execute(insert(table), list(values))


async def _organization(database: Database, id: str) -> None:
    row = {"id": id, "name": id, "slug": id, "metadata": {}, "created_at": NOON}
    await _insert(database, tables.organizations, row)


async def _session(database: Database, id: str, turns: int = 2, **changes: Any) -> None:
    await _insert(database, tables.sessions, session_values(session_row(id, **changes)))
    await _insert(database, tables.session_transcript, *[turn_values(id, turn(index)) for index in range(turns)])


async def _ids(database: Database, table: Any, column: str = "id") -> list[Any]:
    async with database.read() as connection:
        found = await connection.execute(select(table.c[column]).distinct().order_by(table.c[column]))
        return list(found.scalars())


async def _sweep(database: Database, now: datetime, rules: Rules = BOTH) -> Swept:
    return await Retention(database, rules, lambda: now).sweep()


async def test_words_go_so_many_days_after_the_end(database: Database) -> None:
    await _session(database, "over", status="ended", ended_at=NOON)
    await _session(database, "later", status="ended", ended_at=NOON + MS)
    await _session(database, "never told", expires_at=NOON)
    await _session(database, "not yet", expires_at=NOON + DAY)
    await _insert(database, tables.session_transcript, turn_values("nobody's", turn()))
    assert await _sweep(database, NOON + 10 * DAY) == Swept(words=1)
    assert await _sweep(database, NOON + 10 * DAY + MS) == Swept(words=4)
    assert await _ids(database, tables.session_transcript, "session_id") == ["later", "not yet"]
    assert len(await _ids(database, tables.sessions)) == 4


async def test_attempts_and_timings_go_and_usage_stays(database: Database) -> None:
    for organization in ("org_1", "org_2"):
        await _organization(database, organization)
    await write_batch(
        database,
        Batch(
            attempts=[
                attempt_row("att_1"),
                attempt_row("att_2", organization_id="org_2"),
                attempt_row("att_3", started_at=NOON + MS),
            ],
            usage=[usage_row("use_1", created_at=NOON - 1000 * DAY)],
        ),
    )
    await _insert(database, tables.session_turn_timings, timing_values("s1", timing(0)))
    await _insert(database, tables.session_turn_timings, timing_values("s1", timing(1, started_at=NOON + MS)))
    assert await _sweep(database, NOON + 5 * DAY) == Swept()
    assert await _sweep(database, NOON + 5 * DAY + MS) == Swept(timings=1, attempts=2)
    assert await _ids(database, tables.attempts) == ["att_3"]
    assert await _ids(database, tables.session_turn_timings, "turn_index") == [1]
    assert await _ids(database, tables.usage) == ["use_1"]


async def test_without_a_rule_everything_stays(database: Database) -> None:
    await _organization(database, "org_1")
    await _session(database, "s1", status="ended", ended_at=NOON)
    await write_batch(database, Batch(attempts=[attempt_row()]))
    assert await _sweep(database, NOON + 9999 * DAY, Rules()) == Swept()
    assert await _sweep(database, NOON + 9999 * DAY, Rules(transcript_days=1)) == Swept(words=2)
    assert await _ids(database, tables.attempts) == ["att_1"]


async def test_many_rows_go_in_small_transactions(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH_ATTEMPTS", 7)
    monkeypatch.setattr(retention, "BATCH_SESSIONS", 2)
    monkeypatch.setattr(retention, "LOOKED_THROUGH", 3)
    await _organization(database, "org_1")
    await write_batch(database, Batch(attempts=[attempt_row(f"att_{n}") for n in range(30)]))
    for n in range(5):
        await _session(database, f"s{n}", status="ended", ended_at=NOON)
    sizes: list[int] = []
    plain = Retention._delete

    async def noted(self: Retention, table: Any, *due: Any) -> int:
        gone = await plain(self, table, *due)
        sizes.append(gone)
        # Whoever writes between two batches is let in.
        await write_batch(database, Batch(usage=[usage_row(f"use_{len(sizes)}")]))
        return gone

    monkeypatch.setattr(Retention, "_delete", noted)
    assert await _sweep(database, NOON + 100 * DAY) == Swept(words=10, attempts=30)
    assert max(sizes) == 7
    async with database.read() as connection:
        assert (await connection.execute(select(func.count()).select_from(tables.usage))).scalar_one() == len(sizes)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_one_process_sweeps_at_a_time(database: Database) -> None:
    await _session(database, "s1", status="ended", ended_at=NOON)
    async with database.write() as connection:
        await connection.execute(select(func.pg_advisory_xact_lock(retention._LOCK)))
        assert await _sweep(database, NOON + 100 * DAY) == Swept()
    assert await _sweep(database, NOON + 100 * DAY) == Swept(words=2)


async def test_it_sweeps_at_the_start_and_again_and_says_how_many_rows_went(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(retention, "EVERY_SECONDS", 0.001)
    caplog.set_level(logging.INFO, "speko.storage.retention")
    store = await Store.open(database_url, tmp_path / "data", None, lambda: NOON + 100 * DAY)
    try:
        await _session(store._database, "s1", status="ended", ended_at=NOON)
        store.keep_by(BOTH)
        swept = store._retention
        assert swept is not None
        await until(lambda: swept.sweeps >= 3)
        assert await _ids(store._database, tables.session_transcript) == []
    finally:
        await store.close()
    (record,) = [record for record in caplog.records if record.name == "speko.storage.retention"]
    assert (record.message, record.words) == ("Retention: rows were deleted", 2)  # type: ignore[attr-defined]


async def test_a_database_that_is_away_is_asked_again(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(retention, "EVERY_SECONDS", 0.001)
    await _session(database, "s1", status="ended", ended_at=NOON)
    sweeping = Retention(database, BOTH, lambda: NOON + 100 * DAY)
    answers = iter([StorageError("away")])
    plain = Retention.sweep

    async def sweep(self: Retention) -> Swept:
        for error in answers:
            raise error
        return await plain(self)

    monkeypatch.setattr(Retention, "sweep", sweep)
    sweeping.start()
    await until(lambda: sweeping.sweeps >= 3)
    await sweeping.close()
    assert await _ids(database, tables.session_transcript) == []
    assert "the database does not answer" in caplog.text


async def test_nothing_runs_without_a_rule(database: Database) -> None:
    idle = Retention(database, Rules(), lambda: NOON)
    idle.start()
    await idle.close()
    assert idle.sweeps == 0
