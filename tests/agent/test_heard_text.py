"""Which words were heard."""

from hypothesis import given
from hypothesis import strategies as st

from speko.agent.heard_text import SpokenText, words_before

RATE = 1400
"""Hz: 100 samples a character, for a sentence that is not complete."""


def spoken(*sentences: tuple[str, int]) -> SpokenText:
    speech = SpokenText(RATE)
    for text, samples in sentences:
        speech.begin(text)
        speech.sound(samples)
    return speech


def test_words_share_the_sound_of_their_sentence() -> None:
    speech = spoken(("one two three", 1300), (" four", 500))
    speech.finish()
    text = speech.text
    assert text[: speech.heard(0)] == ""
    assert text[: speech.heard(299)] == ""
    assert text[: speech.heard(300)] == "one"
    assert text[: speech.heard(699)] == "one"
    assert text[: speech.heard(700)] == "one two"
    assert text[: speech.heard(1300)] == "one two three"
    assert text[: speech.heard(1800)] == "one two three four"


def test_a_sentence_whose_sound_still_comes_is_guessed() -> None:
    speech = spoken(("one two three", 400))  # it will take 1300
    assert speech.text[: speech.heard(400)] == "one"
    speech.sound(900)
    assert speech.text[: speech.heard(1300)] == "one two three"


def test_text_without_sound_is_heard_with_what_is_before_it() -> None:
    speech = spoken(("one", 300), (" :-)", 0))
    speech.finish()
    assert speech.heard(299) == 0
    assert speech.heard(300) == len("one :-)")


def test_characters_are_words_where_there_are_no_spaces() -> None:
    assert words_before("你好世界", 0.5) == 2
    assert words_before("hello world", 0.5) == 5


def test_what_is_left_to_say() -> None:
    speech = spoken(("one two", 700), (" three", 600), (" four", 500))
    speech.finish()
    character = speech.heard(500)
    sample = speech.position(character)
    assert (character, sample) == (3, 400)
    assert list(speech.pieces(character, sample)) == [(" two", 400, 700), (" three", 700, 1300), (" four", 1300, 1800)]


def test_nothing_is_left_at_the_end() -> None:
    speech = spoken(("one two", 700))
    speech.finish()
    assert speech.position(speech.heard(700)) == 700
    assert list(speech.pieces(7, 700)) == []


SENTENCES = st.lists(
    st.tuples(st.text("ab 你.", min_size=1, max_size=12), st.integers(0, 3000)), min_size=1, max_size=5
)


@given(SENTENCES, st.integers(0, 16000))
def test_what_was_heard_and_what_is_left_make_the_whole(sentences: list[tuple[str, int]], sample: int) -> None:
    speech = spoken(*sentences)
    speech.finish()
    character = speech.heard(sample)
    position = speech.position(character)
    assert position <= max(sample, position if speech.text[character:].strip() else speech.samples)
    rest = list(speech.pieces(character, position))
    assert speech.text[:character] + "".join(text for text, _, _ in rest) == speech.text
    assert sum(end - start for _, start, end in rest) == speech.samples - position


@given(SENTENCES, st.integers(0, 16000), st.integers(0, 16000))
def test_more_sound_is_never_fewer_words(sentences: list[tuple[str, int]], one: int, other: int) -> None:
    speech = spoken(*sentences)
    assert speech.heard(min(one, other)) <= speech.heard(max(one, other))
