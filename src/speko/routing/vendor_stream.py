"""One connector's output, with deadlines, and with everything that goes wrong turned into a `ProviderError`."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Generic, TypeVar

from speko.providers.call import Call
from speko.providers.errors import DeadlineExceeded, ProviderError, Stage
from speko.routing.attempts import Candidate
from speko.routing.watchdog import Expired, Watchdog

log = logging.getLogger(__name__)
E = TypeVar("E")
Opener = Callable[[Candidate, Call], AsyncIterator[Sequence[E]]]
_CLOSING = 5.0
"""Seconds that a connector may take to end its vendor call."""
_LONGEST_MESSAGE = 500
_TOO_SLOW: dict[Stage, str] = {
    "first_byte": "gave no useful output in time",
    "gap": "stalled in the middle of its answer",
    "total": "took too long in total",
}


class Stream(Generic[E]):
    """A connector's iterator, with deadlines, and with everything that goes wrong turned into a `ProviderError` whose
    message holds no key."""

    def __init__(self, open_stream: Opener[E], candidate: Candidate, call: Call, watchdog: Watchdog) -> None:
        self._open = open_stream
        self._candidate = candidate
        self._call = call
        self.watchdog = watchdog
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
