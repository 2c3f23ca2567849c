"""How late the event loop is: whatever blocks it delays every call of the process at once."""

import asyncio

from prometheus_client import CollectorRegistry

from speko.observability.instruments import Histogram

_EVERY = 0.1
"""Seconds between two looks; ten a second cost less than a ten-thousandth of a core."""
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class LoopLag:
    """Sets an alarm again and again, and notes how late it rings."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._seconds = Histogram(
            registry, "speko_event_loop_lag_seconds", "How late a timer of the event loop fires.", (), _SECONDS
        )
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begins to look."""
        self._due = loop.time() + _EVERY
        self._timer = loop.call_at(self._due, self._rang, loop)

    def stop(self) -> None:
        """Looks no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _rang(self, loop: asyncio.AbstractEventLoop) -> None:
        self._seconds.observe(seconds=max(0.0, loop.time() - self._due))
        self.start(loop)
