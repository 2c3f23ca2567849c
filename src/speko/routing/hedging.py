"""Two candidates at once: the runner-up is asked, too, when the first is slower than it usually is.

`attempts.py` says who may race, `usual_latency.py` from when on; the race itself is here.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

from speko.routing.attempts import Attempt, Attempts
from speko.routing.usual_latency import UsualLatency


@dataclass(frozen=True, slots=True)
class Hedging:
    """Asks the runner-up, too, when a candidate is slower than it usually is for an input of this size (seconds of
    audio, or characters)."""

    usual: UsualLatency
    size: float

    def patience(self, attempt: Attempt) -> float | None:
        """Seconds after which the runner-up is asked."""
        return self.usual.patience(attempt.candidate, self.size)

    def answered(self, attempt: Attempt) -> None:
        """Its first useful output is here."""
        self.usual.answered(attempt.candidate, self.size, time.monotonic() - attempt.started)

    def overtaken(self, attempt: Attempt, at: float) -> None:
        """It was cancelled at a point in time."""
        self.usual.overtaken(attempt.candidate, self.size, at - attempt.started)


class Answer(Protocol):
    """The answer of a candidate that has had its first useful output."""

    async def close(self, cause: str | None = None) -> None:
        """Cancels and books it."""

    def overtake(self, racing: Sequence["asyncio.Task[Self | None]"]) -> None:
        """Cancels those that it was faster than. Its own end waits for theirs."""


A = TypeVar("A", bound=Answer)


async def race(
    attempts: Attempts,
    attempt: Attempt,
    patience: float,
    start: Callable[[Attempt], "asyncio.Task[A | None]"],
    failed_over: Callable[[Attempt], None],
) -> A | None:
    """Asks a candidate and, when that takes longer than `patience` seconds, the runner-up, too: whoever has the first
    useful output serves, and the other is cancelled. None = both failed, or the caller is at fault.

    Args:
        attempts: the chain of the call.
        attempt: who is asked first.
        patience: seconds.
        start: begins an attempt. It books itself when it fails or is cancelled, and gives None when it fails.
        failed_over: hears of the one that is left when the other fails.
    """
    racing = [start(attempt)]
    winner: A | None = None
    try:
        done, _ = await asyncio.wait(racing, timeout=patience)
        if not done and (runner_up := attempts.hedge(time.monotonic())):
            racing.append(start(runner_up))
        while winner is None and racing and attempts.caller_error is None:
            await asyncio.wait(racing, return_when=asyncio.FIRST_COMPLETED)
            ended = next(task for task in racing if task.done())
            racing.remove(ended)
            winner = ended.result()
            if winner is None and attempts.trying and attempts.caller_error is None:
                failed_over(attempts.trying[0])
    except BaseException as ended_by:
        # Also when a crash of ours ends it: what still races would go on without anybody to end it.
        await called_off(racing, *(ended_by.args if isinstance(ended_by, asyncio.CancelledError) else ()))
        raise
    if winner is None:
        await called_off(racing, "hedged")
    else:
        winner.overtake(racing)
    return winner


async def called_off(racing: Sequence["asyncio.Task[A | None]"], *why: str) -> None:
    """Cancels attempts and waits until each is booked."""
    for task in racing:
        task.cancel(*why)
    await booked(racing)


async def booked(racing: Sequence["asyncio.Task[A | None]"]) -> None:
    """Waits until each of some cancelled attempts is booked, also when that is cancelled in its turn."""
    cancellation: asyncio.CancelledError | None = None
    while open_ones := [task for task in racing if not task.done()]:
        try:
            await asyncio.wait(open_ones)
        except asyncio.CancelledError as again:
            cancellation = again
    for task in racing:
        if not task.cancelled() and (answer := task.result()) is not None:
            await answer.close("hedged")  # it had its first output in the same moment
    if cancellation is not None:
        raise cancellation
