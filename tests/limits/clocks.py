"""Clocks that tests move."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Seconds, and the time that goes with them."""

    def __init__(self, start: datetime = datetime(2026, 3, 14, 12, tzinfo=UTC)) -> None:
        self._start = start
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.seconds - 1000.0)
