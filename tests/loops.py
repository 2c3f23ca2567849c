"""Event loops that tests run on. Production runs on uvloop alone; most tests on asyncio's own, which says more when
something is wrong. A module asks for others with `LOOPS`."""

import asyncio
import selectors
from collections.abc import Callable, Mapping

import pytest
import uvloop

Loops = Mapping[str, Callable[[], asyncio.AbstractEventLoop]]
ASYNCIO: Loops = {"asyncio": asyncio.new_event_loop}
UVLOOP: Loops = {"uvloop": uvloop.new_event_loop}
BOTH: Loops = {**ASYNCIO, **UVLOOP}


class _NoWaiting(selectors.SelectSelector):
    """Where a loop would wait for a timer, the time jumps there."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(None if timeout is None else 0)
        if not found and timeout is not None:
            self.now += max(0.0, timeout)
        return found


class VirtualTime(asyncio.SelectorEventLoop):
    """For what keeps time by its loop: a second costs nothing, and is a second however slow the machine is."""

    def __init__(self) -> None:
        self._moments = _NoWaiting()
        super().__init__(self._moments)

    def time(self) -> float:
        """Seconds of the loop's own time."""
        return self._moments.now


VIRTUAL: Loops = {"virtual": VirtualTime}
"""Without sockets, threads and processes: nothing of the outside keeps that time."""


def of(item: pytest.Item, default: Loops) -> Loops:
    """The loops of a test."""
    module = item.getparent(pytest.Module)
    found: Loops = getattr(module and module.obj, "LOOPS", default)
    return found
