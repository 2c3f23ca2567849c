"""Who has no valid key waits for the answer when there are many of them, so that guessing takes nothing from others.

A few are answered at once. Beyond that each one waits for its turn, and there are only so many turns a second, however
many connections guess.
"""

import asyncio
from collections.abc import Callable

PER_SECOND = 100.0
"""Refusals a second, beyond the first few: about a hundredth of a core."""
AT_ONCE = 20
"""Refusals that need no turn."""
LONGEST = 5.0
"""Seconds that anybody waits at most."""


class Turns:
    """Turns, one after the other. `clock` in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._next = 0.0
        """When the next turn would be if nobody were answered at once."""

    def take(self) -> float:
        """Seconds until one's turn."""
        now = self._clock()
        self._next = min(max(self._next, now) + 1 / PER_SECOND, now + AT_ONCE / PER_SECOND + LONGEST)
        return max(0.0, self._next - now - AT_ONCE / PER_SECOND)

    async def wait(self) -> None:
        """Waits for one's turn."""
        if delay := self.take():
            await asyncio.sleep(delay)
