"""The session that a request is about. A foreign one is as unknown as one that never was."""

import re
from typing import Any

from litestar import Request

from speko.api.context import context_of
from speko.api.errors import ApiError
from speko.api.gateway import gateway_of
from speko.storage.sessions import Sessions

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


class Addressed:
    """Where a request's session is looked for, and whose it has to be.

    Raises:
        ApiError: 404; the id is none of ours.
    """

    def __init__(self, request: Request[Any, Any, Any], session_id: str) -> None:
        if not _ID.match(session_id):
            raise unknown_session()
        self.id = session_id
        self.organization_id = context_of(request).organization_id
        self.sessions: Sessions = gateway_of(request.app).store.sessions


def unknown_session() -> ApiError:
    """404."""
    return ApiError(404, "SESSION_NOT_FOUND", "Unknown session")
