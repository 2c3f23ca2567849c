"""The attempt loop: asks the candidates in order until one produces useful output, and meters what each of them did.

This is the shell round `attempts.py`. It owns the deadlines (all but connecting, which only a connector can see), turns
whatever a connector does into a `ProviderError`, and books every attempt, also those that the caller ends by leaving.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Generic, TypeVar

from speko.providers.call import Call
from speko.providers.errors import EmptyResult, ProviderError
from speko.routing.attempts import Attempt, Attempts, Candidate, Failure
from speko.routing.ledger import Outcome
from speko.routing.metering import Meter
from speko.routing.watchdog import Watchdog

log = logging.getLogger(__name__)
E = TypeVar("E")
Opener = Callable[[Candidate, Call], AsyncIterator[Sequence[E]]]


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


class Dispatch(Generic[E]):
    """One call, from the first candidate to the end of the answer."""

    def __init__(
        self, attempts: Attempts, open_stream: Opener[E], useful: Callable[[Sequence[E]], bool], meter: Meter
    ) -> None:
        self.attempts = attempts
        self.meter = meter
        self._open = open_stream
        self._useful = useful
        self.watchdog = Watchdog()
        self.silent_call: Call | None = None
        """The call of the candidate that heard nothing, for `/v1/transcribe` to answer with and to book."""

    async def first(self) -> "Served[E]":
        """Asks until a candidate has produced useful output, and returns its stream.

        Raises:
            NoAnswer: none did.
            CallerFault: one found the content itself at fault.
        """
        loop = asyncio.get_running_loop()
        try:
            previous: Attempt | None = None
            while attempt := self.attempts.next(loop.time()):
                if previous is not None:
                    self._log_failover(previous, attempt)
                served = await self._try(attempt)
                if served is not None:
                    return served
                previous = attempt
        except BaseException:
            self.watchdog.stop()
            raise
        self.watchdog.stop()
        if self.attempts.caller_error is not None and previous is not None:
            raise CallerFault(previous.candidate, self.attempts.caller_error)
        raise NoAnswer(self.attempts.failures)

    async def _try(self, attempt: Attempt) -> "Served[E] | None":
        loop = asyncio.get_running_loop()
        call = Call(
            attempt.candidate.credential,
            connect_timeout=attempt.connect_within,
            request_id=self.meter.info.request_id,
        )
        stream = Stream(self._open, attempt.candidate, call)
        held: list[Sequence[E]] = []
        try:
            while True:
                batch = await self.watchdog.guard(stream.next(), attempt.first_byte_by, "first_byte")
                if batch is None:
                    raise EmptyResult("finished without any output")
                held.append(batch)
                if self._useful(batch):
                    return Served(self, attempt, call, stream, held)
        except ProviderError as error:
            now = loop.time()
            self.meter.attempt(attempt, call, "failed", now=now, error=error)
            self.attempts.failed(attempt, error, now)
            if self.attempts.silent is attempt.candidate:
                self.silent_call = call
            await stream.close()
            return None
        except BaseException:
            self.meter.attempt(attempt, call, "cancelled", now=loop.time())
            self.attempts.cancelled(attempt)
            await stream.close()
            raise

    def _log_failover(self, previous: Attempt, attempt: Attempt) -> None:
        failures = self.attempts.failures
        log.warning(
            "failover",
            extra={
                "endpoint": self.meter.info.endpoint,
                "request_id": self.meter.info.request_id,
                "from": f"{previous.candidate.provider}/{previous.candidate.model}",
                "to": f"{attempt.candidate.provider}/{attempt.candidate.model}",
                "cause": failures[-1].error.cause if failures else None,
            },
        )


class Stream(Generic[E]):
    """A connector's iterator, with everything that is not a `ProviderError` turned into one."""

    def __init__(self, open_stream: Opener[E], candidate: Candidate, call: Call) -> None:
        self._open = open_stream
        self._candidate = candidate
        self._call = call
        self._batches: AsyncIterator[Sequence[E]] | None = None

    async def next(self) -> Sequence[E] | None:
        """The next batch, None at the end."""
        try:
            if self._batches is None:
                self._batches = self._open(self._candidate, self._call)
            return await anext(self._batches, None)
        except (ProviderError, asyncio.CancelledError):
            raise
        except Exception as error:
            # A connector's own mistake must not cost the caller the answer. Only the type is logged: the text of a
            # foreign exception may hold anything.
            log.error(
                "connector raised something that is not a provider error",
                extra={"provider": self._candidate.provider, "type": type(error).__name__},
            )
            raise ProviderError(f"its connector failed ({type(error).__name__})") from error

    async def close(self) -> None:
        """Ends the vendor call."""
        close = getattr(self._batches, "aclose", None)
        if close is None:
            return
        try:
            await close()
        except Exception as error:
            log.warning("closing a vendor call failed", extra={"type": type(error).__name__})


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
        self._first_byte_at = asyncio.get_running_loop().time()
        self._open = True
        self._delivered = False

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
        now = asyncio.get_running_loop().time()
        deadlines, total_by = self._dispatch.attempts.deadlines, self._dispatch.attempts.total_by
        gap_by = now + deadlines.gap
        try:
            if gap_by < total_by:
                batch = await self._dispatch.watchdog.guard(self._stream.next(), gap_by, "gap")
            else:
                batch = await self._dispatch.watchdog.guard(self._stream.next(), total_by, "total")
        except ProviderError as error:
            self._end("failed", error)
            await self._stream.close()
            raise
        if batch is None:
            self._end("served")
        return batch

    async def close(self) -> None:
        """Ends the call. If the answer was not over, then the caller has left, and that reaches the vendor."""
        if self._open:
            self._end("cancelled")
            await self._stream.close()

    def _end(self, outcome: Outcome, error: ProviderError | None = None) -> None:
        self._open = False
        dispatch, now = self._dispatch, asyncio.get_running_loop().time()
        dispatch.watchdog.stop()
        if outcome == "served":
            dispatch.attempts.succeeded(self._attempt)
        elif error is not None:
            dispatch.attempts.broke(self._attempt, error, now)
        else:
            dispatch.attempts.cancelled(self._attempt)
        dispatch.meter.attempt(
            self._attempt, self.call, outcome, now=now, first_byte_at=self._first_byte_at, error=error
        )
        if self._delivered:
            dispatch.meter.served(self.candidate, self.call)
