"""The ledger of credits. Its debits are the rows of `usage` that cost something, so usage and balance cannot differ;
everything else stands in `credit_entries`. Source: contract, account 4.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, Literal, get_args

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, and_, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from speko.storage import tables
from speko.storage.database import Database
from speko.storage.limits import Change

CreditKind = Literal["grant", "debit", "topup", "refund", "adjustment"]
KINDS: Final[tuple[CreditKind, ...]] = get_args(CreditKind)
Place = tuple[datetime, str]
"""Of an entry in the ledger: when it was made, and its id."""


class CreditEntry(Struct, frozen=True, kw_only=True):
    """One line of the ledger. `amount_micro_usd` of a debit is negative."""

    id: str
    kind: CreditKind
    amount_micro_usd: int
    metric: str | None = None
    provider: str | None = None
    session_id: str | None = None
    note: str | None = None
    created_at: datetime


class Balance(Struct, frozen=True):
    """The sum of an organisation's ledger, and when its newest entry was made."""

    micro_usd: int
    updated_at: datetime | None


class Credits:
    """The ledgers of all organisations. Methods raise StorageError when the database does not answer."""

    def __init__(self, database: Database, change: Change, now: Callable[[], datetime]) -> None:
        self._database = database
        self._change = change
        self._now = now

    async def add(self, organization_id: str, kind: CreditKind, amount_micro_usd: int, note: str | None) -> CreditEntry:
        """Adds an entry that is no debit."""
        async with self._change() as (connection, _):
            entry = _entry(kind, amount_micro_usd, self._now(), note)
            await _add(connection, organization_id, entry)
        return entry

    async def balance(self, organization_id: str) -> Balance:
        """What is written down now."""
        async with self._database.read() as connection:
            entries, debits = tables.credit_entries, tables.usage
            given, given_at = (
                await connection.execute(
                    select(func.sum(entries.c.amount_micro_usd), func.max(entries.c.created_at)).where(
                        entries.c.organization_id == organization_id
                    )
                )
            ).one()
            spent, spent_at = (
                await connection.execute(
                    select(func.sum(debits.c.cost_micro_usd), func.max(debits.c.created_at)).where(
                        debits.c.organization_id == organization_id, debits.c.cost_micro_usd > 0
                    )
                )
            ).one()
        times = [at for at in (given_at, spent_at) if at is not None]
        return Balance(int(given or 0) - int(spent or 0), max(times, default=None))

    async def ledger(
        self, organization_id: str, kinds: Sequence[CreditKind], after: Place | None, limit: int
    ) -> tuple[list[CreditEntry], Place | None]:
        """Entries of those kinds, newest first, after a place; and the place to go on from, None at the end."""
        found: list[CreditEntry] = []
        others = [kind for kind in kinds if kind != "debit"]
        async with self._database.read() as connection:
            if "debit" in kinds:
                found += await _debits(connection, organization_id, after, limit + 1)
            if others:
                found += await _others(connection, organization_id, others, after, limit + 1)
        found.sort(key=lambda entry: (entry.created_at, entry.id), reverse=True)
        page = found[:limit]
        return page, ((page[-1].created_at, page[-1].id) if len(found) > limit else None)


async def grant(connection: AsyncConnection, organization_id: str, amount_micro_usd: int, at: datetime) -> None:
    """The credit that an organisation begins with, inside the transaction that makes it."""
    await _add(connection, organization_id, _entry("grant", amount_micro_usd, at, "initial credit"))


def _entry(kind: CreditKind, amount_micro_usd: int, at: datetime, note: str | None) -> CreditEntry:
    id = f"cred_{secrets.token_hex(8)}"
    return CreditEntry(id=id, kind=kind, amount_micro_usd=amount_micro_usd, note=note, created_at=at)


async def _add(connection: AsyncConnection, organization_id: str, entry: CreditEntry) -> None:
    values = {
        "id": entry.id,
        "organization_id": organization_id,
        "kind": entry.kind,
        "amount_micro_usd": entry.amount_micro_usd,
        "note": entry.note,
        "created_at": entry.created_at,
    }
    await connection.execute(insert(tables.credit_entries).values(values))


async def read_credit(connection: AsyncConnection) -> Mapping[str, int]:
    """What every organisation was ever credited, less what was taken back, in micro-USD."""
    entries = tables.credit_entries
    query = select(entries.c.organization_id, func.sum(entries.c.amount_micro_usd)).group_by(entries.c.organization_id)
    return {organization_id: int(total) for organization_id, total in await connection.execute(query)}


async def _debits(
    connection: AsyncConnection, organization_id: str, after: Place | None, limit: int
) -> list[CreditEntry]:
    usage = tables.usage
    query = select(usage).where(usage.c.organization_id == organization_id, usage.c.cost_micro_usd > 0)
    rows = (await connection.execute(_page(query, usage.c.created_at, usage.c.id, after, limit))).mappings()
    return [
        CreditEntry(
            id=row["id"],
            kind="debit",
            amount_micro_usd=-row["cost_micro_usd"],
            metric=row["metric"],
            provider=row["provider"],
            session_id=row["session_id"],
            created_at=row["created_at"],
        )
        for row in rows
    ]


async def _others(
    connection: AsyncConnection, organization_id: str, kinds: Sequence[CreditKind], after: Place | None, limit: int
) -> list[CreditEntry]:
    entries = tables.credit_entries
    query = select(entries).where(entries.c.organization_id == organization_id, entries.c.kind.in_(kinds))
    rows = (await connection.execute(_page(query, entries.c.created_at, entries.c.id, after, limit))).mappings()
    return [
        CreditEntry(
            id=row["id"],
            kind=row["kind"],
            amount_micro_usd=row["amount_micro_usd"],
            note=row["note"],
            created_at=row["created_at"],
        )
        for row in rows
    ]


def _page(
    query: Select[tuple[object, ...]],
    created_at: ColumnElement[datetime],
    id: ColumnElement[str],
    after: Place | None,
    limit: int,
) -> Select[tuple[object, ...]]:
    if after is not None:
        query = query.where(or_(created_at < after[0], and_(created_at == after[0], id < after[1])))
    return query.order_by(created_at.desc(), id.desc()).limit(limit)
