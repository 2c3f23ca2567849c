"""Reads the two ledgers."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import RowMapping, distinct, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from speko.routing.ledger import AttemptRow
from speko.storage import tables
from speko.storage.ledger_rows import to_attempt
from speko.storage.records import UsageLine, UsageSummary


async def attempts_of(connection: AsyncConnection, organization_id: str, request_id: str) -> list[AttemptRow]:
    """The attempts of one call, in the order they were made."""
    attempts = tables.attempts
    query = (
        select(attempts)
        .where(attempts.c.organization_id == organization_id, attempts.c.request_id == request_id)
        .order_by(attempts.c.position, attempts.c.started_at, attempts.c.id)
    )
    return [to_attempt(row) for row in (await connection.execute(query)).mappings()]


async def summarize_usage(
    connection: AsyncConnection, organization_id: str, start: datetime, end: datetime
) -> UsageSummary:
    """What an organisation used from `start` to `end`, both included."""
    usage = tables.usage
    in_range = (usage.c.organization_id == organization_id, usage.c.created_at.between(start, end))
    key = (usage.c.provider, usage.c.type, usage.c.metric, usage.c.key_source, usage.c.charge_kind)
    sums = (
        func.sum(usage.c.quantity).label("quantity"),
        func.sum(usage.c.cost_micro_usd).label("cost"),
        func.sum(usage.c.audio_ms).label("audio_ms"),
    )
    groups = (await connection.execute(select(*key, *sums).where(*in_range).group_by(*key).order_by(*key))).mappings()
    sessions = await connection.execute(select(func.count(distinct(usage.c.session_id))).where(*in_range))
    return _summary(list(groups), sessions.scalar_one())


def _summary(groups: list[RowMapping], sessions: int) -> UsageSummary:
    """`groups` hold sums by (provider, type, metric, key source, charge kind), in that order."""
    by_minute = [group for group in groups if group["charge_kind"] == "minutes"]
    add_ons = [group for group in groups if group["charge_kind"] == "add_on"]
    return UsageSummary(
        total_sessions=sessions,
        total_minutes=_total(groups, "audio_ms") / 60_000,
        total_cost_micro_usd=_total(groups, "cost"),
        minutes_cost_micro_usd=_total(by_minute, "cost") if by_minute else None,
        minutes_billed_seconds=_total(by_minute, "audio_ms") / 1000 if by_minute else None,
        add_on_cost_micro_usd=_total(add_ons, "cost") if add_ons else None,
        breakdown=_breakdown(groups),
    )


def _breakdown(groups: list[RowMapping]) -> tuple[UsageLine, ...]:
    merged: dict[tuple[str, ...], list[RowMapping]] = {}
    for group in groups:
        line = (group["provider"], group["type"], group["metric"], group["key_source"])
        merged.setdefault(line, []).append(group)
    return tuple(_line(parts) for parts in merged.values())


def _line(parts: list[RowMapping]) -> UsageLine:
    """One line from its charge kinds."""
    first = parts[0]
    return UsageLine(
        provider=first["provider"],
        type=first["type"],
        metric=first["metric"],
        key_source=first["key_source"],
        charge_kind=first["charge_kind"] if len(parts) == 1 else None,
        quantity=sum(float(part["quantity"]) for part in parts),
        cost_micro_usd=_total(parts, "cost"),
    )


def _total(groups: Iterable[RowMapping], column: str) -> int:
    """Sum of an integer column; PostgreSQL gives its sums of big integers as decimals."""
    return sum(int(group[column]) for group in groups)
