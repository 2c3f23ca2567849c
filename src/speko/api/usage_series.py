"""`GET /v1/usage/series` (additive): what was used and tried, day by day."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from litestar import Request, get
from litestar.params import FromQuery, QueryParameter
from msgspec import UNSET, Struct, UnsetType, field

from speko.api.context import context_of
from speko.api.errors import invalid
from speko.api.gateway import gateway_of
from speko.api.openapi import USAGE_SERIES
from speko.api.wire import parse_timestamp, quantity, timestamp
from speko.storage.usage_series import AttemptsPoint, UsagePoint

_LONGEST = timedelta(days=366)


class UsagePointView(Struct, frozen=True, rename="camel", kw_only=True):
    """The sum over one day (UTC) and one (provider, type, metric, key source). `type` is left out on speech-to-speech
    rows, as in `GET /v1/usage`."""

    date: str
    """As 2026-03-14."""
    provider: str
    type: str | UnsetType = UNSET
    metric: str
    key_source: str
    quantity: float
    cost: float
    """USD."""
    cost_micro_usd: str
    calls: int
    """Calls and sessions that it served; each counts once a day, and once for each of its metrics."""


class AttemptsPointView(Struct, frozen=True, rename="camel", kw_only=True):
    """The attempts at one provider that began on one day (UTC)."""

    date: str
    provider: str
    made: int
    """The sum of the three."""
    served: int
    failed: int
    cancelled: int


class UsageSeriesView(Struct, frozen=True):
    """By day, then by provider. A day without any row has no points."""

    from_: str = field(name="from")
    to: str
    by: str
    currency: str
    usage: tuple[UsagePointView, ...]
    attempts: tuple[AttemptsPointView, ...]


@get("/v1/usage/series", **USAGE_SERIES)
async def usage_series(
    request: Request[Any, Any, Any],
    start: Annotated[str | None, QueryParameter(name="from")] = None,
    end: Annotated[str | None, QueryParameter(name="to")] = None,
    by: FromQuery[Literal["day"]] = "day",
) -> UsageSeriesView:
    """What was served and what was tried, day by day in UTC; from the start of the month until now unless told
    otherwise, and 366 days at most. Both ends are included."""
    now = datetime.now(UTC)
    until = parse_timestamp(end, "to") if end else now
    since = parse_timestamp(start, "from") if start else now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    if until < since:
        raise invalid("'to' is before 'from'", ("to", "is before 'from'"))
    if until - since > _LONGEST:
        raise invalid("The range is longer than 366 days", ("from", "is more than 366 days before 'to'"))
    found = await gateway_of(request.app).store.usage_series(context_of(request).organization_id, since, until)
    return UsageSeriesView(
        timestamp(since),
        timestamp(until),
        by,
        "USD",
        tuple(map(_usage_view, found.usage)),
        tuple(map(_attempts_view, found.attempts)),
    )


def _usage_view(point: UsagePoint) -> UsagePointView:
    return UsagePointView(
        date=point.day.isoformat(),
        provider=point.provider,
        type=UNSET if point.type == "s2s" else point.type,
        metric=point.metric,
        key_source=point.key_source,
        quantity=quantity(point.quantity),
        cost=point.cost_micro_usd / 1e6,
        cost_micro_usd=str(point.cost_micro_usd),
        calls=point.calls,
    )


def _attempts_view(point: AttemptsPoint) -> AttemptsPointView:
    return AttemptsPointView(
        date=point.day.isoformat(),
        provider=point.provider,
        made=point.served + point.failed + point.cancelled,
        served=point.served,
        failed=point.failed,
        cancelled=point.cancelled,
    )
