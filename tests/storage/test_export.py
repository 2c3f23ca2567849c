"""What an export holds."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from speko.storage import export, tables
from speko.storage.database import Database
from speko.storage.export import KINDS, Export, Record
from speko.storage.ledger_batch import Batch, write_batch
from speko.storage.sessions_rows import session_values, timing_values, turn_values
from tests.storage.rows import NOON, attempt_row, usage_row
from tests.storage.session_rows import session_row, timing, turn

DAY = timedelta(days=1)
MS = timedelta(milliseconds=1)


async def _insert(database: Database, table: Any, *values: dict[str, Any]) -> None:
    async with database.write() as connection:
        await connection.execute(insert(table), list(values))


async def _filled(database: Database) -> None:
    """Two sessions, and one of everything, twice: of ours and of another organisation."""
    for organization, mark in (("org_1", ""), ("org_2", "x")):
        for id in (f"s1{mark}", f"s2{mark}"):
            row = session_row(id, organization_id=organization, socket_owner="proc_1", metadata={"a": [1, "ü"]})
            await _insert(database, tables.sessions, session_values(row))
            await _insert(database, tables.session_transcript, turn_values(id, turn(0)), turn_values(id, turn(1)))
            await _insert(database, tables.session_turn_timings, timing_values(id, timing(0)))
        attempt = attempt_row(f"att_1{mark}", organization_id=organization, session_id=f"s1{mark}")
        usage = usage_row(f"use_1{mark}", organization_id=organization, cost_micro_usd=2**60)
        await write_batch(database, Batch(attempts=[attempt], usage=[usage]))
        credit = {"id": f"cr_1{mark}", "organization_id": organization, "kind": "grant", "amount_micro_usd": 5}
        await _insert(database, tables.credit_entries, {**credit, "note": None, "created_at": NOON})


async def _records(database: Database, start: datetime, end: datetime) -> list[Record]:
    wanted = Export(database, "org_1", start, end)
    found = [record async for page in wanted.pages() for record in page]
    assert len(found) == await wanted.count()
    return found


async def test_everything_of_one_organization(database: Database) -> None:
    await _filled(database)
    found = await _records(database, NOON, NOON)
    of_a_session = ["session", "words", "words", "timing"]
    assert [record["record"] for record in found] == [*of_a_session, *of_a_session, "attempt", "usage", "credit"]
    assert [record.get("sessionId") or record["id"] for record in found[:8]] == ["s1"] * 4 + ["s2"] * 4
    assert {record["record"] for record in found} == set(KINDS)
    session = next(record for record in found if record["record"] == "session")
    assert (session["id"], session["createdAt"], session["metadata"]) == (
        "s1",
        "2026-03-14T12:00:00.000Z",
        {"a": [1, "ü"]},
    )
    assert session["spec"]["model"] == "gpt-realtime"
    (usage,) = [record for record in found if record["record"] == "usage"]
    assert (usage["costMicroUsd"], usage["quantity"], usage["keySource"]) == (str(2**60), 30.0, "MANAGED")
    text = json.dumps(found)
    assert "x" not in {str(record.get("id"))[-1] for record in found}
    assert "proc_1" not in text
    assert "org_" not in text


async def test_the_range_includes_both_ends(database: Database) -> None:
    moments = [NOON - MS, NOON, NOON + DAY, NOON + DAY + MS]
    await write_batch(
        database,
        Batch(
            attempts=[attempt_row(f"att_{n}", started_at=at) for n, at in enumerate(moments)],
            usage=[usage_row(f"use_{n}", created_at=at) for n, at in enumerate(moments)],
        ),
    )
    found = await _records(database, NOON, NOON + DAY)
    assert [record["id"] for record in found] == ["att_1", "att_2", "use_1", "use_2"]


@pytest.mark.parametrize("size", [1, 2, 7, 8])
async def test_pages_miss_nothing_and_repeat_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(export, "PAGE_ROWS", size)
    monkeypatch.setattr(export, "PAGE_SESSIONS", size)
    # Several rows of one moment, since one batch of calls often is.
    attempts = [attempt_row(f"att_{n}", started_at=NOON + n // 3 * MS) for n in range(8)]
    await write_batch(database, Batch(attempts=attempts))
    for n in range(8):
        await _insert(database, tables.sessions, session_values(session_row(f"s{n}")))
    found = [record["id"] for record in await _records(database, NOON, NOON + DAY)]
    assert found == [f"s{n}" for n in range(8)] + [f"att_{n}" for n in range(8)]


def test_every_table_with_rows_of_customers_is_exported() -> None:
    about_keys = {"api_keys", "provider_keys", "limits"}
    owned = {name for name, table in tables.metadata.tables.items() if "organization_id" in table.c}
    exported = {table.name for table in export._TABLES.values()}
    assert owned - about_keys - {"session_idempotency"} <= exported
