"""How far a listener is."""

from hypothesis import given
from hypothesis import strategies as st

from speko.agent.playback_clock import PlaybackClock

RATE = 1000


def test_no_more_is_heard_than_was_sent() -> None:
    clock = PlaybackClock(RATE)
    clock.add(500, now=10.0)
    assert clock.heard(10.2) == 200
    assert clock.heard(99.0) == 500
    assert clock.left(10.2) == 0.3


def test_sound_after_a_gap_begins_to_be_heard_when_it_comes() -> None:
    clock = PlaybackClock(RATE)
    clock.add(500, now=0.0)
    clock.add(500, now=8.0)
    assert clock.heard(8.0) == 500
    assert clock.heard(8.1) == 600


def test_sound_that_comes_early_waits_for_its_turn() -> None:
    clock = PlaybackClock(RATE)
    clock.add(500, now=0.0)
    clock.add(500, now=0.1)
    assert clock.heard(0.6) == 600


def test_the_client_knows_better() -> None:
    clock = PlaybackClock(RATE)
    clock.add(1000, now=0.0)
    clock.correct(100, now=0.5)
    assert clock.heard(0.5) == 100
    assert clock.heard(0.6) == 200
    clock.correct(10**9, now=0.7)
    assert clock.heard(0.7) == 1000
    clock.correct(-5, now=0.8)
    assert clock.heard(0.8) == 0


def test_it_stands_still_and_is_corrected_meanwhile() -> None:
    clock = PlaybackClock(RATE)
    clock.add(1000, now=0.0)
    clock.stop(0.3)
    assert clock.heard(5.0) == 300
    clock.correct(250, now=5.0)
    assert clock.heard(9.0) == 250


def test_what_is_sent_again_is_heard_again() -> None:
    clock = PlaybackClock(RATE)
    clock.add(1000, now=0.0)
    clock.stop(0.3)
    clock.rewind(250)
    assert clock.sent == 250
    clock.add(750, now=2.0)
    assert clock.heard(2.1) == 350
    assert clock.sent == 1000


def test_other_sound_is_ahead_of_it() -> None:
    clock = PlaybackClock(RATE, not_before=5.0)
    clock.add(500, now=4.0)
    assert clock.left(4.0) == 1.5
    clock.correct(0, now=4.5)
    assert clock.heard(4.9) == 0
    assert clock.heard(5.2) == 200
    clock.stop(5.2)
    assert clock.left(9.0) == 0.3


STEP = st.tuples(st.sampled_from(["add", "stop", "correct", "wait"]), st.integers(0, 5000))


@given(st.lists(STEP))
def test_the_playhead_stays_within_the_sound(steps: list[tuple[str, int]]) -> None:
    clock, now = PlaybackClock(RATE), 0.0
    for what, amount in steps:
        if what == "add":
            clock.add(amount, now)
        elif what == "stop":
            clock.stop(now)
        elif what == "correct":
            clock.correct(amount, now)
        else:
            now += amount / RATE
        assert 0 <= clock.heard(now) <= clock.sent
        assert clock.left(now) >= 0
