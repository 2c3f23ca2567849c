"""The token bucket: what passes, what has to wait and for how long; and what several processes make of it."""

import math

from hypothesis import given
from hypothesis import strategies as st

from speko.limits.request_rates import RequestRates

PAUSES = st.lists(st.floats(0, 30, allow_nan=False), max_size=60)
SUBJECT = "key_1"


def admit(rates: RequestRates, per_minute: int, now: float) -> float:
    """Lets a request through if it may; gives what it has to wait."""
    wait = rates.wait(SUBJECT, per_minute, now)
    if not wait:
        rates.take(SUBJECT, per_minute, now)
    return wait


@given(st.integers(1, 300))
def test_a_quiet_minute_lets_as_many_through_at_once(per_minute: int) -> None:
    rates = RequestRates()
    assert [admit(rates, per_minute, 5.0) == 0 for _ in range(per_minute + 1)] == [True] * per_minute + [False]
    assert rates.used(SUBJECT, per_minute, 5.0) == per_minute
    assert rates.used(SUBJECT, per_minute, 65.0) == 0


@given(st.integers(1, 40), PAUSES)
def test_no_stretch_lets_more_through_than_is_said(per_minute: int, pauses: list[float]) -> None:
    rates, now, passed = RequestRates(), 0.0, []
    for pause in pauses:
        now += pause
        for _ in range(3):
            if admit(rates, per_minute, now) == 0:
                passed.append(now)
    for first in range(0, len(passed), 10):
        for last in range(first, len(passed)):
            assert last - first + 1 <= per_minute * (1 + (passed[last] - passed[first]) / 60) + 1e-3


@given(st.integers(1, 600), PAUSES)
def test_what_has_to_be_waited_for_is_exact(per_minute: int, pauses: list[float]) -> None:
    rates, now = RequestRates(), 0.0
    for pause in pauses:
        now += pause
        wait = rates.wait(SUBJECT, per_minute, now)
        if wait:
            assert rates.wait(SUBJECT, per_minute, now + wait * 0.99 - 1e-5) > 0
            now += wait + 1e-6
            assert rates.wait(SUBJECT, per_minute, now) == 0
        rates.take(SUBJECT, per_minute, now)
        assert rates.wait(SUBJECT, per_minute, now) <= 60 / per_minute + 1e-6


def test_subjects_do_not_know_each_other() -> None:
    rates = RequestRates()
    rates.take("a", 1, 0.0)
    assert math.isclose(rates.wait("a", 1, 0.0), 60.0)
    assert rates.wait("b", 1, 0.0) == 0


def test_a_flood_of_subjects_does_not_fill_the_memory() -> None:
    rates = RequestRates()
    for number in range(12_000):
        rates.take(f"key_{number}", 600, number * 0.01)
    assert len(rates._buckets) <= 10_001


class Ledger:
    """What the script does in Redis."""

    def __init__(self) -> None:
        self.paid_at: dict[str, float] = {}

    def run(self, rates: RequestRates, now: float, *, afresh: bool = False) -> None:
        replies = []
        for command in rates.outgoing(now, afresh=afresh):
            debts = []
            for number, key in enumerate(command.keys):
                cost, floor = (float(command.arguments[2 * number + at]) for at in (0, 1))
                paid_at = max(self.paid_at.get(key, 0.0), now * 1e6 + floor) + cost
                self.paid_at[key] = paid_at
                debts.append(int(paid_at - now * 1e6))
            replies.append(debts)
        rates.incoming(replies, now)


@given(st.integers(1, 30), st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=60))
def test_processes_pay_one_debt(per_minute: int, steps: list[tuple[int, bool]]) -> None:
    """What three processes let through between two exchanges is all that can be too much; and they agree afterwards."""
    ledger, processes, now, passed, unheard = Ledger(), [RequestRates() for _ in range(3)], 0.0, 0, 0
    for process, exchange in steps:
        now += 0.05
        if exchange:
            for one in processes * 2:  # twice: the first has not heard of the others yet
                ledger.run(one, now)
            unheard = 0
        if admit(processes[process], per_minute, now) == 0:
            passed += 1
            unheard += 1
            assert passed - unheard < per_minute * (1 + now / 60) + 2 * per_minute
    for one in processes * 2:
        ledger.run(one, now)
    assert len({one.used(SUBJECT, per_minute, now) for one in processes} - {0}) <= 1


def test_a_request_elsewhere_is_counted_after_an_exchange() -> None:
    ledger, one, other = Ledger(), RequestRates(), RequestRates()
    for _ in range(9):
        one.take(SUBJECT, 10, 0.0)
    other.take(SUBJECT, 10, 0.0)
    assert other.wait(SUBJECT, 10, 0.0) == 0
    ledger.run(one, 0.0)
    ledger.run(other, 0.0)
    assert other.wait(SUBJECT, 10, 0.0) > 0
    assert other.used(SUBJECT, 10, 0.0) == 10


def test_requests_during_an_exchange_are_not_lost() -> None:
    ledger, one = Ledger(), RequestRates()
    one.take(SUBJECT, 10, 0.0)
    commands = one.outgoing(0.0, afresh=False)
    one.take(SUBJECT, 10, 0.0)
    one.incoming([[int(commands[0].arguments[0])]], 0.0)
    assert one.used(SUBJECT, 10, 0.0) == 2
    ledger.paid_at["requests:key_1"] = 6e6
    ledger.run(one, 0.0)
    assert one.used(SUBJECT, 10, 0.0) == 2


def test_what_was_paid_before_anybody_was_told_is_not_owed() -> None:
    ledger, one = Ledger(), RequestRates()
    for number in range(1000):  # a request every second, and an exchange when each is long paid back
        one.take(SUBJECT, 600, float(number))
        ledger.run(one, number + 0.5)
    one.take(SUBJECT, 600, 1000.0)
    ledger.run(one, 1000.0)
    assert one.used(SUBJECT, 600, 1000.0) == 1


def test_an_outage_forgets_nothing_and_doubles_nothing() -> None:
    ledger, one = Ledger(), RequestRates()
    for _ in range(3):
        one.take(SUBJECT, 10, 0.0)
    one.outgoing(0.0, afresh=False)
    one.alone()
    one.take(SUBJECT, 10, 0.0)
    assert one.used(SUBJECT, 10, 0.0) == 4
    ledger.run(one, 0.0, afresh=True)
    assert one.used(SUBJECT, 10, 0.0) == 4
    ledger.run(one, 0.0)
    assert one.used(SUBJECT, 10, 0.0) == 4
