"""Following a session over many connections, without I/O: what is new, where to go on, and how long to wait.

Source: contract, sessions 6.
"""

import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from speko.client.errors import SpekoApiError, invalid_response
from speko.client.models.sessions import (
    CallEvent,
    SessionCallEvent,
    SessionEndEvent,
    SessionEvent,
    SessionStatusEvent,
    SessionTranscriptEvent,
    Turn,
)
from speko.client.sse import EventTooLong, ServerSentEvent, SseParser

_CONNECTION_SECONDS = 900.0
"""Longest life of one connection; the gateway ends it after ten minutes."""
GAP_SECONDS = 60.0
"""Longest silence of a connection; the gateway says something every 15 s."""
_FAILURES = 10
"""Connections in a row without a frame, after which a session is given up."""
_REMEMBERED_MS = 10_000
"""Of event time: the gateway repeats the last two seconds to whoever comes back."""


class Observation:
    """What one caller has seen of a session."""

    def __init__(self, cursor: str | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._turn, self._event_ms = _read_cursor(cursor)
        self._status: SessionStatusEvent | None = None
        self._ids: dict[str, int] = {}
        """Events that were seen, with their times in ms."""
        self._clock = clock
        self._failures = 0
        self._parser = SseParser()
        self._connected_at = clock()
        self._seen_frame = False
        self._rotated = False
        """The gateway wants another connection."""
        self.ended = False
        """The session is over."""

    @property
    def cursor(self) -> str:
        """Where to go on."""
        return f"{self._turn}:{self._event_ms}"

    @property
    def connection_over(self) -> bool:
        """Nothing more is to be read from this connection."""
        return self.ended or self._rotated or self._clock() - self._connected_at > _CONNECTION_SECONDS

    def connect(self) -> None:
        """A connection begins."""
        self._parser = SseParser()
        self._connected_at = self._clock()
        self._seen_frame = self._rotated = False

    def lost(self) -> float:
        """The connection is over before the session is. Returns the seconds to wait before the next.

        Raises SpekoApiError `STREAM_DISCONNECTED` when it makes no sense to go on.
        """
        self._failures = 0 if self._seen_frame else self._failures + 1
        if self._failures >= _FAILURES:
            raise SpekoApiError("The gateway cannot be reached any more.", 0, "STREAM_DISCONNECTED")
        return min(0.5 * max(self._failures, 1), 5.0)

    def feed(self, chunk: bytes) -> Iterator[SessionEvent]:
        """What is new in this chunk. Raises SpekoApiError for an `error` event, and for what cannot be read."""
        try:
            for raw in self._parser.feed(chunk):
                event = self._event(raw)
                if event is not None:
                    yield event
                if self.ended or self._rotated:
                    return
        except EventTooLong:
            raise invalid_response("The gateway sent an event that is too long.", 200, None) from None

    def _event(self, raw: ServerSentEvent) -> SessionEvent | None:
        if raw.name not in ("status", "transcript", "event", "end", "error"):
            return None
        self._seen_frame = True
        try:
            members: Any = json.loads(raw.data)
            if raw.name == "error":
                raise SpekoApiError(str(members["error"]), 200, str(members.get("code") or "STREAM_ERROR"))
            return self._new(raw.name, members)
        except (ValueError, TypeError, KeyError, ValidationError):
            raise invalid_response(f"The gateway sent a {raw.name} event that cannot be read.", 200, None) from None

    def _new(self, name: str, members: Any) -> SessionEvent | None:
        if name == "status":
            return self._if_changed(SessionStatusEvent.model_validate(members))
        if name == "transcript":
            return self._if_later(Turn.model_validate(members))
        if name == "event":
            return self._if_unseen(CallEvent.model_validate(members))
        end = SessionEndEvent.model_validate(members)
        self._rotated = end.reason == "timeout"
        self.ended = not self._rotated
        return end if self.ended else None

    def _if_changed(self, status: SessionStatusEvent) -> SessionEvent | None:
        # Each connection begins with the status.
        if status == self._status:
            return None
        self._status = status
        return status

    def _if_later(self, turn: Turn) -> SessionEvent | None:
        if turn.index <= self._turn:
            return None
        self._turn = turn.index
        return SessionTranscriptEvent(turn=turn)

    def _if_unseen(self, event: CallEvent) -> SessionEvent | None:
        if event.id in self._ids:
            return None
        at = int(datetime.fromisoformat(event.created_at).timestamp() * 1000)
        self._event_ms = max(self._event_ms, at)
        self._ids[event.id] = at
        self._ids = {id_: ms for id_, ms in self._ids.items() if ms > self._event_ms - _REMEMBERED_MS}
        return SessionCallEvent(event=event)


def _read_cursor(cursor: str | None) -> tuple[int, int]:
    """Last turn's index, last event's ms. A malformed one is the start, as it is at the gateway."""
    turn, _, ms = (cursor or "").partition(":")
    try:
        return int(turn), int(ms)
    except ValueError:
        return -1, 0
