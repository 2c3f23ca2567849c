"""The messages of both sides, checked against the types of the `openai` package and nothing beyond them."""

from collections.abc import Iterator
from typing import Any

from openai.types.realtime import RealtimeClientEvent, RealtimeServerEvent
from pydantic import BaseModel, TypeAdapter

_CLIENT: TypeAdapter[Any] = TypeAdapter(RealtimeClientEvent)
_SERVER: TypeAdapter[Any] = TypeAdapter(RealtimeServerEvent)


def checked_client_event(message: dict[str, Any]) -> dict[str, Any]:
    """The message, if a client may send it."""
    _check(_CLIENT, message)
    return message


def checked_server_event(message: dict[str, Any]) -> dict[str, Any]:
    """The message, if a server may send it."""
    _check(_SERVER, message)
    return message


def _check(adapter: TypeAdapter[Any], message: dict[str, Any]) -> None:
    model = adapter.validate_python(message, strict=True)
    assert model.type == message["type"]
    extra = list(_extra(model, message["type"]))
    assert not extra, extra


def _extra(value: object, where: str) -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield from (f"{where}.{name}" for name in value.model_extra or ())
        for name in type(value).model_fields:
            yield from _extra(getattr(value, name), f"{where}.{name}")
    elif isinstance(value, list):
        for entry in value:
            yield from _extra(entry, where)
