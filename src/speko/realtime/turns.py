"""The stages of a turn, on one clock. A turn is what the user said and the response to it; its zero is the user's end
of speech, and where there is none (a greeting), its own beginning. Times are seconds of the monotonic clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from speko.events.s2s import Stage
from speko.realtime.actions import StageTime, TurnRecord

_SAME_TURN = 3.0
"""Seconds within which speech goes on that was not answered: the engine had ended the turn too early."""


@dataclass(slots=True, eq=False)
class Turn:
    """One turn while it goes on."""

    started_at: datetime
    created: float
    started: float | None = None
    """Beginning of the speech."""
    ended: float | None = None
    """End of the speech, or when text was typed."""
    stages: dict[Stage, tuple[float, str | None, str | None]] = field(default_factory=dict)
    """When each was reached first, and by whom."""
    heard_anew: bool = False
    """The next engine hears the same speech once more: its beginning and end are known already."""

    @property
    def zero(self) -> float:
        """Where milliseconds count from."""
        return self.created if self.ended is None else self.ended

    def reach(
        self, stage: Stage, at: float, now: float, provider: str | None = None, model: str | None = None
    ) -> int | None:
        """A stage was reached, as is known `now`; returns its ms, None = it was before."""
        if stage in self.stages and stage != "response_done":  # of several responses of a turn, the last counts
            return None
        self.stages[stage] = (at, provider, model)
        # While the user speaks, the end of speech is not before now.
        return round((at - now) * 1000) if self.started is not None and self.ended is None else self.ms(at)

    def ms(self, at: float) -> int:
        """`at` on the turn's clock."""
        return round((at - self.zero) * 1000)

    def record(self, index: int, *, interrupted: bool) -> TurnRecord:
        """For the books: now that the end of speech is known, in order."""
        times = sorted(self.stages.items(), key=lambda item: item[1][0])
        stages = tuple(StageTime(stage, self.ms(at), provider, model) for stage, (at, provider, model) in times)
        return TurnRecord(index, self.started_at, interrupted, stages)


class Turns:
    """The user's turn that waits for its response, and one whose response asked for a tool."""

    def __init__(self, wall_clock: Callable[[], datetime]) -> None:
        self._wall_clock = wall_clock
        self._count = 0
        self.pending: Turn | None = None
        self.chained: Turn | None = None
        """Its response is over, and another one will go on when the tools have answered."""

    def wall(self, ago_ms: float = 0) -> datetime:
        """The time of day, so long ago."""
        return self._wall_clock() - timedelta(milliseconds=ago_ms)

    def begin(self, now: float, ago_ms: int) -> Turn:
        """The user speaks."""
        turn = self.pending
        if turn is not None and (turn.ended is None or turn.heard_anew or now - turn.ended < _SAME_TURN):
            if not turn.heard_anew:
                turn.ended = None
            return turn
        started = now - ago_ms / 1000
        self.pending = turn = Turn(self.wall(ago_ms), now, started=started)
        turn.reach("speech_started", started, now)
        return turn

    def end(self, now: float, ago_ms: int = 0, *, spoken_since: float | None = None) -> Turn:
        """The user's turn is over. `spoken_since`: when the speech began, where nobody has reported it."""
        turn = self.pending
        if turn is None or (turn.ended is not None and spoken_since is not None and not turn.heard_anew):
            since = now if spoken_since is None else spoken_since
            self.pending = turn = Turn(self.wall((now - since) * 1000), now, started=spoken_since)
        if turn.heard_anew:
            turn.heard_anew = False
        else:
            turn.ended = now - ago_ms / 1000
            turn.stages.pop("speech_ended", None)
            turn.reach("speech_ended", now, now)
        return turn

    def typed(self, now: float) -> None:
        """The user's turn was typed."""
        self.pending = Turn(self.wall(), now, ended=now)

    def current(self, answering: Turn | None) -> Turn | None:
        """To which turn a stage inside the engine belongs; `answering`: whose response is in flight."""
        pending = self.pending
        if pending is not None and (pending.ended is not None or answering is None):
            return pending
        return answering or self.chained

    def greet(self, now: float) -> Turn:
        """The engine is about to speak by itself."""
        self.pending = turn = Turn(self.wall(), now)
        return turn

    def take(self, now: float) -> tuple[Turn, TurnRecord | None]:
        """A response begins: the turn that it belongs to, and the record of one that will not go on after all."""
        if self.pending is None and self.chained is not None:
            turn, self.chained = self.chained, None
            return turn, None
        turn = self.pending or Turn(self.wall(), now)
        self.pending = None
        return turn, self.unchain()

    def unchain(self) -> TurnRecord | None:
        """The turn whose response asked for a tool gets no other response."""
        turn, self.chained = self.chained, None
        return None if turn is None else self.over(turn, interrupted=False)

    def over(self, turn: Turn, *, interrupted: bool) -> TurnRecord:
        """The turn's last response is over."""
        self._count += 1
        return turn.record(self._count - 1, interrupted=interrupted)
