"""The calls of a gateway that are under way."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class InFlight:
    """The tasks of calls in flight: counted for metrics, and ended when the gateway stops."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    @contextmanager
    def here(self) -> Iterator[None]:
        """The running task is a call for as long as the context lasts."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine that runs has one
        self._tasks.add(task)
        try:
            yield
        finally:
            self._tasks.discard(task)

    @property
    def count(self) -> int:
        """Calls in flight."""
        return len(self._tasks)

    async def end(self) -> None:
        """Cancels all calls and waits until each of them is booked."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel("gateway_stopped")
        await asyncio.gather(*tasks, return_exceptions=True)
