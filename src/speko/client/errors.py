"""What goes wrong between a caller and the gateway. Network errors are httpx's own and pass through."""

import json
from typing import Any

import httpx

from speko.client.wire import header_int

_LONGEST_MESSAGE = 4096
"""Characters: an error page of a proxy is cut here."""


class SpekoApiError(Exception):
    """The gateway refused a call, or failed.

    `status` is the HTTP status; 200 when a stream failed after it had begun. `code` is for machines: the gateway's
    own (`VALIDATION_ERROR`, …), `UNKNOWN` when it sent none, `STREAM_ENDED` for a stream that broke off, and
    `INVALID_RESPONSE` for an answer that cannot be read. `request_id` names the call in the gateway's records.
    `details` holds further members of the answer, such as `reason`, `errors` or `issues`.
    """

    def __init__(
        self,
        message: str,
        status: int,
        code: str = "UNKNOWN",
        *,
        request_id: str | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.request_id = request_id
        self.details = details or {}

    def __reduce__(self) -> tuple[Any, ...]:
        # The default calls the class with the message alone, so that the error could not leave a worker process.
        return _restore, (type(self), self.message, self.__dict__)


class SpekoAuthError(SpekoApiError):
    """The API key is missing, unknown or revoked."""

    def __init__(self, message: str, *, request_id: str | None = None, details: dict[str, Any] | None = None) -> None:
        super().__init__(message, 401, "AUTH_ERROR", request_id=request_id, details=details)


class SpekoRateLimitError(SpekoApiError):
    """Too many calls. `retry_after`: seconds to wait, when the gateway says."""

    def __init__(
        self,
        message: str,
        retry_after: int | None = None,
        *,
        request_id: str | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message, 429, "RATE_LIMITED", request_id=request_id, details=details)
        self.retry_after = retry_after


def error_of(response: httpx.Response) -> SpekoApiError:
    """The error that a response with another status than 2xx stands for. Its body has been read."""
    body = _json_object(response)
    message, code = body.pop("error", None), body.pop("code", None)
    if not isinstance(message, str) or not message:
        message = response.text[:_LONGEST_MESSAGE] or f"HTTP status {response.status_code}"
    request_id = response.headers.get("x-request-id")
    if response.status_code == 401:
        return SpekoAuthError(message, request_id=request_id, details=body)
    if response.status_code == 429:
        retry_after = header_int(response.headers, "retry-after")
        return SpekoRateLimitError(message, retry_after, request_id=request_id, details=body)
    code = code if isinstance(code, str) and code else "UNKNOWN"
    return SpekoApiError(message, response.status_code, code, request_id=request_id, details=body)


def stream_ended(request_id: str | None) -> SpekoApiError:
    """A stream that ended without `done` or `error`."""
    return SpekoApiError("The stream ended before it was done.", 200, "STREAM_ENDED", request_id=request_id)


def invalid_response(what: str, status: int, request_id: str | None) -> SpekoApiError:
    """An answer that cannot be read. Its content stays out of the message: it may be somebody's words."""
    return SpekoApiError(what, status, "INVALID_RESPONSE", request_id=request_id)


def _json_object(response: httpx.Response) -> dict[str, Any]:
    try:
        body = json.loads(response.content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _restore(cls: type[SpekoApiError], message: str, state: dict[str, Any]) -> SpekoApiError:
    error = cls.__new__(cls, message)
    error.__dict__.update(state)
    return error
