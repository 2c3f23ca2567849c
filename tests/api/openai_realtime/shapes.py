"""Every event that the door sends, checked against the types of the `openai` package and nothing beyond them."""

from collections.abc import Iterator
from typing import Any

from openai.types.realtime import RealtimeServerEvent
from pydantic import BaseModel, TypeAdapter

_SERVER: TypeAdapter[Any] = TypeAdapter(RealtimeServerEvent)
_DOCUMENTED = {
    *("session.created.session.id", "session.created.session.object", "session.created.session.expires_at"),
    *("session.updated.session.id", "session.updated.session.object", "session.updated.session.expires_at"),
}
"""Members that the vendor sends and its package's types lack. Source: the reference of `session.created`."""


def checked(event: dict[str, Any]) -> dict[str, Any]:
    """The event, if that API's server may send it."""
    model = _SERVER.validate_python(event, strict=True)
    assert model.type == event["type"]
    beyond = set(_beyond(model, event["type"])) - _DOCUMENTED
    assert not beyond, beyond
    return event


def _beyond(value: object, where: str) -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield from (f"{where}.{name}" for name in value.model_extra or ())
        for name in type(value).model_fields:
            yield from _beyond(getattr(value, name), f"{where}.{name}")
    elif isinstance(value, list):
        for entry in value:
            yield from _beyond(entry, where)
