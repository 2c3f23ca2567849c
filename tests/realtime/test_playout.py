import math

import pytest

from speko.realtime.playout import Playout
from tests.realtime.sessions import RATE, Numbered, samples


def playing(seconds: float = 0.0) -> tuple[Playout, Numbered]:
    """A client that plays, and has got so much at time 0."""
    playout, sound = Playout(RATE), Numbered()
    assert playout.resume(0) == []
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
    rest = [number for pcm in playout.resume(60) for number in samples(pcm)]
    assert rest == list(range(500, 3000))
    assert playout.heard_by == 62.5


@pytest.mark.parametrize(("ms", "first"), [(0, 0), (300, 300), (5000, 2000)])
def test_a_client_that_is_back_says_where_to_go_on(ms: float, first: int) -> None:
    playout, sound = playing(2)
    playout.stop(0.5)
    playout.add(sound(1000), 0.6)  # never sent, so it cannot have been played
    playout.played(ms, 3)
    assert samples(b"".join(playout.resume(3))) == list(range(first, 3000))


def test_a_client_that_is_behind_is_still_served_for_a_second() -> None:
    playout, sound = playing()
    playout.begin()
    for step in range(200):  # twenty seconds, in real time
        playout.add(sound(100), step / 10)
    playout.stop(20)
    playout.played(19_000, 20)
    assert samples(b"".join(playout.resume(20))) == list(range(19_000, 20_000))
    playout.stop(20)
    playout.played(0, 20)
    assert len(b"".join(playout.resume(20))) <= 2 * 2200  # what was heard long ago is not kept


def test_kept_audio_is_bounded_however_fast_it_comes() -> None:
    playout, sound = playing()
    playout.begin()
    for _ in range(300):
        playout.add(sound(1000), 0)
    playout.stop(0)
    rest = samples(b"".join(playout.resume(0)))
    assert 240_000 <= len(rest) <= 242_000
    assert rest[-1] == 299_999 & 0xFFFF


def test_long_kept_audio_comes_in_pieces() -> None:
    playout, sound = playing(100)
    playout.stop(0)
    pieces = playout.resume(0)
    assert max(map(len, pieces)) <= 65_536
    assert samples(b"".join(pieces)) == [number & 0xFFFF for number in range(100_000)]
    assert sound.count == 100_000


def test_what_was_interrupted_is_not_heard_later() -> None:
    playout, sound = playing(4)
    playout.drop(1)
    assert playout.unheard(1) == 0
    assert playout.played(0, 1) is None
    playout.stop(1)
    assert playout.resume(1) == []
    playout.begin()
    playout.add(sound(10), 2)
    assert playout.played(0, 2) == 0
    assert playout.unheard(2) == 0.01
