import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.realtime.unanswered import EARLY_BYTES, Span, Unanswered
from tests.realtime.sessions import RATE, Numbered, samples


def ring(seconds: float = 60.0, *, live: bool = True) -> tuple[Unanswered, Numbered]:
    made = Unanswered(RATE, seconds)
    if live:
        made.live()
    return made, Numbered()


def add(audio: Unanswered, pcm: bytes) -> None:
    if audio.add(pcm):
        audio.tidy(quiet=False)


def replay(audio: Unanswered, *, quiet: bool = False) -> tuple[list[int], list[int]]:
    """What the next engine hears: committed, and beyond."""
    audio.collapse(quiet=quiet)
    committed = audio.give(audio.commit_at) if audio.commit_at is not None else []
    return samples(b"".join(committed)), samples(b"".join(audio.give(audio.end)))


def test_what_was_not_answered_is_heard_again() -> None:
    audio, sound = ring()
    add(audio, sound(100))
    audio.close(audio.end)
    audio.committed()
    add(audio, sound(50))
    assert replay(audio) == (list(range(100)), list(range(100, 150)))


def test_what_is_settled_is_not() -> None:
    audio, sound = ring()
    spans = []
    for _ in range(3):
        add(audio, sound(100))
        spans.append(audio.close(audio.end))
        audio.committed()
    spans[1].settled = True
    assert audio.waiting
    assert replay(audio) == ([*range(100), *range(200, 300)], [])
    spans[0].settled = spans[2].settled = True
    assert not audio.waiting or not replay(audio)[0]


def test_a_second_loss_hears_the_same() -> None:
    audio, sound = ring()
    add(audio, sound(100))
    audio.close(audio.end)
    audio.committed()
    first = replay(audio)
    assert audio.commit_at is not None
    audio.close(audio.commit_at)
    audio.committed()
    add(audio, sound(10))
    assert replay(audio) == (first[0], list(range(100, 110)))


def test_before_the_first_engine_it_holds_a_mebibyte_and_drops_the_oldest() -> None:
    audio, sound = ring(live=False)
    for _ in range(600):
        add(audio, sound(1000))
    kept = b"".join(audio.give(audio.end))
    assert len(kept) == EARLY_BYTES
    assert samples(kept)[-1] == 599_999 & 0xFFFF


@pytest.mark.parametrize("size", [1, 20, 2_000_000])
def test_afterwards_it_holds_its_seconds(size: int) -> None:
    audio, sound = ring(5.0)
    for _ in range(max(1, 12_000 // size)):
        add(audio, sound(size))
    committed, rest = replay(audio)
    assert committed == []
    assert rest == [number & 0xFFFF for number in range(sound.count - 5000, sound.count)]


def test_many_tiny_frames_do_not_become_many_objects() -> None:
    audio, sound = ring()
    for _ in range(50_000):
        add(audio, sound(1))
    assert len(audio._chunks) < 2100  # those since the last look


def test_silence_that_an_engine_had_time_to_hear_is_dropped() -> None:
    audio, sound = ring()
    add(audio, sound(10_000))
    audio.alive_at = audio.end
    add(audio, sound(500))
    assert replay(audio, quiet=True)[1] == list(range(8000, 10_500))


def test_silence_before_speech_is_dropped() -> None:
    audio, sound = ring()
    add(audio, sound(10_000))
    audio.speech_from(audio.ago(2000))
    assert replay(audio)[1] == list(range(7000, 10_000))


def test_the_end_of_speech_lies_within_the_utterance() -> None:
    audio, sound = ring()
    add(audio, sound(1000))
    assert audio.ago(300) == 1400
    audio.close(audio.end)
    assert audio.ago(300) == 2000
    add(audio, sound(100))
    assert audio.ago(10**9) == 2000
    assert audio.ago(-5) == 2200


def test_cleared_audio_is_gone() -> None:
    audio, sound = ring()
    add(audio, sound(100))
    audio.close(audio.end)
    add(audio, sound(100))
    audio.clear(audio.end)
    add(audio, sound(10))
    assert replay(audio)[1] == [*range(100), *range(200, 210)]


steps = st.lists(
    st.one_of(
        st.tuples(st.just("audio"), st.integers(1, 300)),
        st.tuples(st.just("end"), st.integers(0, 400)),
        st.tuples(st.just("settle"), st.integers(0, 5)),
        st.tuples(st.just("lose"), st.just(0)),
    ),
    max_size=60,
)


@given(steps=steps)
def test_every_sample_is_settled_or_heard_again_never_both(steps: list[tuple[str, int]]) -> None:
    audio, sound = ring(1000.0)
    spans: list[tuple[list[int], Span]] = []
    open_from = 0
    settled: set[int] = set()
    unsettled: list[int] = []
    for step, size in steps:
        if step == "audio":
            unsettled += range(sound.count, sound.count + size)
            add(audio, sound(size))
        elif step == "end":
            span = audio.close(audio.ago(size))
            inside = unsettled[open_from : len(unsettled) - (audio.end - span.end) // 2]
            spans.append((inside, span))
            open_from += len(inside)
        elif step == "settle" and size < len(spans):
            inside, span = spans.pop(size)
            span.settled = True
            settled.update(inside)
            unsettled = [number for number in unsettled if number not in settled]
            open_from -= len(inside)
        elif step == "lose":
            assert replay(audio)[1] == unsettled
            spans.clear()
            open_from = 0
    committed, rest = replay(audio)
    assert committed + rest == unsettled
