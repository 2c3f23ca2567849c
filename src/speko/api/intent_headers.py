"""Headers that hold JSON: the intent and the constraints of calls whose body is something else."""

from typing import Any, TypeVar

import msgspec
from litestar import Request

from speko.api.errors import invalid, misfit

INTENT = "x-speko-intent"
CONSTRAINTS = "x-speko-constraints"
STT_OPTIONS = "x-speko-stt-options"
T = TypeVar("T")


def json_header(
    request: Request[Any, Any, Any], name: str, kind: type[T], code: str = "VALIDATION_ERROR", text: str = ""
) -> T | None:
    """A header, as UTF-8 or latin-1; None where it is missing or blank. `name` in lower case.

    Raises:
        ApiError: 400 with `code`; with `text` in place of what is wrong where that is given.
    """
    raw = next((value for key, value in request.scope["headers"] if key == name.encode()), b"")
    return read_json(name, raw, kind, code, text) if raw.strip() else None


def read_json(name: str, raw: bytes, kind: type[T], code: str = "VALIDATION_ERROR", text: str = "") -> T:
    """What such a header holds. Raises as `json_header`."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        raw = raw.decode("latin-1").encode()
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        path, message = misfit(error)
        told = f"{path}: {message}" if path else message
        raise invalid(
            text or f"Invalid header {name.title()}: {told}", (path or name.title(), message), code=code
        ) from None
