# Generated from _async/sessions.py by scripts/generate_sync_client.py. Do not edit.
"""Sessions: made, looked at, and watched."""

import time
from collections.abc import Generator, Iterator, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import httpx

from speko.client._sync.resources import Resource
from speko.client._sync.transport import Transport
from speko.client.decoder import parse
from speko.client.errors import SpekoApiError
from speko.client.models.sessions import (
    CascadeSession,
    DeletedSession,
    S2sSession,
    SessionEntry,
    SessionEvent,
    SessionPage,
    SessionParams,
    SessionTranscript,
    SessionTurns,
)
from speko.client.observation import GAP_SECONDS, Observation
from speko.client.sessions import create_request, parse_session
from speko.client.wire import WireRequest, path_of, query_of


class SessionsResource(Resource):
    """Conversations."""

    def create(
        self, params: SessionParams | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> CascadeSession | S2sSession:
        """Makes a session. What comes back opens a media room, or a socket.

        `idempotency_key`: whoever sends it again within a day gets the same session again.
        """
        return parse_session(self._transport.send(create_request(params, idempotency_key)))

    def list(
        self,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        status: str | None = None,
        kind: str | None = None,
        agent: str | None = None,
        from_date: str | datetime | None = None,
        to_date: str | datetime | None = None,
    ) -> SessionPage:
        """Sessions, newest first. `cursor`: the `next_cursor` of the page before. `limit`: 1 to 100."""
        query = query_of(
            {
                "cursor": cursor,
                "limit": limit,
                "status": status,
                "kind": kind,
                "agent": agent,
                "from": from_date,
                "to": to_date,
            }
        )
        return parse(self._transport.send(WireRequest("GET", path_of("sessions"), query)), SessionPage)

    def get(self, session_id: str) -> SessionEntry:
        """One session."""
        return parse(self._transport.send(WireRequest("GET", path_of("sessions", session_id))), SessionEntry)

    def transcript(self, session_id: str) -> SessionTranscript:
        """What was said, where the gateway keeps it: of speech to speech only when it was told to."""
        request = WireRequest("GET", path_of("sessions", session_id, "transcript"))
        return parse(self._transport.send(request), SessionTranscript)

    def turns(self, session_id: str) -> SessionTurns:
        """How long each turn took, stage by stage, without words."""
        request = WireRequest("GET", path_of("sessions", session_id, "turns"))
        return parse(self._transport.send(request), SessionTurns)

    def delete(self, session_id: str) -> DeletedSession:
        """Deletes a session for good, with its words and timings; usage stays.

        SpekoApiError `SESSION_LIVE` (409): it has to end first.
        """
        request = WireRequest("DELETE", path_of("sessions", session_id))
        return parse(self._transport.send(request), DeletedSession)

    def stream(self, session_id: str, *, cursor: str | None = None) -> "SessionStream":
        """Watches a session: its turns and events so far, then what happens, until it ends.

        `cursor`: that of an earlier stream, to go on where it stopped.
        """
        return SessionStream(self._transport, session_id, cursor)


class SessionStream:
    """What happens in a session. It connects when the first event is asked for, and again whenever a connection ends.

    Whoever stops before the end closes the stream, best with `with`. Iterating raises SpekoApiError when the
    gateway refuses or fails, and `STREAM_DISCONNECTED` (status 0) when ten connections in a row brought nothing.
    """

    def __init__(self, transport: Transport, session_id: str, cursor: str | None) -> None:
        self._observation = Observation(cursor)
        self._events = _observe(transport, path_of("sessions", session_id, "stream"), self._observation)

    @property
    def cursor(self) -> str:
        """Where another stream would go on."""
        return self._observation.cursor

    def __iter__(self) -> Iterator[SessionEvent]:
        return self

    def __next__(self) -> SessionEvent:
        return self._events.__next__()

    def close(self) -> None:
        """Ends the watching. May be called again."""
        self._events.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _observe(transport: Transport, path: str, observation: Observation) -> Generator[SessionEvent, None, None]:
    while not observation.ended:
        response = None
        observation.connect()
        request = WireRequest("GET", path, {"cursor": observation.cursor}, {"Accept": "text/event-stream"})
        try:
            response = transport.open(request, gap=GAP_SECONDS)
            for chunk in response.iter_bytes():
                yield from observation.feed(chunk)
                if observation.connection_over:
                    break
        except httpx.HTTPError:
            pass  # the next connection goes on where this one broke
        except SpekoApiError as error:
            if error.status < 500:
                raise
        finally:
            if response is not None:
                response.close()
        if not observation.ended:
            time.sleep(observation.lost())
