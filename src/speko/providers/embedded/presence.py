"""Whether what an engine needs is installed. Asked at each need, so an engine works as soon as it is installed."""

import shutil
import time
from collections.abc import Callable
from importlib.util import find_spec


class Presence:
    """One thing that has to be there; looked for at most once a second.

    Args:
        find: looks for it.
        remedy: what it is and what to install, for people.
        clock: seconds that only go forward.
    """

    HOLDS = 1.0
    """Seconds for which an answer is believed."""

    def __init__(self, find: Callable[[], bool], remedy: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._find = find
        self._remedy = remedy
        self._clock = clock
        self._asked_at = float("-inf")
        self._found = False

    def missing(self) -> str | None:
        """What to install, or None when it is there."""
        now = self._clock()
        if now - self._asked_at >= self.HOLDS:
            self._asked_at = now
            self._found = self._find()
        return None if self._found else self._remedy


def program(name: str, remedy: str) -> Presence:
    """A program on the search path."""
    return Presence(lambda: shutil.which(name) is not None, remedy)


def package(name: str, remedy: str) -> Presence:
    """A Python package; it is not imported."""
    return Presence(lambda: find_spec(name) is not None, remedy)
