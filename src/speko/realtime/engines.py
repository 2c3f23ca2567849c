"""The engines of one session: who is asked next, for how long, and what each attempt is booked as.

Source: contract, S2S WebSocket 2, 10 and 11.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from speko.providers.call import Call
from speko.providers.errors import DeadlineExceeded, ProviderError, Unsupported
from speko.providers.s2s import Configure, EngineConnection, EngineSink, HistoryItem, Rates, S2sCapabilities
from speko.routing.attempts import Attempt, Attempts, Candidate, Deadlines, Failure
from speko.routing.dispatch import NoAnswer, blamed
from speko.routing.health import Health
from speko.routing.metering import Meter

log = logging.getLogger(__name__)
DEADLINES = Deadlines(connect=3.0, first_byte=3.0, total=8.0, budget=8.0)
"""Three seconds for each engine of eight in all, before `ready` and after each loss."""
_STRIKES = 2
"""Losses without an answer between them, after which an engine is not asked again in this session."""


@dataclass(frozen=True, slots=True)
class Resume:
    """What a session brings along: empty at its beginning."""

    history: tuple[HistoryItem, ...] = ()
    """For an engine that continues answers: with the words that were delivered."""
    history_heard: tuple[HistoryItem, ...] = ()
    """For one that does not: with the words that were heard."""
    continue_answer: bool = False
    configured: Configure | None = None
    """In place of what the session was created with."""

    def history_for(self, capabilities: S2sCapabilities) -> tuple[HistoryItem, ...]:
        """The conversation as an engine with these capabilities has to know it."""
        return self.history if capabilities.continues else self.history_heard


@dataclass(frozen=True, slots=True)
class Dialled:
    """One engine as a connector is asked for it."""

    candidate: Candidate
    call: Call
    resume: Resume


@dataclass(slots=True)
class Engine:
    """An engine in service."""

    attempt: Attempt
    call: Call
    capabilities: S2sCapabilities
    rates: Rates
    connection: EngineConnection
    ready_at: float
    answered: bool = False

    @property
    def candidate(self) -> Candidate:
        """Which one it is."""
        return self.attempt.candidate


Dial = Callable[[Dialled, EngineSink], Awaitable[tuple[EngineConnection, S2sCapabilities, Rates]]]
"""Opens a session with an engine. Raises ProviderError."""
Renew = Callable[[Sequence[Candidate]], Sequence[Candidate]]
"""The same candidates with the credentials that count now; without those that have none any more."""


class Engines:
    """The chain of one session."""

    def __init__(
        self,
        candidates: Sequence[Candidate],
        *,
        pinned: bool,
        health: Health,
        meter: Meter,
        dial: Dial,
        renew: Renew = lambda candidates: candidates,
        deadlines: Deadlines = DEADLINES,
    ) -> None:
        self.meter = meter
        self._candidates = list(candidates)
        self._pinned = pinned
        self._health = health
        self._dial = dial
        self._renew = renew
        self._deadlines = deadlines
        self._strikes: dict[Candidate, int] = {}
        self._last: Candidate | None = None
        self._lost: Failure | None = None
        """Why the last one is gone."""
        self._attempts: Attempts | None = None

    async def open(self, resume: Resume, new_sink: Callable[[], EngineSink]) -> Engine:
        """Connects the first that can be: the one that was lost once more, then the others.

        Raises:
            NoAnswer: there is none.
        """
        now = time.monotonic()
        attempts = self._attempts = Attempts(self._order(), self._health, self._deadlines, now)
        previous: Attempt | None = None
        while attempt := attempts.next(time.monotonic()):
            if previous is not None:
                self._warn_failover(previous, attempt, attempts.failures[-1].error.cause)
            engine = await self._try(attempts, attempt, resume, new_sink)
            if engine is not None:
                self._last = attempt.candidate
                return engine
            previous = attempt
        causes = ",".join(failure.error.cause for failure in attempts.failures)
        log.warning("no engine could be connected", extra={"causes": causes or "no_candidate", **self._whose()})
        if not attempts.failures and self._lost is not None:
            raise NoAnswer([self._lost])
        raise NoAnswer(attempts.failures)

    async def _try(
        self, attempts: Attempts, attempt: Attempt, resume: Resume, new_sink: Callable[[], EngineSink]
    ) -> Engine | None:
        candidate = attempt.candidate
        call = Call(candidate.credential, connect_timeout=attempt.connect_within, request_id=self.meter.info.request_id)
        try:
            async with asyncio.timeout(attempt.first_byte_by - time.monotonic()):
                connection, capabilities, rates = await self._dial(Dialled(candidate, call, resume), new_sink())
        except asyncio.CancelledError:
            attempts.cancelled(attempt)
            self.meter.attempt(attempt, call, "cancelled", now=time.monotonic(), cause="caller_left")
            raise
        except Exception as raised:
            error = _cause(raised, candidate, call)
            now = time.monotonic()
            attempts.failed(attempt, error, now)
            self.meter.attempt(attempt, call, "failed", now=now, error=error)
            return None
        return Engine(attempt, call, capabilities, rates, connection, time.monotonic())

    def lost(self, engine: Engine, error: ProviderError) -> None:
        """The engine in service is gone."""
        now = time.monotonic()
        self._lost = Failure(engine.candidate, error)
        engine.connection.close()
        self._strikes[engine.candidate] = 1 if engine.answered else self._strikes.get(engine.candidate, 0) + 1
        assert self._attempts is not None  # noqa: S101 - it has served
        self._attempts.broke(engine.attempt, error, now)
        self.meter.attempt(engine.attempt, engine.call, "failed", now=now, first_byte_at=engine.ready_at, error=error)
        log.warning(
            "engine lost",
            extra={"provider": engine.candidate.provider, "cause": error.cause, **self._whose()},
        )

    def ended(self, engine: Engine, *, cause: str | None = None) -> None:
        """The session is over while the engine serves. `cause`: why it is cut short; None = in good order."""
        engine.connection.close()
        assert self._attempts is not None  # noqa: S101 - it has served
        if engine.answered:
            self._attempts.succeeded(engine.attempt)
        else:
            self._attempts.cancelled(engine.attempt)
        self.meter.attempt(
            engine.attempt,
            engine.call,
            "served" if cause is None else "cancelled",
            now=time.monotonic(),
            first_byte_at=engine.ready_at,
            cause=cause,
        )

    def _order(self) -> list[Candidate]:
        if self._last is None:
            return self._candidates
        # A key may have been removed, or replaced, since the session began.
        current = self._renew(self._candidates)
        last = [c for c in current if _name(c) == _name(self._last)]
        others = [] if self._pinned else [c for c in current if c not in last]
        return [c for c in (*last, *others) if self._strikes.get(c, 0) < _STRIKES]

    def _warn_failover(self, previous: Attempt, attempt: Attempt, cause: str) -> None:
        log.warning(
            "failover",
            extra={"from": _name(previous.candidate), "to": _name(attempt.candidate), "cause": cause, **self._whose()},
        )

    def _whose(self) -> dict[str, str]:
        return {"session_id": self.meter.info.session_id or "", "request_id": self.meter.info.request_id}


def explained(failure: NoAnswer) -> str:
    """Every engine that was asked and what became of it, for people."""
    told = [f"{_name(f.candidate)}: {f.error.message}" for f in failure.failures]
    return "; ".join(told) or "no engine can be used"


def _cause(raised: Exception, candidate: Candidate, call: Call) -> ProviderError:
    if isinstance(raised, TimeoutError):
        return DeadlineExceeded("was not ready in time", stage="first_byte")
    error = blamed(raised, candidate, call)
    if not error.retryable:
        # What one engine does not take (a voice, a tool) another may.
        return Unsupported(error.message, status=error.status)
    return error


def _name(candidate: Candidate) -> str:
    return f"{candidate.provider}/{candidate.model}"
