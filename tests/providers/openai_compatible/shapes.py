"""Holds what we send against the request types of the `openai` package."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import ConfigDict, TypeAdapter


def check_shape(kind: Any, sent: Mapping[str, Any]) -> None:
    """Fails unless `sent` is a `kind` (one of the package's parameter types), without any member that the type does not
    know: pydantic drops those, and then the two differ."""
    assert _plain(_adapter(kind).validate_python([sent])) == _plain([sent])


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    # In a list, because a TypedDict itself takes no configuration. Files are of types that pydantic does not know.
    return TypeAdapter(list[kind], config=ConfigDict(arbitrary_types_allowed=True))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)) or (isinstance(value, Iterator) and not isinstance(value, (str, bytes))):
        return [_plain(member) for member in value]
    return value
