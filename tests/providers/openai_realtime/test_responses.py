"""Cutting a response to what was heard."""

from hypothesis import given
from hypothesis import strategies as st

from speko.providers.openai_realtime.responses import SentResponse

PIECES = st.lists(st.tuples(st.sampled_from("abc"), st.binary(max_size=50)), max_size=20)


@given(PIECES)
def test_sound_comes_in_whole_samples_and_nothing_is_lost(pieces: list[tuple[str, bytes]]) -> None:
    response = SentResponse("r", 24000)
    out = [response.add(item, pcm) for item, pcm in pieces]
    whole = b"".join(pcm for _, pcm in pieces)
    assert all(len(pcm) % 2 == 0 for pcm in out)
    assert b"".join(out) == whole[: len(whole) // 2 * 2]


ITEMS = st.lists(st.integers(0, 3000), max_size=5)


@given(ITEMS, st.lists(st.integers(-10, 20_000), max_size=6), st.booleans())
def test_cuts_leave_what_was_heard(items: list[int], heard: list[int], over: bool) -> None:
    """Plays the vendor: every item keeps what is left to it, and a cut is never beyond its end."""
    response = SentResponse("r", 24000)
    kept = {}
    for number, ms in enumerate(items):
        response.add(str(number), bytes(ms * 48))
        kept[str(number)] = ms
    response.over = over
    least = sum(items)
    for ms in heard:
        for item, end in response.cuts(ms):
            assert 0 <= end <= kept[item]
            kept[item] = end
        least = min(least, max(0, ms))
        assert sum(kept.values()) == least
        begun = [item for item in kept if kept[item] < items[int(item)]]
        assert all(kept[later] == 0 for later in list(kept) if begun and int(later) > int(begun[0]))


def test_the_end_of_a_response_in_flight_is_always_cut() -> None:
    response = SentResponse("r", 24000)
    response.add("a", bytes(48_000))
    assert list(response.cuts(9000)) == [("a", 1000)]
    response = SentResponse("r", 24000)
    response.add("a", bytes(48_000))
    response.over = True
    assert list(response.cuts(9000)) == []


def test_other_rates() -> None:
    response = SentResponse("r", 16000)
    response.add("a", bytes(32_000))
    assert response.audio_ms == 1000
    assert list(response.cuts(250)) == [("a", 250)]
