"""The attempt loop: asks the candidates in order until one produces useful output, and meters what each of them did.

This is the shell round `attempts.py`. It owns the deadlines (all but connecting, which only a connector can see), turns
whatever a connector does into a `ProviderError`, and books every attempt, also those that the caller ends by leaving.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

from speko.providers.call import Call
from speko.providers.errors import DeadlineExceeded, EmptyResult, ProviderError, Stage
from speko.routing.attempts import Attempt, Attempts, Candidate, Failure
from speko.routing.hedging import Hedging, booked, race
from speko.routing.ledger import Outcome
from speko.routing.metering import Meter
from speko.routing.watchdog import Expired, Watchdog

log = logging.getLogger(__name__)
E = TypeVar("E")
Opener = Callable[[Candidate, Call], AsyncIterator[Sequence[E]]]
CALLER_PATIENCE = 60.0
"""Seconds that a caller may take to read what was sent before the next piece goes out."""
_CLOSING = 5.0
"""Seconds that a connector may take to end its vendor call."""
_LONGEST_MESSAGE = 500
_TOO_SLOW: dict[Stage, str] = {
    "first_byte": "gave no useful output in time",
    "gap": "stalled in the middle of its answer",
    "total": "took too long in total",
}


class NoAnswer(Exception):
    """Every candidate failed, or there was none."""

    def __init__(self, failures: Sequence[Failure]) -> None:
        super().__init__("no candidate" if not failures else "every candidate failed")
        self.failures = failures


class CallerFault(Exception):
    """The vendor refused the caller's content."""

    def __init__(self, candidate: Candidate, error: ProviderError) -> None:
        super().__init__(error.message)
        self.candidate = candidate
        self.error = error


class CallerStalled(Exception):
    """The caller is connected and has stopped reading."""


def cause_of(cancellation: asyncio.CancelledError) -> str:
    """Why a call is cancelled: `caller_left`, `hedged`, or `gateway_stopped` when `Task.cancel` was given anything
    else, as the server does when its patience with calls in flight is over."""
    if cancellation.args == ("hedged",):
        return "hedged"
    return "caller_left" if cancellation.args in ((), ("caller_left",)) else "gateway_stopped"


class Dispatch(Generic[E]):
    """One call, from the first candidate to the end of the answer."""

    def __init__(
        self,
        attempts: Attempts,
        open_stream: Opener[E],
        useful: Callable[[Sequence[E]], bool],
        meter: Meter,
        *,
        whole: bool = False,
        hedging: Hedging | None = None,
    ) -> None:
        """`whole`: the answer leaves in one piece, so a candidate that breaks off may still be replaced. `hedging`:
        None = one candidate at a time."""
        self.attempts = attempts
        self.meter = meter
        self.silent_call: Call | None = None
        """The call of the candidate that heard nothing, for `/v1/transcribe` to answer with and to book."""
        self._open = open_stream
        self._useful = useful
        self._whole = whole
        self._hedging = hedging

    async def first(self) -> "Served[E]":
        """Asks until a candidate has produced useful output, or with `whole` all of it, and returns its stream.

        Raises:
            NoAnswer: none did.
            CallerFault: one found the content itself at fault.
        """
        attempts = self.attempts
        while attempt := attempts.next(time.monotonic()):
            if attempts.failures:
                self._tell_failover(attempt)
            patience = None if self._hedging is None else self._hedging.patience(attempt)
            served = await (self._try(attempt) if patience is None else self._race(attempt, patience))
            if served is not None and (not self._whole or await served.hold_to_the_end()):
                return served
        if attempts.caller_error is not None and attempts.refused_by is not None and attempts.silent is None:
            raise CallerFault(attempts.refused_by, attempts.caller_error)
        if attempts.silent is None:
            causes = [failure.error.cause for failure in attempts.failures]
            self.warn("no provider answered", causes=",".join(causes) or "no_candidate")
        raise NoAnswer(attempts.failures)

    async def _try(self, attempt: Attempt) -> "Served[E] | None":
        call = Call(
            attempt.candidate.credential,
            connect_timeout=attempt.connect_within,
            request_id=self.meter.info.request_id,
        )
        stream = Stream(self._open, attempt.candidate, call)
        held: list[Sequence[E]] = []
        try:
            while True:
                batch = await stream.next(attempt.first_byte_by, "first_byte")
                if batch is None:
                    raise EmptyResult("finished without any output")
                held.append(batch)
                if self._useful(batch):
                    if self._hedging is not None:
                        self._hedging.answered(attempt)
                    return Served(self, attempt, call, stream, held)
        except Exception as raised:
            error = blamed(raised, attempt.candidate, call)
            try:
                await stream.close()
            finally:
                stream.watchdog.stop()
                now = time.monotonic()
                self.attempts.failed(attempt, error, now)
                if self.attempts.silent is attempt.candidate:
                    self.silent_call = call
                self.meter.attempt(attempt, call, "failed", now=now, error=error)
            return None
        except asyncio.CancelledError as cancellation:
            asked_until = time.monotonic()
            try:
                await stream.close()
            finally:
                stream.watchdog.stop()
                self.attempts.cancelled(attempt)
                self.meter.attempt(attempt, call, "cancelled", now=time.monotonic(), cause=cause_of(cancellation))
                if self._hedging is not None:
                    self._hedging.overtaken(attempt, asked_until)
            raise

    async def _race(self, attempt: Attempt, patience: float) -> "Served[E] | None":
        def start(racer: Attempt) -> "asyncio.Task[Served[E] | None]":
            if racer is not attempt:
                self._tell(logging.INFO, "runner-up asked", {"from": _name(attempt), "to": _name(racer)})
            return asyncio.create_task(self._try(racer))

        return await race(self.attempts, attempt, patience, start, self._tell_failover)

    def _tell_failover(self, to: Attempt) -> None:
        last = self.attempts.failures[-1]
        self.warn("failover", **{"from": _name(last), "to": _name(to), "cause": last.error.cause})

    def warn(self, what: str, **attributes: str) -> None:
        """One line about this call; a static text and attributes, nothing of the caller's."""
        self._tell(logging.WARNING, what, attributes)

    def _tell(self, level: int, what: str, attributes: Mapping[str, str]) -> None:
        info = self.meter.info
        log.log(level, what, extra={"endpoint": info.endpoint, "request_id": info.request_id, **attributes})


