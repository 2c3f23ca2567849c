"""What was spent on platform keys: in the calendar month (UTC) by keys and organisations, and by organisations ever.

What this process books is known at once and exactly. What others have booked is in the database: a sum that was read
there, less what this process has booked by then, is the least that can be theirs. That figure never falls, and counts
no row twice.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta


class Tally:
    """Sums of micro-USD by subject."""

    def __init__(self) -> None:
        self._own: defaultdict[str, int] = defaultdict(int)
        self._others: dict[str, int] = {}

    def add(self, subject: str, amount: int) -> None:
        """This process has booked something."""
        self._own[subject] += amount

    def read(self, sums: Mapping[str, int]) -> None:
        """What stood in the database some time ago: rows of all processes, but maybe not yet all of our own."""
        for subject, total in sums.items():
            self._others[subject] = max(self._others.get(subject, 0), total - self._own.get(subject, 0))

    def of(self, subject: str) -> int:
        """What is known to be spent."""
        return self._own.get(subject, 0) + self._others.get(subject, 0)


class Spend:
    """Both tallies. `month` moves with the times that are passed in."""

    def __init__(self, now: datetime) -> None:
        self.month = month_start(now)
        self._next = month_end(now)
        self._monthly = Tally()
        self._ever = Tally()

    def add(self, organization_id: str, key_id: str | None, amount: int, at: datetime) -> None:
        """This process has booked so many micro-USD."""
        self._ever.add(organization_id, amount)
        self._move(at)
        if at >= self.month:
            self._monthly.add(organization_id, amount)
            if key_id is not None:
                self._monthly.add(key_id, amount)

    def read(self, month: datetime, monthly: Mapping[str, int], ever: Mapping[str, int]) -> None:
        """Sums from the database: of that month by key and organisation, and of all times by organisation."""
        self._ever.read(ever)
        self._move(month)
        if month == self.month:
            self._monthly.read(monthly)

    def monthly(self, now: datetime) -> Tally:
        """This month's, of keys and organisations."""
        self._move(now)
        return self._monthly

    def ever(self, organization_id: str) -> int:
        """Micro-USD of an organisation since the beginning."""
        return self._ever.of(organization_id)

    def _move(self, to: datetime) -> None:
        if to >= self._next:
            self.month, self._next = month_start(to), month_end(to)
            self._monthly = Tally()


def month_start(at: datetime) -> datetime:
    """When its calendar month began, in UTC."""
    return at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def month_end(at: datetime) -> datetime:
    """When the next calendar month begins, in UTC."""
    return month_start(month_start(at) + timedelta(days=32))
