"""API keys, organisation and usage. Source: contract, account 1 to 3."""

from datetime import UTC, datetime
from typing import Annotated, Any

from litestar import Request, delete, get, post
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, Meta, Struct, UnsetType

from speko.api.body import BODY, read_body
from speko.api.context import context_of
from speko.api.errors import invalid, not_found
from speko.api.gateway import gateway_of
from speko.api.wire import optional_timestamp, parse_timestamp, quantity, timestamp


class ApiKeyBody(Struct, frozen=True):
    """A key to make."""

    name: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]


class NewApiKeyView(Struct, frozen=True, rename="camel"):
    """A key that was just made: the only time it is shown."""

    id: str
    name: str
    key: str
    key_prefix: str
    created_at: str


class ApiKeyView(Struct, frozen=True, rename="camel"):
    """A key as it is known afterwards."""

    id: str
    name: str
    key_prefix: str
    scopes: tuple[str, ...]
    revoked: bool
    last_used_at: str | None
    created_at: str


class RevokedView(Struct, frozen=True):
    """A key that no longer works."""

    id: str
    revoked: bool


class OrganizationView(Struct, frozen=True, rename="camel"):
    """The organisation of the key."""

    id: str
    name: str
    slug: str
    created_at: str
    metadata: dict[str, Any]


class UsageLineView(Struct, frozen=True, rename="camel", kw_only=True):
    """One sum. `type` is left out on speech-to-speech rows."""

    provider: str
    type: str | UnsetType = UNSET
    metric: str
    key_source: str
    charge_kind: str | UnsetType = UNSET
    quantity: float
    cost: float


class UsageView(Struct, frozen=True, rename="camel", kw_only=True):
    """What was served in a range of time. Money in USD."""

    total_sessions: int
    total_minutes: float
    total_cost: float
    minutes_cost: float | None
    minutes_billed_seconds: float | None
    add_on_cost: float | None
    breakdown: tuple[UsageLineView, ...]
    balance_usd: float
    balance_micro_usd: str
    currency: str


@get("/v1/api-keys", summary="List API keys")
async def list_api_keys(request: Request[Any, Any, Any]) -> list[ApiKeyView]:
    """All keys, revoked ones too."""
    keys = await gateway_of(request.app).store.list_api_keys(context_of(request).organization_id)
    return [
        ApiKeyView(
            key.id,
            key.name,
            key.prefix,
            (),
            key.revoked,
            optional_timestamp(key.last_used_at),
            timestamp(key.created_at),
        )
        for key in keys
    ]


@post("/v1/api-keys", status_code=201, opt={BODY: ApiKeyBody}, summary="Create an API key")
async def create_api_key(request: Request[Any, Any, Any]) -> NewApiKeyView:
    """Makes a key and shows it this once."""
    name = (await read_body(request, ApiKeyBody)).name.strip()
    if not name:
        raise invalid("name is blank", ("name", "must not be blank"))
    key, secret = await gateway_of(request.app).store.create_api_key(context_of(request).organization_id, name)
    return NewApiKeyView(key.id, key.name, secret, key.prefix, timestamp(key.created_at))


@delete("/v1/api-keys/{key_id:str}", status_code=200, summary="Revoke an API key")
async def revoke_api_key(request: Request[Any, Any, Any], key_id: FromPath[str]) -> RevokedView:
    """Revokes a key at once; repeatable."""
    # Not every database can be asked for what is no id.
    if not key_id.isprintable() or not await gateway_of(request.app).store.revoke_api_key(
        context_of(request).organization_id, key_id
    ):
        raise not_found("Unknown API key")
    return RevokedView(key_id, True)


@get("/v1/organization", summary="The organisation of the key")
async def organization(request: Request[Any, Any, Any]) -> OrganizationView:
    """The cheapest way to try a key."""
    found = gateway_of(request.app).store.directory.organization(context_of(request).organization_id)
    if found is None:
        raise not_found("Unknown organization")
    return OrganizationView(found.id, found.name, found.slug, timestamp(found.created_at), dict(found.metadata))


@get("/v1/usage", summary="Usage")
async def usage(
    request: Request[Any, Any, Any],
    start: Annotated[str | None, QueryParameter(name="from")] = None,
    end: Annotated[str | None, QueryParameter(name="to")] = None,
) -> UsageView:
    """Sums of what was served; from the start of the month until now unless told otherwise."""
    now = datetime.now(UTC)
    since = parse_timestamp(start, "from") if start else now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    until = parse_timestamp(end, "to") if end else now
    if until < since:
        raise invalid("'to' is before 'from'", ("to", "is before 'from'"))
    store = gateway_of(request.app).store
    await store.ledger.flush()
    found = await store.usage_summary(context_of(request).organization_id, since, until)
    balance = (await store.credits.balance(context_of(request).organization_id)).micro_usd
    return UsageView(
        total_sessions=found.total_sessions,
        total_minutes=found.total_minutes,
        total_cost=found.total_cost_micro_usd / 1e6,
        minutes_cost=_usd(found.minutes_cost_micro_usd),
        minutes_billed_seconds=found.minutes_billed_seconds,
        add_on_cost=_usd(found.add_on_cost_micro_usd),
        breakdown=tuple(
            UsageLineView(
                provider=line.provider,
                type=UNSET if line.type == "s2s" else line.type,
                metric=line.metric,
                key_source=line.key_source,
                charge_kind=line.charge_kind or UNSET,
                quantity=quantity(line.quantity),
                cost=line.cost_micro_usd / 1e6,
            )
            for line in found.breakdown
        ),
        balance_usd=balance / 1e6,
        balance_micro_usd=str(balance),
        currency="USD",
    )


def _usd(micro_usd: int | None) -> float | None:
    return None if micro_usd is None else micro_usd / 1e6
