"""`GET /v1/sessions/{id}/recording`. Source: contract, sessions 5."""

from typing import Any

from litestar import Request, get
from litestar.params import FromPath
from litestar.response import Response

from speko.api.errors import ApiError
from speko.api.openapi import RECORDING


@get("/v1/sessions/{session_id:str}/recording", **RECORDING)
async def recording(request: Request[Any, Any, Any], session_id: FromPath[str]) -> Response[None]:
    """Nothing is recorded, so there is none of any session."""
    raise ApiError(404, "RECORDING_NOT_AVAILABLE", "There is no recording of this session")
