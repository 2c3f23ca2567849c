"""What the OpenAPI document says of the doors."""

from typing import Any

from litestar.openapi.datastructures import ResponseSpec
from msgspec import Struct

from speko.api.openai.chat_answer import ChatCompletion
from speko.api.openapi import ERROR_TEXT


class DoorError(Struct, frozen=True):
    """An error in the form of OpenAI's API."""

    message: str
    """For people."""
    type: str
    """`invalid_request_error`, `rate_limit_error`, `insufficient_quota` or `server_error`."""
    param: str | None
    """The member that is at fault."""
    code: str | None
    """For machines."""


class DoorEnvelope(Struct, frozen=True):
    """Every answer of these paths that is not a success."""

    error: DoorError


def _errors(*statuses: int) -> dict[int, ResponseSpec]:
    return {
        status: ResponseSpec(DoorEnvelope, generate_examples=False, description=ERROR_TEXT[status])
        for status in statuses
    }


def _ok(kind: type, description: str, media_type: str = "application/json") -> ResponseSpec:
    return ResponseSpec(kind, media_type=media_type, generate_examples=False, description=description)


_ROUTED = (400, 401, 402, 404, 413, 429, 500)
TAG = ["OpenAI's API"]

CHAT: dict[str, Any] = {
    "summary": "Chat completions, as OpenAI's API has them",
    "tags": TAG,
    "responses": {200: _ok(ChatCompletion, "The answer; with `stream` server-sent events"), **_errors(*_ROUTED)},
}
