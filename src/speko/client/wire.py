"""How arguments are written for the wire, and numbers read from headers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from speko.client.models.base import Params

QueryValue = str | int | float | bool | datetime | None


@dataclass(frozen=True, slots=True)
class WireRequest:
    """One HTTP request, relative to the base URL."""

    method: str
    path: str
    query: Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None


def path_of(*parts: str) -> str:
    """`/v1/…`, with whatever a part holds percent-encoded. Raises ValueError for an empty part."""
    if not all(parts):
        raise ValueError("Speko: an id in the path must not be empty.")
    return "/v1/" + "/".join(_path_part(part) for part in parts)


def query_of(values: Mapping[str, QueryValue]) -> dict[str, str] | None:
    """None is left out, booleans are `1` and `0`, times are UTC."""
    query = {name: _query_text(value) for name, value in values.items() if value is not None}
    return query or None


def json_request(
    method: str, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> WireRequest:
    """A request with a JSON body. Raises ValueError for text or numbers that JSON cannot carry."""
    content = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    return WireRequest(method, path, headers={"Content-Type": "application/json", **(headers or {})}, content=content)


def header_json(value: Any) -> str:
    """Compact JSON for a header: other characters than ASCII travel as escapes."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))


def members(value: Params | Mapping[str, Any], model: type[Params]) -> dict[str, Any]:
    """Parameters as the wire spells them: what was never given is left out, a given None is null."""
    return _checked(value, model).model_dump(mode="json", by_alias=True, exclude_unset=True)


def members_without_null(value: Params | Mapping[str, Any], model: type[Params]) -> dict[str, Any]:
    """Parameters as the wire spells them, without any null."""
    return _checked(value, model).model_dump(mode="json", by_alias=True, exclude_none=True)


def list_of_members(values: Sequence[Params | Mapping[str, Any]], model: type[Params]) -> list[dict[str, Any]]:
    """`members` of each."""
    return [members(value, model) for value in values]


def header_int(headers: Mapping[str, str], name: str) -> int | None:
    """A whole number from a header; None when it is missing or anything but digits."""
    text = headers.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def given(**values: Any) -> dict[str, Any]:
    """The values that are not None."""
    return {name: value for name, value in values.items() if value is not None}


def _checked(value: Params | Mapping[str, Any], model: type[Params]) -> Params:
    return value if isinstance(value, model) else model.model_validate(value)


def _path_part(part: str) -> str:
    # Dots alone would be taken for steps between folders.
    return quote(part, safe="") if part.strip(".") else part.replace(".", "%2E")


def _query_text(value: QueryValue) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        utc = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return str(value)
