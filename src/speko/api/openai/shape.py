"""How OpenAI's API says that something went wrong: `{"error": {"message", "type", "param", "code"}}`.

Chosen by path alone, so that what fails before any handler is reached looks the same as what fails in one.
Source: https://platform.openai.com/docs/guides/error-codes
"""

from collections.abc import Mapping
from typing import Any

REALTIME = "/v1/realtime"
"""Of that API this path alone: what is below it are the sockets of our own sessions."""
_SERVED = ("/v1/chat/completions", "/v1/audio/", "/v1/models")
_NOT_SERVED: Mapping[str, str] = {
    "/v1/embeddings": "embeddings",
    "/v1/completions": "completions without a conversation",
    "/v1/responses": "responses",
    "/v1/conversations": "stored conversations",
    "/v1/images": "images",
    "/v1/videos": "videos",
    "/v1/moderations": "moderations",
    "/v1/audio/translations": "translations",
    "/v1/files": "files",
    "/v1/uploads": "uploads",
    "/v1/batches": "batches",
    "/v1/fine_tuning": "fine-tuning",
    "/v1/assistants": "assistants",
    "/v1/threads": "threads",
    "/v1/vector_stores": "vector stores",
    "/v1/realtime/client_secrets": "secrets for browsers",
    "/v1/realtime/calls": "calls over WebRTC or SIP",
}
"""Well-known parts of that API that this gateway has not, and what they are called."""
_DOORS = (*_SERVED, *_NOT_SERVED)

_CODES: Mapping[str, str | None] = {
    "UNAUTHORIZED": "invalid_api_key",
    "RATE_LIMITED": "rate_limit_exceeded",
    "INSUFFICIENT_CREDITS": "insufficient_quota",
    "VALIDATION_ERROR": None,
    "NOT_FOUND": "unknown_url",
}


def is_door(path: str) -> bool:
    """Whether a path belongs to that API."""
    return path == REALTIME or path.startswith(_DOORS)


def not_served(path: str) -> str | None:
    """What to say about a path of that API that this gateway does not serve; None where it does."""
    what = next((name for prefix, name in _NOT_SERVED.items() if path.startswith(prefix)), None)
    if what is None:
        return None
    return f"This gateway serves no {what}: only /v1/chat/completions, /v1/audio/…, /v1/models and /v1/realtime"


def error_body(status: int, code: str, text: str, extra: Mapping[str, Any]) -> dict[str, Any]:
    """An error of ours in that API's form.

    `reason` and `errors` of a call that nobody could serve, and whatever else an error of ours tells, are members
    beside the four.
    """
    rest = dict(extra)
    issues = rest.pop("issues", ())
    return {
        "error": {
            "message": text,
            "type": _type(status),
            "param": (issues[0]["path"] or None) if issues else None,
            "code": _CODES.get(code, code.lower()),
            **rest,
        }
    }


def _type(status: int) -> str:
    if status >= 500:
        return "server_error"
    return {402: "insufficient_quota", 429: "rate_limit_error"}.get(status, "invalid_request_error")
