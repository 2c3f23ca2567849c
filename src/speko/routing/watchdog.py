"""A deadline that is cheap to move: one timer for a whole stream instead of one per chunk."""

import asyncio
import time
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")
_AGAIN = 1.0
"""Seconds after which what swallowed our cancellation is cancelled once more."""


class Expired(Exception):
    """What was waited for did not come in time."""


class Watchdog:
    """Cancels the task that waits once its deadline has passed.

    `asyncio.timeout` makes and cancels a timer for every wait, which a hundred chunks per answer feel. Here the timer
    stays as it is while the deadline moves away, and looks again when it fires.

    Times are `time.monotonic()`: the loop's own clock may be cached and a millisecond coarse.
    """

    __slots__ = ("_by", "_fired", "_loop", "_task", "_timer", "_timer_at")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._task: asyncio.Task[object] | None = None
        self._by: float | None = None
        self._fired = 0
        """How often we cancelled in this wait."""

    async def guard(self, waiting: Awaitable[T], by: float) -> T:
        """Awaits `waiting` until the clock reads `by`.

        Raises:
            Expired: it took longer. `waiting` was cancelled then.
            asyncio.CancelledError: somebody else cancelled the task meanwhile, whatever `waiting` made of that.
        """
        task = self._arm(by)
        before = task.cancelling()
        try:
            result = await waiting
        except BaseException as error:
            # A cancellation may surface as something else, so what counts is who cancelled.
            if self._fired or task.cancelling() > before:
                ended = self._ended(task, before)
                if not isinstance(error, ended):
                    raise ended from None
            raise
        else:
            if self._fired or task.cancelling() > before:
                raise self._ended(task, before)  # what was cancelled swallowed it
            return result
        finally:
            self._by = None

    def stop(self) -> None:
        """Frees the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ended(self, task: asyncio.Task[object], before: int) -> type[BaseException]:
        """Takes our cancellations back. What ended the wait: CancelledError when anybody else cancelled, too."""
        for _ in range(self._fired):
            task.uncancel()
        self._fired = 0
        return asyncio.CancelledError if task.cancelling() > before else Expired

    def _arm(self, by: float) -> asyncio.Task[object]:
        task = self._task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine that runs has one
        self._by = by
        if self._timer is None or by < self._timer_at:
            self.stop()
            self._set_timer(by)
        return task

    def _set_timer(self, at: float) -> None:
        self._timer_at = at
        self._timer = self._loop.call_later(max(0.0, at - time.monotonic()), self._look)

    def _look(self) -> None:
        self._timer = None
        if self._by is None or self._task is None:
            return
        if time.monotonic() < self._by:
            self._set_timer(self._by)
        else:
            self._fired += 1
            self._task.cancel()
            self._set_timer(time.monotonic() + _AGAIN)
