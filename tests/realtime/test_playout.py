import math

import pytest

from speko.realtime.playout import Playout
from tests.realtime.sessions import RATE, Numbered, samples


def playing(seconds: float = 0.0) -> tuple[Playout, Numbered]:
    """A client that plays, and has got so much at time 0."""
    playout, sound = Playout(RATE), Numbered()
    assert playout.resume(0) == b""
    if seconds:
        playout.begin()
        playout.add(sound(int(seconds * RATE)), 0)
    return playout, sound


def test_heard_is_what_was_sent_and_had_time_to_play() -> None:
    playout, _ = playing(2)
    assert playout.heard(0) == 0
    assert playout.heard(0.5) == 1000  # bytes
    assert playout.heard(9) == 4000
    assert playout.unheard(0.5) == 1.5
    assert playout.heard_by == 2


def test_a_player_with_nothing_to_play_waits() -> None:
    playout, sound = playing(1)
    playout.add(sound(1000), 10)
    assert playout.heard(10) == 2000
    assert playout.heard(10.5) == 3000
    assert playout.heard_by == 11


def test_what_the_client_says_counts_and_runs_on() -> None:
    playout, _ = playing(4)
    assert playout.played(500, 2) == 500
    assert playout.heard(2) == 1000
    assert playout.heard(2.25) == 1500
    assert playout.played(99_999, 3) == 4000
    assert playout.unheard(3) == 0


@pytest.mark.parametrize("ms", [math.nan, math.inf, -math.inf, -1])
def test_nonsense_of_the_client_changes_nothing(ms: float) -> None:
    playout, _ = playing(4)
    assert playout.played(ms, 1) is None
    assert playout.heard(1) == 2000


def test_absurd_numbers_are_no_more_than_all() -> None:
    playout, _ = playing(4)
    assert playout.played(1e308, 1) == 4000


def test_without_sound_there_is_nothing_played() -> None:
    playout, _ = playing()
    playout.begin()
    assert playout.played(100, 1) is None


def test_a_client_that_still_plays_the_last_response_has_played_none_of_this_one() -> None:
    playout, sound = playing(2)
    playout.begin()
    playout.add(sound(1000), 1)
    playout.played(0, 1)
    assert playout.heard(1) == 2000
    assert playout.played(100, 2.5) == 100
    assert playout.heard(2.5) == 4200


def test_without_a_client_nothing_is_heard_and_the_rest_is_sent_again() -> None:
    playout, sound = playing(2)
    playout.stop(0.5)
    playout.add(sound(1000), 0.6)
    assert playout.heard(60) == 1000
    assert playout.heard_by is None
    rest = samples(playout.resume(60))
    assert rest == list(range(500, 3000))
    assert playout.heard_by == 62.5


@pytest.mark.parametrize(("ms", "first"), [(0, 0), (300, 300), (5000, 2000)])
def test_a_client_that_is_back_says_where_to_go_on(ms: float, first: int) -> None:
    playout, sound = playing(2)
    playout.stop(0.5)
    playout.add(sound(1000), 0.6)  # never sent, so it cannot have been played
    playout.played(ms, 3)
    assert samples(playout.resume(3)) == list(range(first, 3000))


def test_a_client_that_is_behind_is_still_served_for_a_second() -> None:
    playout, sound = playing()
    playout.begin()
    for step in range(600):  # a minute, in real time
        playout.add(sound(100), step / 10)
    playout.stop(60)
    playout.played(59_000, 60)
    assert samples(playout.resume(60)) == list(range(59_000, 60_000))
    playout.stop(60)
    playout.played(0, 60)
    assert len(playout.resume(60)) <= 2 * 2200  # what was heard long ago is not kept


@pytest.mark.parametrize(
    ("says", "seconds", "first"), [(True, 40, 5_000), (True, 100, 55_000), (False, 40, 1_000), (False, 70, 69_000)]
)
def test_what_a_client_has_not_said_to_be_heard_is_kept_longer(says: bool, seconds: int, first: int) -> None:
    playout, sound = playing()
    playout.begin()
    for step in range(seconds * 10):
        playout.add(sound(100), step / 10)
        if says and step == 50:
            playout.played(5_000, 5)
    playout.stop(seconds)
    kept = playout.resume(seconds, 0)
    assert samples(kept)[-1] == (seconds * 1000 - 1) & 0xFFFF
    assert first - 1_100 <= seconds * 1000 - len(kept) / 2 <= first


def test_beyond_what_the_client_has_said_nothing_is_taken_for_heard_once_it_is_gone() -> None:
    playout, sound = playing(10)
    playout.played(2_000, 2)
    assert playout.heard(9) == 2 * 9_000
    playout.stop(9)
    assert playout.heard(9) == 2 * 2_000
    playout.add(sound(1000), 9)
    assert samples(playout.resume(12)) == list(range(2_000, 11_000))


def test_a_client_that_counts_gets_what_had_not_come_and_plays_on() -> None:
    playout, sound = playing(10)
    playout.played(2_000, 2)
    playout.stop(9)
    playout.add(sound(1000), 9)
    assert samples(playout.resume(12, 2 * 5_000)) == list(range(5_000, 11_000))
    assert playout.heard(12) == 2 * 2_000
    assert playout.heard_by == 12 + 9
    assert playout.played(6_000, 13, 2 * 7_000) == 6_000


def test_what_a_client_will_never_get_is_no_part_of_its_count() -> None:
    playout, sound = playing(3)
    playout.drop(1)
    playout.begin()
    playout.add(sound(1000), 1)
    playout.stop(2)
    assert samples(playout.resume(2, 2 * 500)) == list(range(3_000, 4_000))
    playout.stop(2)
    assert samples(playout.resume(2, 2 * 900)) == list(range(3_400, 4_000))


def test_played_is_of_the_newest_response_that_had_come_by_then() -> None:
    playout, sound = playing(3)
    playout.begin()
    playout.add(sound(1000), 3)
    assert playout.played(2_900, 3, 2 * 3_000) == 2_900
    assert playout.heard(3) == 2 * 2_900
    assert playout.played(100, 3.2, 2 * 3_500) == 100
    assert playout.heard(3.2) == 2 * 3_100


def test_kept_audio_is_bounded_however_fast_it_comes() -> None:
    playout, sound = playing()
    playout.begin()
    for _ in range(300):
        playout.add(sound(1000), 0)
    playout.stop(0)
    rest = samples(playout.resume(0))
    assert 240_000 <= len(rest) <= 242_000
    assert rest[-1] == 299_999 & 0xFFFF


def test_what_was_interrupted_is_not_heard_later() -> None:
    playout, sound = playing(4)
    playout.drop(1)
    assert playout.unheard(1) == 0
    assert playout.played(0, 1) is None
    playout.stop(1)
    assert playout.resume(1) == b""
    playout.begin()
    playout.add(sound(10), 2)
    assert playout.played(0, 2) == 0
    assert playout.unheard(2) == 0.01
