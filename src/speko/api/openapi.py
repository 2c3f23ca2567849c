"""What the OpenAPI document says beyond what the handlers' signatures do."""

from typing import Any

from litestar.openapi.datastructures import ResponseSpec
from msgspec import Struct


class ErrorEnvelope(Struct, frozen=True):
    """Every answer that is not a success."""

    error: str
    """For people."""
    code: str
    """For machines."""


def _errors(*statuses: int) -> dict[int, ResponseSpec]:
    return {
        status: ResponseSpec(ErrorEnvelope, generate_examples=False, description=ERROR_TEXT[status])
        for status in statuses
    }


ERROR_TEXT = {
    400: "Invalid request",
    401: "Missing or invalid API key",
    402: "Credits are used up",
    404: "Not found",
    405: "Method not allowed",
    409: "The Idempotency-Key was used for another request",
    413: "The body is too large",
    429: "A limit is reached; see Retry-After",
    500: "Every provider failed, or an internal error",
    503: "The database does not answer; see Retry-After",
}

SESSION_HEADER: dict[str, Any] = {
    "name": "X-Session-Id",
    "in": "header",
    "description": "The session of this organization to which attempts and usage of this call belong. Any other value "
    "is ignored.",
    "schema": {"type": "string"},
}

_SSE_200 = ResponseSpec(
    str,
    media_type="text/event-stream",
    generate_examples=False,
    description="Server-sent events",
)
_ROUTED_ERRORS = _errors(400, 401, 402, 413, 429, 500)

SSE_TRANSCRIBE: dict[str, Any] = {
    "summary": "Speech to text",
    "responses": {200: _SSE_200, **_ROUTED_ERRORS},
}
SSE_COMPLETE: dict[str, Any] = {
    "summary": "Ask a language model",
    "responses": {200: _SSE_200, **_ROUTED_ERRORS},
}
AUDIO_SYNTHESIZE: dict[str, Any] = {
    "summary": "Text to speech",
    "responses": {
        200: ResponseSpec(bytes, media_type="audio/pcm", generate_examples=False, description="Audio"),
        **_ROUTED_ERRORS,
    },
}
TEST_PROVIDER: dict[str, Any] = {"summary": "Test a credential", "responses": _errors(401, 404)}
SCORES: dict[str, Any] = {"summary": "Figures that routing goes by", "responses": _errors(400, 401)}
CREATE_SESSION: dict[str, Any] = {
    "summary": "Create a session",
    "responses": _errors(400, 401, 402, 404, 409, 413, 429, 500),
}
LIMITS: dict[str, Any] = {"summary": "Limits and what is used of them", "responses": _errors(401)}
BALANCE: dict[str, Any] = {"summary": "What is left of the credit", "responses": _errors(401, 429)}
CREDIT_LEDGER: dict[str, Any] = {"summary": "Every change of the credit", "responses": _errors(400, 401, 429)}
LIST_SESSIONS: dict[str, Any] = {"summary": "List sessions", "responses": _errors(400, 401)}
ONE_SESSION: dict[str, Any] = {"summary": "One session", "responses": _errors(401, 404)}
DELETE_SESSION: dict[str, Any] = {
    "summary": "Delete a session",
    "responses": {
        **_errors(401, 404),
        409: ResponseSpec(ErrorEnvelope, generate_examples=False, description="The session is live"),
    },
}
USAGE_SERIES: dict[str, Any] = {"summary": "Usage by day", "responses": _errors(400, 401)}
TRANSCRIPT: dict[str, Any] = {"summary": "What was said", "responses": _errors(401, 404)}
TIMINGS: dict[str, Any] = {"summary": "Timings of turns, without words", "responses": _errors(401, 404)}
INGEST_TURNS: dict[str, Any] = {
    "summary": "Store turns of a worker",
    "responses": {
        202: ResponseSpec(None, generate_examples=False, description="Taken; no body"),
        **_errors(400, 401, 404, 413),
    },
}
RECORDING: dict[str, Any] = {"summary": "Recording of a session", "responses": _errors(401, 404)}
SSE_SESSION: dict[str, Any] = {"summary": "Observe a session", "responses": {200: _SSE_200, **_errors(401, 404)}}
