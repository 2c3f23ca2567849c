from hypothesis import given
from hypothesis import strategies as st

from speko.api.wrong_keys import AT_ONCE, LONGEST, PER_SECOND, Turns


def test_a_few_are_answered_at_once() -> None:
    turns = Turns(lambda: 7.0)
    assert [turns.take() for _ in range(AT_ONCE)] == [0.0] * AT_ONCE
    assert turns.take() > 0


def test_many_wait_for_their_turn_and_nobody_for_ever() -> None:
    turns = Turns(lambda: 7.0)
    waits = [turns.take() for _ in range(1000)]
    assert waits == sorted(waits)
    assert abs(waits[AT_ONCE + 99] - 100 / PER_SECOND) < 1e-6
    assert max(waits) <= LONGEST + 1e-6


def test_who_comes_after_a_pause_does_not_wait() -> None:
    now = 0.0
    turns = Turns(lambda: now)
    for _ in range(1000):
        turns.take()
    now = LONGEST + 1
    assert turns.take() == 0.0


@given(st.lists(st.floats(0, 3), max_size=60))
def test_no_more_turns_than_there_are(pauses: list[float]) -> None:
    now, told = 0.0, []
    turns = Turns(lambda: now)
    for pause in pauses:
        now += pause
        told += [now + turns.take() for _ in range(4)]
    told.sort()
    for first, last in zip(told, told[AT_ONCE + 100 :], strict=False):
        assert last - first >= 99 / PER_SECOND or last >= now + LONGEST - 1e-6
