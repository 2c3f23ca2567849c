"""What metrics and traces want to know of a session: an observer of its bridge that passes everything on."""

from typing import Literal

from speko.observability.conversations import ConversationMetrics, reason_label
from speko.observability.tracing import SessionSpan
from speko.providers.s2s import ResponseUsage
from speko.realtime.actions import Spoken, TurnRecord
from speko.realtime.observer import Observer
from speko.routing.attempts import Candidate


class WatchedSession:
    """Stands before the observer of one session.

    Args:
        session_id: which one.
        observer: gets everything.
        metrics: counts.
        span: of the session; None = nobody traces.
    """

    def __init__(
        self, session_id: str, observer: Observer, metrics: ConversationMetrics, span: SessionSpan | None
    ) -> None:
        self._session_id = session_id
        self._observer = observer
        self._metrics = metrics
        self._span = span
        self._served = False
        metrics.started()

    def active(self, engine: Candidate) -> None:
        """See `Observer`."""
        if self._served:
            self._metrics.switched(engine.provider, engine.model)
        self._served = True
        if self._span is not None:
            self._span.serves(engine.provider, engine.model)
        self._observer.active(engine)

    def record(self, what: TurnRecord | Spoken, engine: Candidate | None) -> None:
        """See `Observer`. Words go past."""
        if isinstance(what, TurnRecord):
            if engine is not None:
                self._metrics.turn(what, engine.provider, engine.model)
            if self._span is not None:
                self._span.turn(interrupted=what.interrupted)
        self._observer.record(what, engine)

    def responded(self, engine: Candidate, usage: ResponseUsage, audio_ms: int) -> None:
        """See `Observer`."""
        self._observer.responded(engine, usage, audio_ms)

    def ended(self, status: Literal["ended", "failed"], reason: str) -> None:
        """See `Observer`."""
        self._metrics.ended(status, reason)
        if self._span is not None:
            self._span.ended(self._session_id, status, reason_label(reason))
        self._observer.ended(status, reason)
