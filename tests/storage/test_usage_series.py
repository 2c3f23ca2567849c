"""Sums by day."""

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.routing.ledger import AttemptRow, UsageRow
from speko.storage.database import Database
from speko.storage.ledger_batch import Batch, write_batch
from speko.storage.usage_series import AttemptsPoint, Range, UsagePoint, UsageSeries, days, usage_series
from tests.storage.rows import NOON, attempt_row, usage_row

DAY = timedelta(days=1)
MS = timedelta(milliseconds=1)
PI_DAY = date(2026, 3, 14)
BUNCH = 500


async def _series(database: Database, start: datetime, end: datetime, organization_id: str = "org_1") -> UsageSeries:
    async with database.read() as connection:
        return await usage_series(connection, Range(organization_id, start, end))


async def _write(database: Database, *rows: UsageRow | AttemptRow) -> None:
    usage = [row for row in rows if isinstance(row, UsageRow)]
    attempts = [row for row in rows if isinstance(row, AttemptRow)]
    await write_batch(database, Batch(attempts=attempts, usage=usage))


def _point(**changes: object) -> UsagePoint:
    fields: dict[str, object] = {
        "day": PI_DAY,
        "provider": "deepgram",
        "type": "stt",
        "metric": "stt_seconds",
        "key_source": "MANAGED",
        "quantity": 30.0,
        "cost_micro_usd": 100,
        "calls": 1,
    }
    return UsagePoint(**(fields | changes))  # type: ignore[arg-type]


async def test_nothing_is_an_empty_series(database: Database) -> None:
    assert await _series(database, NOON - DAY, NOON) == UsageSeries((), ())


async def test_usage_is_summed_by_day_and_by_what_it_is(database: Database) -> None:
    await _write(
        database,
        usage_row("use_1"),
        usage_row("use_2", request_id="req_2", created_at=NOON + timedelta(hours=11)),
        usage_row("use_3", request_id="req_3", key_source="BYOK", charge_kind="byok", cost_micro_usd=0),
        usage_row("use_4", request_id="req_4", created_at=NOON + 2 * DAY),
        usage_row("use_5", organization_id="org_2"),
    )
    found = await _series(database, NOON - DAY, NOON + 3 * DAY)
    assert found.usage == (
        _point(key_source="BYOK", cost_micro_usd=0),
        _point(quantity=60.0, cost_micro_usd=200, calls=2),
        _point(day=PI_DAY + 2 * DAY),
    )


async def test_a_session_counts_once_however_often_it_answers(database: Database) -> None:
    spoken = {"type": "s2s", "provider": "openai", "session_id": "s1"}
    rows = [
        usage_row(f"use_{n}{metric}", metric=metric, quantity=5.0, **spoken)
        for n in range(3)
        for metric in ("s2s_input_audio_tokens", "s2s_output_audio_tokens")
    ]
    await _write(database, *rows)
    found = (await _series(database, NOON, NOON)).usage
    assert [(point.metric, point.quantity, point.calls) for point in found] == [
        ("s2s_input_audio_tokens", 15.0, 1),
        ("s2s_output_audio_tokens", 15.0, 1),
    ]


async def test_attempts_are_counted_by_how_they_ended(database: Database) -> None:
    await _write(
        database,
        attempt_row("att_1", outcome="failed", cause="status"),
        attempt_row("att_2", provider="xai", position=1),
        attempt_row("att_3"),
        attempt_row("att_4", outcome="cancelled", cause="caller_left"),
        attempt_row("att_5", started_at=NOON + DAY),
        attempt_row("att_6", organization_id="org_2"),
    )
    assert (await _series(database, NOON, NOON + DAY)).attempts == (
        AttemptsPoint(day=PI_DAY, provider="openai", served=1, failed=1, cancelled=1),
        AttemptsPoint(day=PI_DAY, provider="xai", served=1, failed=0, cancelled=0),
        AttemptsPoint(day=PI_DAY + DAY, provider="openai", served=1, failed=0, cancelled=0),
    )


async def test_days_are_those_of_utc_to_the_millisecond(database: Database) -> None:
    midnight = datetime(2026, 3, 15, tzinfo=UTC)
    moments = (midnight - MS, midnight, midnight + DAY - MS, midnight + DAY)
    rows = [usage_row(f"use_{n}", created_at=moment) for n, moment in enumerate(moments)]
    await _write(database, *rows)
    found = (await _series(database, moments[0], moments[-1])).usage
    assert [(point.day.day, point.quantity) for point in found] == [(14, 30.0), (15, 60.0), (16, 30.0)]
    # The same range as somebody else's clock says it; both ends are included.
    east = timezone(timedelta(hours=9))
    found = (await _series(database, moments[1].astimezone(east), moments[2].astimezone(east))).usage
    assert [(point.day.day, point.quantity) for point in found] == [(15, 60.0)]


MOMENTS = st.datetimes(
    datetime(2020, 1, 1), datetime(2022, 1, 1), timezones=st.sampled_from([UTC, timezone(timedelta(hours=-7))])
).map(lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000))


@given(MOMENTS, MOMENTS)
def test_days_join_without_a_gap(one: datetime, other: datetime) -> None:
    first, last = sorted((one, other))
    found = list(days(first, last))
    assert found[0][0] == first
    assert found[-1][1] == last + MS
    assert all(end == begin for (_, end), (begin, _) in pairwise(found))
    for begin, end in found:
        assert timedelta(0) < end - begin <= DAY
        assert begin.date() == (end - MS).date()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_sums_use_the_indexes(database: Database) -> None:
    await _write(database, *[usage_row(f"use_{n}", created_at=NOON + n * MS) for n in range(BUNCH)])
    async with database.read() as connection:
        for table, at in (("usage", "created_at"), ("attempts", "started_at")):
            plan = await connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN SELECT provider, COUNT(*) FROM {table} "  # noqa: S608 - names of our own
                f"WHERE organization_id = 'org_1' AND {at} >= '2026-03-14' AND {at} < '2026-03-15' GROUP BY provider"
            )
            assert f"ix_{table}_organization_id_{at}" in " ".join(str(row) for row in plan)
