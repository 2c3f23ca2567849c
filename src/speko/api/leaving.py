"""Notices that the caller has left, also while no byte of the answer was sent yet, and cancels the work for it."""

import asyncio
from types import TracebackType
from typing import Self

from litestar.types import Receive


class Leaving:
    """Context in which the caller's leaving cancels the body.

    The cancellation does not come out of the context: nobody is there to hear of it. Enter it only when the request's
    body has been read, since it reads on.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._gone = False

    async def __aenter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine that runs has one
        self._task = task
        self._watcher = asyncio.get_running_loop().create_task(self._watch())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._watcher.cancel()
        return self._gone and self._task.uncancel() == 0 and isinstance(error, asyncio.CancelledError)

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        self._task.cancel("caller_left")
