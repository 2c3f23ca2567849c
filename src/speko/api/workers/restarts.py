"""When a worker that died is started again."""

FIRST = 0.1
LONGEST = 15.0
"""Seconds between a death and the next start, doubled from the first to the longest."""
STEADY = 60.0
"""Seconds of serving after which a death counts as the first again."""


class Restarts:
    """The deaths of one worker."""

    def __init__(self) -> None:
        self._delay = FIRST

    def died(self, served: float) -> float:
        """Seconds to wait before the next start.

        Args:
            served: seconds that it was ready; 0 for one that never was.
        """
        if served >= STEADY:
            self._delay = FIRST
        delay = self._delay
        self._delay = min(2 * delay, LONGEST)
        return delay
