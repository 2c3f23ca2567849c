from hypothesis import given
from hypothesis import strategies as st

from speko.simulators.openai.realtime.delivery import GIANT_BYTES, Manner, deliveries
from speko.simulators.openai.realtime.voice import Word

WORDS = st.lists(
    st.builds(
        lambda n, samples: Word(f" w{n}", bytes([n % 256, 1]) * samples), st.integers(0, 99), st.integers(0, 900)
    ),
    max_size=12,
)
MANNERS = st.builds(
    Manner,
    delta_ms=st.integers(1, 50),
    in_step=st.booleans(),
    text_last=st.booleans(),
    cut_after=st.none() | st.integers(0, 14),
)


@given(WORDS, MANNERS)
def test_nothing_is_lost_doubled_or_out_of_order(words: list[Word], manner: Manner) -> None:
    sent = list(deliveries(words, manner))
    assert b"".join(delivery.pcm for delivery in sent) == b"".join(word.pcm for word in words)
    told = [word for delivery in sent for word in delivery.words]
    assert told == words[: len(told)]
    assert all(0 < len(delivery.pcm) <= manner.delta_ms * 48 for delivery in sent)
    assert [delivery.complete for delivery in sent] == sorted(delivery.complete for delivery in sent)
    assert not sent or sent[-1].complete == len(words)
    assert not (manner.text_last and told)


@given(WORDS, MANNERS)
def test_the_text_of_a_word_never_comes_after_its_sound(words: list[Word], manner: Manner) -> None:
    if manner.text_last:
        return
    told = 0
    for delivery in deliveries(words, manner):
        told += len(delivery.words)
        assert told >= delivery.complete


@given(WORDS, st.integers(1, 50))
def test_in_step_no_message_has_sound_of_two_words(words: list[Word], delta_ms: int) -> None:
    told = 0
    for delivery in deliveries(words, Manner(delta_ms, in_step=True)):
        told += len(delivery.words)
        # Words without sound go with the next.
        assert told - delivery.complete <= 1


@given(WORDS, st.integers(1, 50), st.integers(1, 12))
def test_a_message_ends_with_the_word_to_cut_after(words: list[Word], delta_ms: int, count: int) -> None:
    sound = b""
    ends = set()
    for delivery in deliveries(words, Manner(delta_ms, cut_after=count)):
        sound += delivery.pcm
        ends.add(len(sound))
    wanted = len(b"".join(word.pcm for word in words[:count]))
    assert not wanted or len(words) < count or wanted in ends


def test_one_message_of_several_megabytes() -> None:
    words = [Word("a", b"\1\1" * 10), Word(" b", b"\2\2" * 10)]
    (delivery,) = deliveries(words, Manner(20, giant=True))
    assert list(delivery.words) == words
    assert delivery.pcm == (b"\1\1" * 10 + b"\2\2" * 10).ljust(GIANT_BYTES, b"\0")
    assert delivery.complete == 2
