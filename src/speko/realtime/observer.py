"""Who learns what becomes of a session, beside its client: who writes it down, and who speaks another protocol to the
client."""

from typing import Literal, Protocol

from speko.providers.s2s import EngineEvent, ResponseUsage
from speko.realtime import actions as do
from speko.routing.attempts import Candidate


class Observer(Protocol):
    """Who writes down what becomes of the session. Calls return at once."""

    def active(self, engine: Candidate) -> None:
        """The first engine is ready, or another one has taken over."""

    def record(self, what: do.TurnRecord | do.Spoken, engine: Candidate | None) -> None:
        """A turn is over, or words are final."""

    def responded(self, engine: Candidate, usage: ResponseUsage, audio_ms: int) -> None:
        """What a response used; `audio_ms`: sound heard and spoken since the last one."""

    def ended(self, status: Literal["ended", "failed"], reason: str) -> None:
        """The session is over. Called once."""


class Watcher(Protocol):
    """Who wants to know of an engine more than the frames to the client say. Calls return at once."""

    def engine_changed(self, *, awaited: bool) -> None:
        """The first engine is there, or another one: ids begin anew. `awaited`: a response is asked of it."""

    def engine_says(self, event: EngineEvent) -> None:
        """Before the session has heard it."""

    def engine_said(self, event: EngineEvent, *, responding: bool, awaited: bool) -> None:
        """After that; `responding`: a response is in flight now; `awaited`: one was asked for and has not begun."""
