from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.realtime.alignment import MAX_RATE, SpeakingRate, SpokenText


def in_step(words: str, ms: float) -> SpokenText:
    """Each word arrives when its sound begins, and lasts so long."""
    text = SpokenText()
    for number, word in enumerate(words.split()):
        text.add(f"{word} ", number * ms)
    return text


def heard(text: SpokenText, at_ms: float, length_ms: float, *, finished: bool = True, rate: float = 15.0) -> str:
    return text.text[: text.said(at_ms, length_ms, finished=finished, rate=rate)]


def test_nothing_is_said_before_any_sound() -> None:
    assert heard(in_step("one two", 400), 0, 800) == ""
    assert heard(in_step("one two", 400), 0, 0) == ""
    assert heard(SpokenText(), 500, 1000) == ""


def test_all_is_said_at_the_end_of_a_finished_response() -> None:
    assert heard(in_step("one two three", 400), 1200, 1200) == "one two three"


def test_text_in_step_is_cut_at_its_own_marks() -> None:
    text = SpokenText()
    text.add("Supercalifragilistic ", 0)  # 21 characters in a second
    text.add("so ", 1000)  # 3 characters in two
    text.add("good", 3000)
    assert heard(text, 999, 3500) == "Supercalifragilistic"
    assert heard(text, 2000, 3500) == "Supercalifragilistic so"
    assert heard(text, 2999, 3500) == "Supercalifragilistic so"
    assert heard(text, 3499, 3500) == "Supercalifragilistic so good"


def test_a_word_counts_when_more_than_half_of_it_was_played() -> None:
    text = SpokenText()
    text.add("abcd", 0)
    text.add("efgh", 1000)  # one word, in two pieces of a second
    assert heard(text, 999, 2000) == ""
    assert heard(text, 1000, 2000) == ""
    assert heard(text, 1001, 2000) == "abcdefgh"


def test_text_that_is_all_there_at_once_is_spread_over_the_sound() -> None:
    text = SpokenText()
    text.add("aaaa bbbb cccc dddd ", 0)
    assert heard(text, 5000, 10_000) == "aaaa bbbb"
    assert heard(text, 5000, 10_000, finished=False, rate=2.0) == "aaaa bbbb"


def test_text_that_runs_ahead_piece_by_piece_is_taken_as_one() -> None:
    text = SpokenText()
    for number in range(20):  # all within two seconds, for twenty seconds of sound
        text.add(f"word{number:02} ", number * 100)
    assert len(heard(text, 10_000, 20_000).split()) == 10
    assert len(heard(text, 5000, 20_000).split()) == 5


def test_text_that_comes_after_its_sound_is_spread_back() -> None:
    text = SpokenText()
    text.add("first words ", 1000)
    text.add("and the last of them", 2000)
    assert heard(text, 1000, 2000) == "first words and"
    assert heard(text, 2000, 2000) == "first words and the last of them"


def test_an_unfinished_response_is_read_at_the_rate_of_the_voice() -> None:
    text = SpokenText()
    text.add("0123456789 " * 10, 0)
    assert len(heard(text, 2200, 2200, finished=False, rate=10.0).split()) == 2
    assert len(heard(text, 2200, 2200, finished=False, rate=20.0).split()) == 4


def test_a_rate_is_learnt_and_stays_human() -> None:
    rate = SpeakingRate()
    usual = rate.value
    rate.learn(5, 100)  # says nothing
    assert rate.value == usual
    for _ in range(20):
        rate.learn(100, 10_000)
    assert rate.value == pytest.approx(10, abs=0.1)
    for _ in range(20):
        rate.learn(100_000, 1000)
    assert rate.value == pytest.approx(MAX_RATE, abs=0.1)


def test_scripts_without_spaces_are_cut_between_characters() -> None:
    text = SpokenText()
    text.add("今日は、いい天気。", 0)
    assert heard(text, 500, 1000) == "今日は、"


def test_a_cut_answer_goes_on_as_a_word_of_its_own() -> None:
    text = in_step("one two three", 400)
    text.cut(text.said(800, 800, finished=False, rate=15))
    assert text.text == "one two"
    text.add("three four", 800)
    assert text.text == "one two three four"
    assert heard(text, 800, 1600) == "one two"
    text.cut(0)
    assert text.text == ""
    text.add("again", 0)
    assert text.text == "again"


def test_giant_deltas_are_bounded() -> None:
    text = SpokenText()
    for _ in range(3):
        text.add("x" * 50_000, 0)
    text.cut(65_536)
    text.add("y" * 70_000, 100)
    assert len(text.text) == 65_536


pieces = st.lists(st.tuples(st.text("ab 今，.", max_size=12), st.floats(0, 3000)), max_size=30)


@given(pieces=pieces, moments=st.lists(st.floats(0, 100_000), max_size=10), finished=st.booleans())
def test_words_are_said_in_order_and_whole(
    pieces: list[tuple[str, float]], moments: list[float], finished: bool
) -> None:
    text = SpokenText()
    at = 0.0
    for piece, later in pieces:
        text.add(piece, at)
        at += later
    said = [heard(text, moment, at, finished=finished) for moment in sorted(moments)]
    for earlier, later_text in pairwise(said):
        assert later_text.startswith(earlier)
    for words in said:
        assert text.text.startswith(words)
        assert words == words.rstrip()
        rest = text.text[len(words) :]
        whole = not words or not rest or rest[0].isspace() or words[-1] in "今，." or rest[0] in "今，."
        assert whole, (words, rest)
    if finished:
        assert heard(text, at + 1, at) == text.text.rstrip()


@given(words=st.lists(st.text("abcdefg", min_size=1, max_size=8), min_size=1, max_size=20), each=st.integers(400, 900))
def test_what_is_in_step_is_exact_at_every_border(words: list[str], each: int) -> None:
    text = in_step(" ".join(words), each)
    for count in range(len(words) + 1):
        assert heard(text, count * each, len(words) * each).split() == words[:count]
        delivered = heard(text, count * each, count * each, finished=False).split()
        assert delivered[: max(0, count - 1)] == words[: max(0, count - 1)]
