from hypothesis import given
from hypothesis import strategies as st

from speko.providers.embedded.sphinx.segments import FRAME_BYTES, Endpointing, Segmenter, Sound

LOUD, QUIET = b"\x7f" * FRAME_BYTES, b"\x00" * FRAME_BYTES


def is_loud(frame: bytes) -> bool:
    assert len(frame) == FRAME_BYTES
    return frame[0] != 0


def cut(pattern: str, step: int = FRAME_BYTES, times: Endpointing | None = None) -> list[str]:
    """Segments of a pattern of loud (`#`) and quiet (`.`) frames, in the same signs."""
    pcm = b"".join(LOUD if sign == "#" else QUIET for sign in pattern)
    segmenter = Segmenter(is_loud, times or Endpointing())
    events = [event for at in range(0, len(pcm), step) for event in segmenter.push(pcm[at : at + step])]
    events += segmenter.finish()
    segments, running = [], b""
    for event in events:
        if isinstance(event, Sound):
            assert event.pcm
            running += event.pcm
        else:
            segments.append(running)
            running = b""
    assert not running, "every segment ends"
    return ["".join("#" if s[at] else "." for at in range(0, len(s), FRAME_BYTES)) for s in segments]


def test_silence_and_clicks_are_nothing() -> None:
    assert cut("." * 500) == []
    assert cut(("#" + "." * 20) * 20) == []
    assert cut("") == []


def test_a_word_keeps_what_is_around_it() -> None:
    assert cut("." * 100 + "#" * 20 + "." * 100) == ["." * 5 + "#" * 20 + "." * 8]


def test_a_short_pause_ends_nothing_and_a_long_one_does() -> None:
    assert cut("#" * 20 + "." * 15 + "#" * 20) == ["#" * 20 + "." * 15 + "#" * 20]
    assert len(cut("#" * 20 + "." * 25 + "#" * 20)) == 2


def test_sound_that_ends_within_a_word() -> None:
    assert cut("#" * 50) == ["#" * 50]


def test_long_speech_is_cut_at_a_breath_and_at_last_anyway() -> None:
    breath = cut("#" * 410 + "." * 6 + "#" * 50)
    assert [len(segment) for segment in breath] == [415, 51]
    assert [len(segment) for segment in cut("#" * 1700)] == [800, 800, 100]


@given(st.text("#.", max_size=400), st.integers(1, 5 * FRAME_BYTES))
def test_pieces_of_any_size_give_the_same_segments(pattern: str, step: int) -> None:
    assert cut(pattern, step) == cut(pattern)


@given(st.text("#.", max_size=2000))
def test_no_sound_is_heard_twice_and_no_speech_is_lost(pattern: str) -> None:
    segments = cut(pattern)
    assert sum(map(len, segments)) <= len(pattern)
    at = 0
    for segment in segments:
        found = pattern.find(segment, at)
        assert found >= 0
        lost = pattern[at:found]
        assert "###" not in lost, "three loud frames in a row are speech"
        at = found + len(segment)
