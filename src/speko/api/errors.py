"""The error envelope: every answer that is not a success has this form. Source: contract, README 3.1 and 3.3."""

import logging
import re
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import HTTPException, LitestarException, MethodNotAllowedException, NotFoundException
from litestar.response import Response

from speko.api.openai.shape import error_body, is_door, not_served
from speko.storage.errors import StorageError

log = logging.getLogger(__name__)
Issue = Mapping[str, str]


class ApiError(Exception):
    """An answer in the envelope.

    Args:
        status: HTTP status.
        code: machine code of the contract.
        text: for people; never a secret, never the caller's own words.
        headers: response headers beside the usual ones.
        extra: members beside `error` and `code`.
    """

    def __init__(
        self, status: int, code: str, text: str, *, headers: Mapping[str, str] | None = None, **extra: Any
    ) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.text = text
        self.headers = headers or {}
        self.extra = extra

    def body(self, path: str = "") -> dict[str, Any]:
        """The envelope; on a path of OpenAI's API, that API's own form."""
        if is_door(path):
            return error_body(self.status, self.code, self.text, self.extra)
        return {"error": self.text, "code": self.code, **self.extra}


def invalid(
    text: str,
    *issues: tuple[str, str],
    code: str = "VALIDATION_ERROR",
    headers: Mapping[str, str] | None = None,
) -> ApiError:
    """400 with the issues as (path, message)."""
    told = [{"path": path, "message": message} for path, message in issues]
    return ApiError(400, code, text, headers=headers, issues=told)


def not_found(text: str = "Not found") -> ApiError:
    """404; the same for an unknown id and for a foreign one."""
    return ApiError(404, "NOT_FOUND", text)


_MISSING = re.compile(r"missing required field `(.*)`")
_AT = re.compile(r" - at `\$\.?(?P<path>.*)`$")


def from_msgspec(
    error: msgspec.DecodeError | UnicodeDecodeError | RecursionError, code: str = "VALIDATION_ERROR"
) -> ApiError:
    """400 for a body whose JSON does not fit."""
    path, message = misfit(error)
    if not isinstance(error, msgspec.ValidationError):
        return invalid("Invalid request body", (path, message), code=code)
    text = f"Invalid request: {path}: {message}" if path else f"Invalid request: {message}"
    return invalid(text, (path, message), code=code)


def misfit(error: msgspec.DecodeError | UnicodeDecodeError | RecursionError) -> tuple[str, str]:
    """Where JSON does not fit, as a dotted string (`messages.0.role`), empty for all of it, and how."""
    if isinstance(error, RecursionError):
        return "", "nested too deeply"
    text = str(error)
    if not isinstance(error, msgspec.ValidationError):
        return "", f"not JSON: {text}"
    found = _AT.search(text)
    path = re.sub(r"\[(\d+)\]", r".\1", found["path"]).replace("[...]", ".*").lstrip(".") if found else ""
    message = text[: found.start()] if found else text
    if missing := _MISSING.search(message):
        path = f"{path}.{missing[1]}".lstrip(".")
        message = "is required"
    return path, message


def envelope(error: ApiError, path: str = "") -> Response[dict[str, Any]]:
    """The answer to an error of a request to `path`."""
    headers = dict(error.headers)
    return Response(error.body(path), status_code=error.status, headers=headers, media_type="application/json")


def _on_api_error(request: Request[Any, Any, Any], error: ApiError) -> Response[dict[str, Any]]:
    return envelope(error, request.scope["path"])


def _on_msgspec(request: Request[Any, Any, Any], error: msgspec.ValidationError) -> Response[dict[str, Any]]:
    return envelope(from_msgspec(error), request.scope["path"])


def _on_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    path = request.scope["path"]
    refused = not_served(path) if isinstance(error, NotFoundException) else None
    return envelope(ApiError(404, "UNSUPPORTED_ENDPOINT", refused) if refused else _from_http(error), path)


def _from_http(error: HTTPException) -> ApiError:
    headers = error.headers or {}
    if isinstance(error, MethodNotAllowedException):
        return ApiError(405, "METHOD_NOT_ALLOWED", "Method not allowed", headers=headers)
    if isinstance(error, NotFoundException):
        return not_found()
    if error.status_code == 413:
        return ApiError(413, "PAYLOAD_TOO_LARGE", "The request body is too large", headers=headers)
    if error.status_code < 500:
        cause = error.__cause__ or error.__context__
        while cause is not None and not isinstance(cause, msgspec.DecodeError):
            cause = cause.__cause__ or cause.__context__
        if cause is not None:
            return from_msgspec(cause)
        issues = error.extra if isinstance(error.extra, Sequence) and not isinstance(error.extra, str) else []
        pairs = [(str(i.get("key", "")), str(i.get("message", ""))) for i in issues if isinstance(i, dict)]
        return invalid("Invalid request", *pairs) if pairs else invalid("Invalid request")
    log.error("framework error", extra={"status": error.status_code})
    return internal_error()


def internal_error() -> ApiError:
    """500 without a word about what went wrong inside."""
    return ApiError(500, "INTERNAL_ERROR", "Internal error; the log has the details under this request id")


def database_unavailable() -> ApiError:
    """503 for what cannot be answered from memory."""
    text = "The database does not answer or does not take the change; try again later"
    return ApiError(503, "DATABASE_UNAVAILABLE", text, headers={"retry-after": "5"})


def _on_storage(request: Request[Any, Any, Any], error: StorageError) -> Response[dict[str, Any]]:
    path = request.scope["path"]
    log.warning(
        "not answered: the database is away", extra={"path": path, "type": type(error.__cause__ or error).__name__}
    )
    return envelope(database_unavailable(), path)


def _on_crash(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    path = request.scope.get("path", "")
    log_crash(error, path)
    return envelope(internal_error(), path)


def log_crash(error: BaseException, path: str) -> None:
    """Says where something of ours crashed. Not the exception's text: it may hold a person's words or a key."""
    while isinstance(error, LitestarException) and error.__cause__ is not None:
        error = error.__cause__  # what the framework says when the headers were out already
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f"{f.filename.rsplit('/speko/', 1)[1]}:{f.lineno}" for f in frames if "/speko/" in f.filename]
    where = " > ".join(ours[-6:])
    log.error("crash", extra={"path": path, "type": type(error).__name__, "where": where})


EXCEPTION_HANDLERS: dict[int | type[Exception], Any] = {
    ApiError: _on_api_error,
    msgspec.ValidationError: _on_msgspec,
    HTTPException: _on_http,
    StorageError: _on_storage,
    Exception: _on_crash,
}
