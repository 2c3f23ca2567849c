"""Sums of money, from the rows of this process and from the database."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from speko.limits.spend import Spend, Tally, month_end, month_start

NOW = datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC)


def test_months_are_those_of_utc() -> None:
    early = datetime(2026, 4, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    assert month_start(early) == datetime(2026, 3, 1, tzinfo=UTC)
    assert month_end(NOW) == datetime(2026, 4, 1, tzinfo=UTC)
    assert month_end(datetime(2026, 12, 31, tzinfo=UTC)) == datetime(2027, 1, 1, tzinfo=UTC)
    assert month_end(datetime(2028, 2, 29, tzinfo=UTC)) == datetime(2028, 3, 1, tzinfo=UTC)


def test_a_month_begins_at_nothing_and_credit_goes_on() -> None:
    spend = Spend(NOW)
    spend.read(month_start(NOW), {"org": 100, "key": 40}, {"org": 1000})
    spend.add("org", "key", 5, NOW)
    spend.add("org", None, 1, NOW)
    assert (spend.monthly(NOW).of("org"), spend.monthly(NOW).of("key"), spend.ever("org")) == (106, 45, 1006)
    later = NOW + timedelta(seconds=1)
    assert (spend.monthly(later).of("org"), spend.monthly(later).of("key"), spend.ever("org")) == (0, 0, 1006)
    spend.add("org", "key", 7, NOW)  # of a call that began before midnight
    spend.add("org", "key", 3, later)
    spend.read(month_start(NOW), {"org": 999_999}, {})
    assert (spend.monthly(later).of("org"), spend.ever("org")) == (3, 1016)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 1000), st.booleans(), st.integers(0, 2)), max_size=60))
def test_no_row_is_counted_twice_and_none_is_missed_in_the_end(steps: list[tuple[int, int, bool, int]]) -> None:
    """Three processes book, write down with a delay, and read the sum of all. Nobody ever knows of more than was
    spent, never of less than its own, and everybody knows all when everything is written and read."""
    tallies, waiting, written, true = [Tally() for _ in range(3)], [0, 0, 0], 0, 0
    for process, amount, flush, reader in steps:
        tallies[process].add("org", amount)
        waiting[process] += amount
        true += amount
        if flush:
            written += waiting[process]
            waiting[process] = 0
        before = tallies[reader].of("org")
        tallies[reader].read({"org": written})
        assert before <= tallies[reader].of("org") <= true
    written += sum(waiting)
    for tally in tallies:
        tally.read({"org": written})
        assert tally.of("org") == true
