"""Server-sent events on the way out.

Lines end with LF alone, since real clients split blocks at two LFs and never see CRLF. Source: contract, README 3.2.
"""

from collections.abc import Iterable

import msgspec

from speko.events.observation import ObservationEvent
from speko.events.oneshot import OneShotEvent

HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
)
KEEP_ALIVE = b": keep-alive\n\n"
"""A comment: says that the connection lives, and is no event."""
_encode = msgspec.json.Encoder().encode


def encode(events: Iterable[OneShotEvent | ObservationEvent]) -> bytes:
    """All events as one piece of the body, so that what arrived in one read leaves in one write."""
    return b"".join([b"event: %b\ndata: %b\n\n" % (_NAMES[type(event)], _encode(event)) for event in events])


_NAMES = {cls: cls.event.encode() for cls in (*OneShotEvent.__args__, *ObservationEvent.__args__)}
