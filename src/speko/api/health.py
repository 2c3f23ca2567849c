"""`/healthz`, `/readyz`, `/metrics`."""

import hmac
import ipaddress
from typing import Any, Literal

from litestar import Request, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.response import Response
from msgspec import UNSET, Struct, UnsetType

from speko.api.context import unauthorized
from speko.api.errors import not_found
from speko.api.gateway import gateway_of
from speko.api.workers.metrics import exposition_of_all
from speko.observability.exposition import text_of

_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


@get("/healthz", summary="Liveness", security=[{}])
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


class ReadyView(Struct, frozen=True):
    """A gateway that takes calls."""

    status: Literal["ready"] = "ready"
    problem: str | UnsetType = UNSET
    """What is wrong although calls are served: with the database. Left out when nothing is."""


class NotReadyView(Struct, frozen=True):
    """A gateway that takes no calls yet, or any more."""

    reason: Literal["starting", "draining"]
    status: Literal["not ready"] = "not ready"


_NOT_READY = ResponseSpec(NotReadyView, generate_examples=False, description="The gateway starts or drains")


@get("/readyz", summary="Readiness", security=[{}], responses={503: _NOT_READY})
async def readyz(request: Request[Any, Any, Any]) -> Response[ReadyView] | Response[NotReadyView]:
    """Storage, caches and pools were opened, and the end has not begun. Neither vendors that fail nor a database that
    is away count: calls go on from memory, and one that several replicas share would take all of them out at once."""
    gateway = gateway_of(request.app)
    reason = gateway.not_ready()
    if reason is not None:
        return Response(NotReadyView(reason), status_code=503)
    return Response(ReadyView(problem=gateway.store.problem or UNSET))


@get("/metrics", include_in_schema=False)
async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Prometheus text: for this machine itself, or with the admin token."""
    gateway = gateway_of(request.app)
    token = gateway.settings.admin_token
    presented = request.headers.get("authorization", "").partition(" ")[2].strip()
    if token is not None and hmac.compare_digest(presented.encode(), token.get_secret_value().encode()):
        return await _exposition(request)
    if _is_local(request):
        return await _exposition(request)
    if token is None:
        raise not_found()
    raise unauthorized("Metrics need the admin token")


async def _exposition(request: Request[Any, Any, Any]) -> Response[bytes]:
    gateway = gateway_of(request.app)
    siblings = gateway.siblings if gateway.place.number is not None else None
    if siblings is None:
        body = await text_of(list(gateway.metrics.registry.collect()))
    else:
        body = await exposition_of_all(siblings)
    return Response(body, media_type="text/plain; version=0.0.4; charset=utf-8")


def _is_local(request: Request[Any, Any, Any]) -> bool:
    """From this machine, and not through a proxy that stands on it."""
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
