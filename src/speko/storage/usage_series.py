"""What was used and tried, day by day.

Each day is asked for on its own: a sum over a range of an index needs no function of the database that tells days
apart, and the groups of one day are small (1,000,000 rows of 90 days on SQLite: 1.3 s in place of 2.2).
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import Column, RowMapping, distinct, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from speko.providers.call import KeySource
from speko.storage import tables

_DAY = timedelta(days=1)
_MILLISECOND = timedelta(milliseconds=1)


class UsagePoint(Struct, frozen=True, kw_only=True):
    """The sum over one day (UTC) and one (provider, type, metric, key source)."""

    day: date
    provider: str
    type: Literal["stt", "llm", "tts", "s2s"]
    metric: str
    key_source: KeySource
    quantity: float
    cost_micro_usd: int
    calls: int
    """Calls and sessions that it served; each counts once a day."""


class AttemptsPoint(Struct, frozen=True, kw_only=True):
    """The attempts at one provider that began on one day (UTC)."""

    day: date
    provider: str
    served: int
    failed: int
    cancelled: int


class UsageSeries(Struct, frozen=True):
    """Both, by day, then by provider and the rest. A day without any row has no points."""

    usage: tuple[UsagePoint, ...]
    attempts: tuple[AttemptsPoint, ...]


class Range(Struct, frozen=True):
    """Whose rows, and from when until when: both included, and aware of their time zone."""

    organization_id: str
    start: datetime
    end: datetime


async def usage_series(connection: AsyncConnection, wanted: Range) -> UsageSeries:
    """Every day of a range."""
    return UsageSeries(await _usage(connection, wanted), await _attempts(connection, wanted))


async def _usage(connection: AsyncConnection, wanted: Range) -> tuple[UsagePoint, ...]:
    usage = tables.usage.c
    key = (usage.provider, usage.type, usage.metric, usage.key_source)
    sums = (
        func.sum(usage.quantity).label("quantity"),
        func.sum(usage.cost_micro_usd).label("cost"),
        func.count(distinct(usage.request_id)).label("calls"),
    )
    query = select(*key, *sums).group_by(*key).order_by(*key)
    return tuple(
        [
            UsagePoint(
                day=day,
                provider=row["provider"],
                type=row["type"],
                metric=row["metric"],
                key_source=row["key_source"],
                quantity=float(row["quantity"]),
                cost_micro_usd=int(row["cost"]),  # PostgreSQL gives its sums of big integers as decimals
                calls=row["calls"],
            )
            async for day, rows in _daily(connection, query, usage.organization_id, usage.created_at, wanted)
            for row in rows
        ]
    )


async def _attempts(connection: AsyncConnection, wanted: Range) -> tuple[AttemptsPoint, ...]:
    attempts = tables.attempts.c
    key = (attempts.provider, attempts.outcome)
    query = select(*key, func.count().label("number")).group_by(*key).order_by(*key)
    points = []
    async for day, rows in _daily(connection, query, attempts.organization_id, attempts.started_at, wanted):
        by_provider: dict[str, dict[str, int]] = {}
        for row in rows:
            by_provider.setdefault(row["provider"], {})[row["outcome"]] = row["number"]
        for provider, numbers in by_provider.items():
            outcomes = {outcome: numbers.get(outcome, 0) for outcome in ("served", "failed", "cancelled")}
            points.append(AttemptsPoint(day=day, provider=provider, **outcomes))
    return tuple(points)


async def _daily(
    connection: AsyncConnection, query: Any, owner: Column[str], at: Column[datetime], wanted: Range
) -> AsyncIterator[tuple[date, Sequence[RowMapping]]]:
    """The groups of each day between the first row and the last."""
    ours = owner == wanted.organization_id
    ends = select(at).where(ours, at.between(wanted.start, wanted.end)).limit(1)
    first = (await connection.execute(ends.order_by(at))).scalar()
    last = (await connection.execute(ends.order_by(at.desc()))).scalar()
    if first is None or last is None:
        return
    for begin, until in days(first, last):
        rows = await connection.execute(query.where(ours, at >= begin, at < until))
        yield begin.date(), rows.mappings().all()


def days(first: datetime, last: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The days (UTC) from a moment to another in whole milliseconds, both included: as half-open ranges, of which the
    outer ones are cut to these two."""
    begin, end = first.astimezone(UTC), last.astimezone(UTC) + _MILLISECOND
    while begin < end:
        midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0)
        until = min(end, midnight + _DAY)
        yield begin, until
        begin = until
