"""Notices that the caller has left, also while no byte of the answer was sent yet, and cancels the work for it."""

import asyncio
from types import TracebackType
from typing import Self

from litestar.types import Receive


class Leaving:
    """Context in which the caller's leaving, or `deadline` (loop time), cancels the body.

    The cancellation does not come out of the context: nobody is there to hear of it. `gone` tells afterwards.
    Enter it only when the request's body has been read, since it reads on.
    """

    def __init__(self, receive: Receive, deadline: float) -> None:
        self._receive = receive
        self._deadline = deadline
        self.gone = False

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine that runs has one
        self._task = task
        self._watcher = loop.create_task(self._watch())
        # A caller that stops reading blocks us in `send`, where no vendor deadline counts.
        self._timer = loop.call_at(self._deadline, self._cancel)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._timer.cancel()
        self._watcher.cancel()
        return self.gone and self._task.uncancel() == 0 and isinstance(error, asyncio.CancelledError)

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._cancel()

    def _cancel(self) -> None:
        if not self.gone:
            self.gone = True
            self._task.cancel()
