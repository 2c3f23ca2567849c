"""Server-sent events, read without I/O.

Bytes go in as the network cuts them, events come out. Lines end with LF or CRLF; a blank line ends an event. Source:
https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation, but for a lone CR, which
no gateway sends as a line end, and for the last event, which is delivered when its blank line is missing.
"""

from collections.abc import Iterator
from typing import NamedTuple

LONGEST_EVENT = 16 * 1024 * 1024
"""Bytes."""


class EventTooLong(Exception):
    """An event, or a line, of more than `LONGEST_EVENT` bytes."""


class ServerSentEvent(NamedTuple):
    """`name` is `message` when the sender gave none; lines of `data` are joined by LF."""

    name: str
    data: str


class SseParser:
    """The parser of one stream."""

    def __init__(self) -> None:
        self._line: list[bytes] = []
        """Pieces of the line that has not ended yet."""
        self._size = 0
        """Bytes of the event so far, that line included."""
        self._name = ""
        self._data: list[str] = []
        self._at_start = True

    def feed(self, chunk: bytes) -> Iterator[ServerSentEvent]:
        """The events that end in this chunk, which has to be taken up before the next is fed.

        Raises EventTooLong.
        """
        *ended, rest = chunk.split(b"\n")
        for piece in ended:
            self._keep(piece)
            event = self._end_line()
            if event is not None:
                yield event
        if rest:
            self._keep(rest)

    def finish(self) -> ServerSentEvent | None:
        """The bytes have ended: the last event, if its blank line is missing."""
        return self._end_line() or self._end_event()

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > LONGEST_EVENT:
            raise EventTooLong
        self._line.append(piece)

    def _end_line(self) -> ServerSentEvent | None:
        # A line is decoded as a whole, so it does not matter where the network cut a character.
        line = b"".join(self._line).removesuffix(b"\r").decode("utf-8", "replace")
        self._line.clear()
        if self._at_start:
            line = line.removeprefix("\ufeff")
            self._at_start = False
        if not line:
            return self._end_event()
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            self._name = value
        elif field == "data":
            self._data.append(value)
        return None

    def _end_event(self) -> ServerSentEvent | None:
        event = ServerSentEvent(self._name or "message", "\n".join(self._data)) if self._data else None
        self._name, self._data, self._size = "", [], 0
        return event
