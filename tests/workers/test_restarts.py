"""When a worker that died is started again."""

from speko.api.workers.restarts import FIRST, LONGEST, STEADY, Restarts


def test_each_death_costs_more_than_the_one_before_up_to_a_limit() -> None:
    restarts = Restarts()
    delays = [restarts.died(0.0) for _ in range(12)]
    assert delays[:3] == [FIRST, 2 * FIRST, 4 * FIRST]
    assert delays[-1] == LONGEST
    assert delays == sorted(delays)


def test_one_that_has_served_for_long_begins_anew() -> None:
    restarts = Restarts()
    for _ in range(5):
        restarts.died(STEADY - 1)
    assert restarts.died(STEADY) == FIRST
