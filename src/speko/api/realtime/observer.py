"""Writes down what becomes of a session: its row, its turns, its usage. Nothing here waits."""

from collections.abc import Callable
from typing import Literal

from speko.providers.call import Usage
from speko.providers.s2s import ResponseUsage
from speko.realtime.actions import Spoken, TurnRecord
from speko.routing.attempts import Candidate
from speko.routing.metering import Meter
from speko.storage.sessions import Journal


class SessionObserver:
    """The observer of one session's bridge."""

    def __init__(
        self, session_id: str, journal: Journal, meter: Meter, *, keep_words: bool, forget: Callable[[str], None]
    ) -> None:
        self._session_id = session_id
        self._journal = journal
        self._meter = meter
        self._keep_words = keep_words
        self._forget = forget

    def active(self, engine: Candidate) -> None:
        """See `Observer`."""
        self._journal.active(self._session_id, engine.provider, engine.model)

    def record(self, what: TurnRecord | Spoken, engine: Candidate | None) -> None:
        """See `Observer`. Words are kept only where the operator has asked for it."""
        if isinstance(what, TurnRecord):
            self._journal.turn(self._session_id, what)
        elif self._keep_words:
            provider, model = (engine.provider, engine.model) if engine else (None, None)
            self._journal.words(self._session_id, what, provider, model)

    def responded(self, engine: Candidate, usage: ResponseUsage, audio_ms: int) -> None:
        """See `Observer`. What the gateway's own agent used is booked call by call, by itself."""
        if engine.spec is not None and engine.spec.composite:
            return
        used = Usage(
            audio_ms=audio_ms,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cached_tokens=usage.cached_tokens,
            input_audio_tokens=usage.input_audio_tokens,
            output_audio_tokens=usage.output_audio_tokens,
            cached_audio_tokens=usage.cached_audio_tokens,
        )
        self._meter.responded(engine, used)

    def ended(self, status: Literal["ended", "failed"], reason: str) -> None:
        """See `Observer`."""
        self._journal.ended(self._session_id, status, reason)
        self._forget(self._session_id)
