"""Credits. Source: contract, account 4."""

from typing import Annotated, Any, cast

from litestar import Request, get
from litestar.params import FromQuery, QueryParameter
from msgspec import Struct

from speko.api.context import context_of
from speko.api.errors import invalid
from speko.api.gateway import Gateway, gateway_of
from speko.api.openapi import BALANCE, CREDIT_LEDGER
from speko.api.paging import read_cursor, write_cursor
from speko.api.wire import timestamp
from speko.storage.credits import KINDS, Balance, CreditEntry, CreditKind


class BalanceView(Struct, frozen=True, rename="camel"):
    """The sum of the ledger, both as USD and as micro-USD."""

    balance_usd: float
    balance_micro_usd: str
    currency: str
    updated_at: str


class CreditEntryView(Struct, frozen=True, rename="camel", kw_only=True):
    """One line of the ledger. `amountMicroUsd` is signed: debits are negative."""

    id: str
    kind: str
    amount_micro_usd: str
    metric: str | None
    provider: str | None
    session_id: str | None
    note: str | None
    """What an operator has written down (additive)."""
    created_at: str


class CreditLedgerView(Struct, frozen=True, rename="camel"):
    """A page of the ledger, newest first."""

    entries: tuple[CreditEntryView, ...]
    next_cursor: str | None


@get("/v1/credits/balance", **BALANCE)
async def credit_balance(request: Request[Any, Any, Any]) -> BalanceView:
    """What is left. Negative where more was used than credited, which only `enforce_credits` prevents."""
    gateway, organization_id = gateway_of(request.app), context_of(request).organization_id
    balance = await balance_of(gateway, organization_id)
    organization = gateway.store.directory.organization(organization_id)
    updated_at = balance.updated_at or (organization.created_at if organization else gateway.store.sessions.now())
    return BalanceView(balance.micro_usd / 1e6, str(balance.micro_usd), "USD", timestamp(updated_at))


@get("/v1/credits/ledger", **CREDIT_LEDGER)
async def credit_ledger(
    request: Request[Any, Any, Any],
    *,
    cursor: FromQuery[str | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
    kind: FromQuery[str | None] = None,
) -> CreditLedgerView:
    """Newest first. `kind`: one or more of `grant`, `debit`, `topup`, `refund`, `adjustment`, with commas. A debit is a
    row of usage that cost something."""
    store = gateway_of(request.app).store
    after = read_cursor(cursor) if cursor else None
    kinds = _kinds(kind)
    await store.ledger.flush()
    entries, place = await store.credits.ledger(context_of(request).organization_id, kinds, after, limit)
    return CreditLedgerView(tuple(map(_view, entries)), None if place is None else write_cursor(place))


async def balance_of(gateway: Gateway, organization_id: str) -> Balance:
    """The balance with all that this process has served."""
    await gateway.store.ledger.flush()
    return await gateway.store.credits.balance(organization_id)


def _kinds(kind: str | None) -> tuple[CreditKind, ...]:
    if not kind:
        return KINDS
    wanted = {part.strip() for part in kind.split(",")}
    if not wanted <= set(KINDS):
        raise invalid("Invalid request: kind", ("kind", f"must be of {', '.join(KINDS)}"))
    return tuple(cast(CreditKind, one) for one in sorted(wanted))


def _view(entry: CreditEntry) -> CreditEntryView:
    return CreditEntryView(
        id=entry.id,
        kind=entry.kind,
        amount_micro_usd=str(entry.amount_micro_usd),
        metric=entry.metric,
        provider=entry.provider,
        session_id=entry.session_id,
        note=entry.note,
        created_at=timestamp(entry.created_at),
    )
