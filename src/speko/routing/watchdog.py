"""A deadline that is cheap to move: one timer for a whole stream instead of one per chunk."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from speko.providers.errors import DeadlineExceeded, Stage

T = TypeVar("T")
_TEXT: dict[Stage, str] = {
    "connect": "did not accept a connection in time",
    "first_byte": "gave no useful output in time",
    "gap": "stalled in the middle of its answer",
    "total": "took too long in total",
}


class Watchdog:
    """Cancels the task that waits on a vendor once its deadline has passed.

    `asyncio.timeout` makes and cancels a timer for every wait, which a hundred chunks per answer feel. Here the timer
    stays as it is while the deadline moves away, and looks again when it fires.
    """

    __slots__ = ("_by", "_fired", "_loop", "_task", "_timer")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[object] | None = None
        self._by: float | None = None
        self._fired = False

    async def guard(self, waiting: Awaitable[T], by: float, stage: Stage) -> T:
        """Awaits `waiting` until the loop's clock reads `by`.

        Raises:
            DeadlineExceeded: it took longer. `waiting` was cancelled then.
        """
        self._arm(by)
        try:
            return await waiting
        except BaseException:
            # Our own cancellation may surface as something else, so what counts is that we fired. Somebody else's
            # cancellation at the same moment wins.
            if self._fired and self._task is not None and self._task.uncancel() == 0:
                raise DeadlineExceeded(_TEXT[stage], stage=stage) from None
            raise
        finally:
            self._by, self._fired = None, False

    def stop(self) -> None:
        """Frees the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, by: float) -> None:
        self._task = asyncio.current_task()
        self._by = by
        if self._timer is None:
            self._timer = self._loop.call_at(by, self._look)
        elif by < self._timer.when():
            self._timer.cancel()
            self._timer = self._loop.call_at(by, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._by is None or self._task is None:
            return
        if self._loop.time() < self._by:
            self._timer = self._loop.call_at(self._by, self._look)
        else:
            self._fired = True
            self._task.cancel()
