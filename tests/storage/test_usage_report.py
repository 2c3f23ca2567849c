from datetime import datetime, timedelta
from typing import Any

import pytest

from speko.providers.call import Usage
from speko.routing.ledger import AttemptRow, UsageRow
from speko.storage.database import Database
from speko.storage.ledger_batch import Batch, write_batch
from speko.storage.records import UsageLine, UsageSummary
from speko.storage.usage_report import attempts_of, summarize_usage
from tests.storage.rows import NOON, attempt_row, usage_row

MOMENT = timedelta(milliseconds=1)


async def _summary(
    database: Database, rows: list[UsageRow], start: datetime = NOON, end: datetime = NOON
) -> UsageSummary:
    await write_batch(database, Batch(usage=rows))
    async with database.read() as connection:
        return await summarize_usage(connection, "org_1", start, end)


async def _attempts(database: Database, rows: list[AttemptRow]) -> list[AttemptRow]:
    await write_batch(database, Batch(attempts=rows))
    async with database.read() as connection:
        return await attempts_of(connection, "org_1", "req_1")


async def test_nothing_used(database: Database) -> None:
    assert await _summary(database, [usage_row(organization_id="org_2")]) == UsageSummary(
        total_sessions=0,
        total_minutes=0,
        total_cost_micro_usd=0,
        minutes_cost_micro_usd=None,
        minutes_billed_seconds=None,
        add_on_cost_micro_usd=None,
        breakdown=(),
    )


async def test_one_line_for_each_provider_type_metric_and_key_source(database: Database) -> None:
    tokens = {"type": "llm", "metric": "llm_tokens", "audio_ms": 0, "provider": "openai"}
    found = await _summary(
        database,
        [
            usage_row("u1", session_id="s1"),
            usage_row("u2", session_id="s1", quantity=15.5, audio_ms=15_500, cost_micro_usd=50),
            usage_row("u3", session_id="s2", key_source="BYOK", charge_kind="byok", cost_micro_usd=0),
            usage_row("u4", **tokens, quantity=700.0, cost_micro_usd=9_000_000_000_000),
            usage_row("u5", **tokens, quantity=300.0, cost_micro_usd=1),
        ],
    )
    speech: Any = {"provider": "deepgram", "type": "stt", "metric": "stt_seconds"}
    assert found.breakdown == (
        UsageLine(**speech, key_source="BYOK", charge_kind="byok", quantity=30.0, cost_micro_usd=0),
        UsageLine(**speech, key_source="MANAGED", charge_kind="included", quantity=45.5, cost_micro_usd=150),
        UsageLine(
            provider="openai",
            type="llm",
            metric="llm_tokens",
            key_source="MANAGED",
            charge_kind="included",
            quantity=1000.0,
            cost_micro_usd=9_000_000_000_001,
        ),
    )
    assert found.total_sessions == 2
    assert found.total_minutes == pytest.approx(75.5 / 60)
    assert found.total_cost_micro_usd == 9_000_000_000_151


async def test_kinds_of_charge_are_summed_into_one_line(database: Database) -> None:
    found = await _summary(
        database,
        [
            usage_row("u1", charge_kind="minutes", cost_micro_usd=70, audio_ms=30_000),
            usage_row("u2", charge_kind="minutes", cost_micro_usd=30, audio_ms=15_000),
            usage_row("u3", charge_kind="add_on", cost_micro_usd=5),
            usage_row("u4", charge_kind="included", cost_micro_usd=0),
        ],
    )
    assert [(line.charge_kind, line.quantity, line.cost_micro_usd) for line in found.breakdown] == [(None, 120.0, 105)]
    assert found.minutes_cost_micro_usd == 100
    assert found.minutes_billed_seconds == 45.0
    assert found.add_on_cost_micro_usd == 5


async def test_both_ends_of_the_range_are_included(database: Database) -> None:
    rows = [usage_row(f"u{step}", created_at=NOON + step * MOMENT, quantity=10.0**step) for step in range(6)]
    found = await _summary(database, rows, NOON + MOMENT, NOON + 4 * MOMENT)
    assert found.breakdown[0].quantity == 11_110


async def test_attempts_come_back_as_they_were_and_in_order(database: Database) -> None:
    rows = [
        attempt_row("a9", position=0, outcome="failed", cause="timeout", status=None, message="silent", usage=Usage()),
        attempt_row("a5", position=1, started_at=NOON + MOMENT, first_byte_ms=None, scores_run_id=None),
        attempt_row("a1", position=2, started_at=NOON + 2 * MOMENT, session_id="s1", usage=Usage(1, 2, 3, 4, 5, True)),
    ]
    others = [attempt_row("b1", organization_id="org_2"), attempt_row("b2", request_id="req_2")]
    assert await _attempts(database, [*reversed(rows), *others]) == rows