def _name(tried: Attempt | Failure) -> str:
    return f"{tried.candidate.provider}/{tried.candidate.model}"


class Stream(Generic[E]):
    """A connector's iterator, with deadlines, and with everything that goes wrong turned into a `ProviderError` whose
    message holds no key."""

    def __init__(self, open_stream: Opener[E], candidate: Candidate, call: Call) -> None:
        self._open = open_stream
        self._candidate = candidate
        self._call = call
        self.watchdog = Watchdog()
        self._batches: AsyncIterator[Sequence[E]] | None = None

    async def next(self, by: float, stage: Stage) -> Sequence[E] | None:
        """The next batch, never an empty one; None at the end. Raises ProviderError."""
        try:
            if self._batches is None:
                self._batches = self._open(self._candidate, self._call)
            batch = await self.watchdog.guard(anext(self._batches, None), by)
            if batch is None or batch:
                return batch
            return await self.watchdog.guard(self._after_an_empty_one(self._batches), by)
        except Expired:
            raise DeadlineExceeded(_TOO_SLOW[stage], stage=stage) from None
        except asyncio.CancelledError as error:
            if _being_cancelled():
                raise
            raise blamed(error, self._candidate, self._call) from None
        except Exception as error:
            raise blamed(error, self._candidate, self._call) from None

    async def _after_an_empty_one(self, batches: AsyncIterator[Sequence[E]]) -> Sequence[E] | None:
        while True:
            await asyncio.sleep(0)  # lets the deadline pass also where the connector never waits
            batch = await anext(batches, None)
            if batch is None or batch:
                return batch

    async def close(self) -> None:
        """Ends the vendor call."""
        close = getattr(self._batches, "aclose", None)
        if close is None:
            return
        try:
            await self.watchdog.guard(close(), time.monotonic() + _CLOSING)
        except (Exception, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and _being_cancelled():
                raise
            log.warning("closing a vendor call failed", extra={"type": type(error).__name__})


def _being_cancelled() -> bool:
    """Whether anybody has cancelled the running task; otherwise a CancelledError is a connector's own doing."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def blamed(error: BaseException, candidate: Candidate, call: Call) -> ProviderError:
    """What a connector raised, as a `ProviderError` whose message holds no key and is not too long.

    A connector's own mistake must not cost the caller the answer. Only its type is told: a foreign exception's text may
    hold anything.
    """
    if not isinstance(error, ProviderError):
        kind = type(error).__name__
        log.error(
            "connector raised something that is not a provider error",
            extra={"provider": candidate.provider, "type": kind},
        )
        return ProviderError(f"its connector failed ({kind})")
    # Connectors keep secrets out of their texts; this makes sure of it, whoever wrote them.
    message = str(error.message)
    if key := call.credential.api_key:
        message = message.replace(key, "[key]")
    error.message = message if len(message) <= _LONGEST_MESSAGE else message[: _LONGEST_MESSAGE - 1] + "…"
    return error


class Served(Generic[E]):
    """The answer of the candidate that made it. Always `close` it: that is what books it."""

    def __init__(
        self, dispatch: Dispatch[E], attempt: Attempt, call: Call, stream: Stream[E], held: list[Sequence[E]]
    ) -> None:
        self.candidate = attempt.candidate
        self.failover_count = len(dispatch.attempts.failures)
        self.call = call
        self._dispatch = dispatch
        self._attempt = attempt
        self._stream = stream
        self._held = held
        self._first_byte_at = time.monotonic()
        self._total_by = dispatch.attempts.started + dispatch.attempts.deadlines.total
        self._open = True
        self._delivered = False
        self._overtaken: Sequence[asyncio.Task[Served[E] | None]] = ()

    def overtake(self, racing: Sequence["asyncio.Task[Served[E] | None]"]) -> None:
        """Cancels the attempts that raced this one. `close` waits for them: the caller need not wait while their
        connections close."""
        self._overtaken = racing
        for task in racing:
            task.cancel("hedged")

    async def next(self) -> Sequence[E] | None:
        """The next batch, None at the end of a whole answer.

        Raises:
            ProviderError: the candidate broke; nothing more will come.
        """
        self._delivered = True
        if self._held:
            return self._held.pop(0)
        if not self._open:
            return None
        try:
            batch = await self._read()
        except ProviderError as error:
            self._dispatch.warn("answer broke off", provider=_name(self._attempt), cause=error.cause)
            await self._end("failed", error=error)
            raise
        if batch is None:
            await self._end("served")
        return batch

    async def hold_to_the_end(self) -> bool:
        """Reads the whole answer before the caller gets any of it. False = it broke off, and another candidate may be
        asked; this one is booked then."""
        try:
            while (batch := await self._read()) is not None:
                self._held.append(batch)
        except ProviderError as error:
            await self._end("failed", error=error)
            await self.close()
            return False
        except asyncio.CancelledError as cancellation:
            await self.close(cause_of(cancellation))
            raise
        return True

    async def _read(self) -> Sequence[E] | None:
        gap_by = time.monotonic() + self._dispatch.attempts.deadlines.gap
        if gap_by < self._total_by:
            return await self._stream.next(gap_by, "gap")
        return await self._stream.next(self._total_by, "total")

    async def deliver(self, sending: Awaitable[None]) -> None:
        """Awaits a write to the caller. The vendor's clock stands still meanwhile.

        Raises:
            CallerStalled: the caller has not read for a minute.
        """
        began = time.monotonic()
        try:
            await self._stream.watchdog.guard(sending, began + CALLER_PATIENCE)
        except Expired:
            raise CallerStalled from None
        self._total_by += time.monotonic() - began

    async def close(self, cause: str | None = None) -> None:
        """Ends the call. If the answer was not over, then it is cancelled for `cause`, and that reaches the vendor."""
        try:
            if self._open:
                await self._end("cancelled", cause=cause)
        finally:
            self._stream.watchdog.stop()
            if self._overtaken:
                await booked(self._overtaken)

    async def _end(self, outcome: Outcome, *, error: ProviderError | None = None, cause: str | None = None) -> None:
        self._open = False
        dispatch = self._dispatch
        try:
            await self._stream.close()
        finally:
            now = time.monotonic()
            if outcome == "served":
                dispatch.attempts.succeeded(self._attempt)
            elif error is None:
                dispatch.attempts.cancelled(self._attempt)
            elif self._delivered:
                dispatch.attempts.broke(self._attempt, error, now)
            else:
                dispatch.attempts.failed(self._attempt, error, now)
            dispatch.meter.attempt(
                self._attempt,
                self.call,
                outcome,
                now=now,
                first_byte_at=self._first_byte_at,
                error=error,
                cause=cause,
            )
            if self._delivered:
                dispatch.meter.served(self.candidate, self.call)
