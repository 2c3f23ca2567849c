"""`GET /v1/limits` (additive: the contract has no such call): what holds for the caller, and how much is used."""

from typing import Any

from litestar import Request, get
from msgspec import Struct

from speko.api.context import context_of
from speko.api.gateway import Gateway, gateway_of
from speko.api.openapi import LIMITS
from speko.api.wire import timestamp
from speko.limits.ceilings import Ceilings
from speko.limits.spend import month_end


class CountView(Struct, frozen=True):
    """A limit and what is used of it. `limit` null: there is none; `used` null: nobody counts."""

    limit: int | None
    used: int | None


class MoneyView(Struct, frozen=True, rename="camel"):
    """A limit of money and what is spent, in micro-USD."""

    limit_micro_usd: str | None
    used_micro_usd: str
    resets_at: str


class SubjectView(Struct, frozen=True, rename="camel", kw_only=True):
    """The limits of an API key or an organisation."""

    id: str
    requests_per_minute: CountView
    """`used`: requests that are not paid back yet."""
    concurrent_sessions: CountView
    monthly_spend: MoneyView


class LimitsView(Struct, frozen=True, rename="camel"):
    """Both hold. `apiKey` null: the caller is in the web console."""

    api_key: SubjectView | None
    organization: SubjectView
    credits_enforced: bool
    """Whether a credit that is used up keeps platform keys from being used."""


@get("/v1/limits", **LIMITS)
async def get_limits(request: Request[Any, Any, Any]) -> LimitsView:
    """What holds for the caller, from memory where the gateway has it there. Counts as a request like any other."""
    gateway, context = gateway_of(request.app), context_of(request)
    organization_id, key_id = context.organization_id, context.api_key_id
    spent = await gateway.limiting.spent(organization_id)
    resets_at = timestamp(month_end(gateway.store.sessions.now()))
    ceilings = gateway.limits.ceilings

    def view(subject: str, most: Ceilings) -> SubjectView:
        money = None if most.monthly_spend_micro_usd is None else str(most.monthly_spend_micro_usd)
        return SubjectView(
            id=subject,
            requests_per_minute=_requests(gateway, subject, most),
            concurrent_sessions=CountView(
                most.concurrent_sessions, gateway.limits.sessions.count(subject, gateway.now())
            ),
            monthly_spend=MoneyView(money, str(spent.of(subject)), resets_at),
        )

    return LimitsView(
        None if key_id is None else view(key_id, ceilings.key(key_id)),
        view(organization_id, ceilings.organization(organization_id)),
        gateway.limits.enforces_credits,
    )


def _requests(gateway: Gateway, subject: str, most: Ceilings) -> CountView:
    per_minute = most.requests_per_minute
    if per_minute is None:
        return CountView(None, None)
    return CountView(per_minute, gateway.limits.rates.used(subject, per_minute, gateway.now()))
