"""The events that clients get, as they go over the wire.

Source: https://platform.openai.com/docs/api-reference/realtime-server-events
"""

import itertools
import random
from collections.abc import Iterator
from typing import Any

import msgspec
import pybase64

_encode = msgspec.json.encode


class Numbered:
    """Ids of one session: of events, items and responses. They tell nothing."""

    __slots__ = ("_count", "_name")

    def __init__(self, name: str | None = None) -> None:
        self._name = f"{random.getrandbits(48):012x}" if name is None else name
        self._count = itertools.count(1)

    def new(self, kind: str) -> str:
        """The next one; `kind` is how it begins."""
        return f"{kind}_{self._name}{next(self._count):06x}"

    def event(self, kind: str, **members: Any) -> bytes:
        """An event."""
        return _encode({"type": kind, "event_id": self.new("event"), **members})

    def error(
        self, message: str, code: str, kind: str, *, param: str | None = None, event_id: str | None = None
    ) -> bytes:
        """An `error` event; `event_id` is that of the client's event."""
        body = {"type": kind, "code": code, "message": message, "param": param, "event_id": event_id}
        return self.event("error", error=body)

    def sounds(self, **place: Any) -> "Sounds":
        """The events with the sound of one part of an answer."""
        mark = "?"
        whole = _encode({"type": "response.output_audio.delta", "event_id": mark, **place, "delta": mark})
        head, members, tail = whole.split(b'"?"')
        return Sounds(b'%s"event_%s' % (head, self._name.encode()), b'"%s"' % members, b'"%s' % tail, self._count)


class Sounds:
    """Joins the next sound into an event: fifty times a second and session, so nothing else is made for it."""

    __slots__ = ("_count", "_head", "_members", "_tail")

    def __init__(self, head: bytes, members: bytes, tail: bytes, count: Iterator[int]) -> None:
        self._head, self._members, self._tail, self._count = head, members, tail, count

    def event(self, pcm: bytes) -> bytes:
        """`response.output_audio.delta`."""
        return b"".join((self._head, b"%06x" % next(self._count), self._members, pybase64.b64encode(pcm), self._tail))
