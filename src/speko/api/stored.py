"""Routes that cannot answer from memory: they need the database."""

from typing import Any

from litestar import Request, Router
from litestar.types import ControllerRouterHandler

from speko.api.errors import database_unavailable
from speko.api.gateway import gateway_of

STORED = "stored"
"""Key of a route's `opt`: it answers 503 while the database is away, which the OpenAPI document says."""


def stored(*routes: ControllerRouterHandler) -> Router:
    """Those routes, which fail at once while the database is known to be away."""
    return Router("/", route_handlers=routes, before_request=_unless_away, opt={STORED: True})


async def _unless_away(request: Request[Any, Any, Any]) -> None:
    """Raises 503, in place of waiting ten seconds for the database. The watch looks twice a second whether it is back,
    and has said in the log that it is not there."""
    if gateway_of(request.app).store.away:
        raise database_unavailable()
