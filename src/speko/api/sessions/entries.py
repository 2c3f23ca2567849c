"""`GET /v1/sessions` and `GET /v1/sessions/{id}`. Source: contract, sessions 2."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, get
from litestar.params import FromPath, FromQuery, QueryParameter
from msgspec import Struct

from speko.api.context import context_of
from speko.api.gateway import gateway_of
from speko.api.openapi import LIST_SESSIONS, ONE_SESSION
from speko.api.paging import read_cursor, write_cursor
from speko.api.sessions.addressed import Addressed, unknown_session
from speko.api.wire import optional_timestamp, parse_timestamp, timestamp
from speko.storage.sessions import SessionFilter, SessionRow


class SessionView(Struct, frozen=True, rename="camel", kw_only=True):
    """One session."""

    session_id: str
    created_at: str
    status: str
    kind: str
    pipeline_config: dict[str, Any]
    """What it was created with."""
    recording_object_path: str | None = None
    recording_duration_ms: int | None = None
    recording_status: str | None = None
    expires_at: str
    ended_at: str | None
    end_reason: str | None
    provider: str | None
    """The engine in service, or the last one that was; like the next."""
    model: str | None
    metadata: dict[str, Any]
    request_id: str
    """Of the call that made it: `GET /v1/requests/{requestId}` has every attempt of the session (additive)."""


class SessionsView(Struct, frozen=True, rename="camel"):
    """A page of the list, newest first."""

    entries: tuple[SessionView, ...]
    next_cursor: str | None


@get("/v1/sessions", **LIST_SESSIONS)
async def list_sessions(
    request: Request[Any, Any, Any],
    *,
    cursor: FromQuery[str | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
    status: FromQuery[str | None] = None,
    kind: FromQuery[Literal["s2s", "cascade", "phone"] | None] = None,
    agent: FromQuery[str | None] = None,
    start: Annotated[str | None, QueryParameter(name="from")] = None,
    end: Annotated[str | None, QueryParameter(name="to")] = None,
) -> SessionsView:
    """Newest first. `from` and `to` are about the creation, both included; filters add up."""
    wanted = SessionFilter(
        status=status or None,
        kind=kind,
        agent_id=agent or None,
        start=parse_timestamp(start, "from") if start else None,
        end=parse_timestamp(end, "to") if end else None,
    )
    after = read_cursor(cursor) if cursor else None
    sessions = gateway_of(request.app).store.sessions
    rows, place = await sessions.list(context_of(request).organization_id, wanted, after, limit)
    return SessionsView(tuple(_view(row) for row in rows), None if place is None else write_cursor(place))


@get("/v1/sessions/{session_id:str}", **ONE_SESSION)
async def get_session(request: Request[Any, Any, Any], session_id: FromPath[str]) -> SessionView:
    """One session."""
    asked = Addressed(request, session_id)
    row = await asked.sessions.get(asked.organization_id, asked.id)
    if row is None:
        raise unknown_session()
    return _view(row)


def _view(row: SessionRow) -> SessionView:
    return SessionView(
        session_id=row.id,
        created_at=timestamp(row.created_at),
        status=row.status,
        kind=row.kind,
        pipeline_config=_config(row),
        expires_at=timestamp(row.expires_at),
        ended_at=optional_timestamp(row.ended_at),
        end_reason=row.end_reason,
        provider=row.provider,
        model=row.model,
        metadata=dict(row.metadata),
        request_id=row.request_id,
    )


def _config(row: SessionRow) -> dict[str, Any]:
    spec = row.spec
    rates = {"inputSampleRate": spec.input_sample_rate, "outputSampleRate": spec.output_sample_rate}
    config = {"agentId": row.agent_id, **rates, **msgspec.to_builtins(spec)}
    if not config.get("cascade"):
        config.pop("cascade", None)
    return config
