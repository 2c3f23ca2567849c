"""`DELETE /v1/sessions/{id}` (additive: the contract has no such call)."""

from typing import Any

from litestar import Request, delete
from litestar.params import FromPath
from msgspec import Struct

from speko.api.errors import ApiError
from speko.api.gateway import gateway_of
from speko.api.openapi import DELETE_SESSION
from speko.api.sessions.addressed import Addressed, unknown_session


class DeletedView(Struct, frozen=True):
    """A session that is no more."""

    id: str
    deleted: bool


@delete("/v1/sessions/{session_id:str}", status_code=200, **DELETE_SESSION)
async def delete_session(request: Request[Any, Any, Any], session_id: FromPath[str]) -> DeletedView:
    """Deletes a session for good: its row, what was said, the timings of its turns, and what vendors complained of in
    it. Usage and the figures of its attempts stay. A live session has to end first: 409 `SESSION_LIVE`."""
    asked, gateway = Addressed(request, session_id), gateway_of(request.app)
    # What it tried a moment ago may hold a vendor's words, too.
    await gateway.store.ledger.flush()
    row = await asked.sessions.get(asked.organization_id, asked.id)
    found = await asked.sessions.delete(asked.organization_id, asked.id)
    if found == "unknown":
        raise unknown_session()
    if found == "live":
        raise ApiError(409, "SESSION_LIVE", "The session is live; it can be deleted when it has ended")
    if row is not None and row.status == "created":
        gateway.limits.abandon_session(row.id, row.organization_id, row.api_key_id, row.created_at)
    return DeletedView(asked.id, True)
