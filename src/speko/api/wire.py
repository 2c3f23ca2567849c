"""How values look on the wire: timestamps, money, path and query parameters. Source: contract, README 3."""

from datetime import UTC, datetime
from typing import get_args

from speko.api.errors import ApiError, invalid
from speko.routing.intent import InvalidIntent, OptimizeFor, RoutingIntent

_OPTIMIZE: tuple[OptimizeFor, ...] = get_args(OptimizeFor)


def timestamp(moment: datetime) -> str:
    """ISO-8601 in UTC with milliseconds and `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def optional_timestamp(moment: datetime | None) -> str | None:
    """As `timestamp`; None stays None."""
    return None if moment is None else timestamp(moment)


def quantity(total: float) -> float:
    """A sum of what was used. Seconds are booked in whole milliseconds and all else in whole numbers; what is beyond
    that comes from adding them up as binary fractions."""
    return round(total, 3)


def parse_timestamp(text: str, name: str) -> datetime:
    """Reads a query parameter; without an offset it is UTC. Raises 400."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise invalid(f"{name} must be an ISO-8601 date", (name, "not an ISO-8601 date")) from None


def parse_intent(language: str | None, region: str | None, optimize_for: str | None) -> RoutingIntent:
    """An intent from query parameters. Raises 400 `INVALID_INTENT`."""
    if not language or not language.strip():
        raise ApiError(400, "INVALID_INTENT", "language is required")
    chosen = next((o for o in _OPTIMIZE if o == (optimize_for or "balanced")), None)
    if chosen is None:
        raise ApiError(400, "INVALID_INTENT", f"optimize_for must be one of {', '.join(_OPTIMIZE)}")
    try:
        return RoutingIntent(language, region or "global", chosen)
    except InvalidIntent as error:
        raise ApiError(400, "INVALID_INTENT", str(error)) from None
