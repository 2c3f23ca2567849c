"""`GET /v1/requests/{requestId}`: what one call tried. Source: contract, routing 10."""

from typing import Any

from litestar import Request, get
from litestar.params import FromPath
from msgspec import Struct

from speko.api.context import context_of
from speko.api.errors import not_found
from speko.api.gateway import gateway_of
from speko.api.wire import timestamp


class AttemptView(Struct, frozen=True, rename="camel", kw_only=True):
    """One attempt. Times in milliseconds, money in micro-USD."""

    provider: str
    model: str
    modality: str
    endpoint: str
    position: int
    outcome: str
    cause: str | None
    status: int | None
    message: str | None
    key_source: str
    started_at: str
    first_byte_ms: float | None
    total_ms: float
    cost_micro_usd: str
    usage_estimated: bool
    scores_run_id: str | None


class RequestView(Struct, frozen=True, rename="camel"):
    """The attempts of one call, in order."""

    request_id: str
    attempts: tuple[AttemptView, ...]


@get("/v1/requests/{request_id:str}", summary="Attempts of one call")
async def get_request(request: Request[Any, Any, Any], request_id: FromPath[str]) -> RequestView:
    """The `x-request-id` of an answer names the call."""
    store = gateway_of(request.app).store
    # Not every database can be asked for what is no id.
    sane = request_id.isprintable()
    rows = await store.attempts_of(context_of(request).organization_id, request_id) if sane else []
    if not rows:
        raise not_found("Unknown request")
    return RequestView(
        request_id,
        tuple(
            AttemptView(
                provider=row.provider,
                model=row.model,
                modality=row.modality,
                endpoint=row.endpoint,
                position=row.position,
                outcome=row.outcome,
                cause=row.cause,
                status=row.status,
                message=row.message,
                key_source=row.key_source,
                started_at=timestamp(row.started_at),
                first_byte_ms=row.first_byte_ms,
                total_ms=row.total_ms,
                cost_micro_usd=str(row.cost_micro_usd),
                usage_estimated=row.usage.estimated,
                scores_run_id=row.scores_run_id,
            )
            for row in rows
        ),
    )
