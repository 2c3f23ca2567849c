"""A deadline that is cheap to move: one timer for a whole stream instead of one per chunk."""

import asyncio
import time
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


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
        self._fired = False

    async def guard(self, waiting: Awaitable[T], by: float) -> T:
        """Awaits `waiting` until the clock reads `by`.

        Raises:
            Expired: it took longer. `waiting` was cancelled then.
        """
        self._arm(by)
        try:
            result = await waiting
        except BaseException:
            # Our own cancellation may surface as something else, so what counts is that we fired. Somebody else's
            # cancellation at the same moment wins.
            if self._take_back():
                raise Expired from None
            raise
        else:
            if self._take_back():
                raise Expired  # what we cancelled swallowed it
            return result
        finally:
            self._by = None

    def stop(self) -> None:
        """Frees the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _take_back(self) -> bool:
        """Whether we cancelled, and nobody else did."""
        if not self._fired or self._task is None:
            return False
        self._fired = False
        return self._task.uncancel() == 0

    def _arm(self, by: float) -> None:
        self._task = asyncio.current_task()
        self._by = by
        if self._timer is None or by < self._timer_at:
            self.stop()
            self._set_timer(by)

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
            self._fired = True
            self._task.cancel()
