"""Headers that hold JSON: the intent and the constraints of calls whose body is something else."""

from typing import Any, TypeVar

import msgspec
from litestar import Request

from speko.api.errors import from_msgspec, invalid

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
    raw = next((value for key, value in request.scope["headers"] if key == name.encode()), None)
    if raw is None or not raw.strip():
        return None
    try:
        raw.decode()
    except UnicodeDecodeError:
        raw = raw.decode("latin-1").encode()
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        if text:
            raise invalid(text, (name.title(), str(error)), code=code) from None
        found = from_msgspec(error, code=code)
        found.text = f"Invalid header {name.title()}: {found.text}"
        raise found from None
