"""Where speech begins and ends."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from livekit.agents import vad

from speko.agent.voice_activity import WINDOW, Endpointing, SpeechDetector, VoiceActivity


def changes(state: Endpointing, *probabilities: float) -> list[tuple[int, str]]:
    found = ((at, state.push(p)) for at, p in enumerate(probabilities))
    return [(at, change) for at, change in found if change is not None]


def test_speech_begins_with_the_second_window_and_ends_with_the_silence() -> None:
    state = Endpointing(silence=0.1)  # three windows
    assert changes(state, 0.1, 0.9, 0.9, 0.9, 0.1, 0.1, 0.1, 0.1) == [(2, "started"), (6, "stopped")]
    assert state.duration == pytest.approx(6 * WINDOW)
    assert state.quiet == pytest.approx(4 * WINDOW)


def test_a_click_is_no_speech() -> None:
    assert not changes(Endpointing(0.1), 0.9, 0.1, 0.9, 0.1)


def test_a_breath_is_no_end() -> None:
    assert changes(Endpointing(0.1), 0.9, 0.9, 0.1, 0.1, 0.9, 0.1, 0.1, 0.1) == [(1, "started"), (7, "stopped")]


def test_what_begins_speech_has_to_be_clearer_than_what_goes_on_with_it() -> None:
    assert not changes(Endpointing(0.1), 0.4, 0.4, 0.4)
    assert changes(Endpointing(0.1), 0.9, 0.9, 0.4, 0.4, 0.4, 0.4) == [(1, "started")]


def test_it_is_told_to_stop() -> None:
    state = Endpointing(0.1)
    changes(state, 0.9, 0.9)
    state.stop()
    assert changes(state, 0.1, 0.1, 0.1, 0.9, 0.9) == [(4, "started")]


@given(st.lists(st.floats(0, 1)), st.floats(0.05, 1))
def test_begin_and_end_take_turns(probabilities: list[float], silence: float) -> None:
    told = [change for _, change in changes(Endpointing(silence), *probabilities)]
    assert told[::2] == ["started"] * len(told[::2])
    assert told[1::2] == ["stopped"] * len(told[1::2])


@pytest.mark.parametrize("rate", [16_000, 24_000, 48_000])
def test_the_detector_takes_any_rate_in_any_pieces(rate: int) -> None:
    noise = np.random.default_rng(1).integers(-3000, 3000, rate, dtype=np.int16).tobytes()
    whole = SpeechDetector(rate)
    samples, probabilities = whole.push(noise)
    found = list(probabilities)
    assert abs(len(samples) - 16_000) < 8
    assert len(found) in (30, 31)
    assert all(p < 0.5 for p in found), "noise is no speech"
    pieces = SpeechDetector(rate)
    cut = [p for at in range(0, len(noise), 662) for p in pieces.push(noise[at : at + 662])[1]]
    assert cut == pytest.approx(found[: len(cut)], abs=0.05)


async def test_the_session_hears_of_each_window_of_speech() -> None:
    activity, state = VoiceActivity(0.1), Endpointing(0.1)
    stream = activity.stream()
    for probability in (0.9, 0.9, 0.9, 0.1, 0.1, 0.1):
        change = state.push(probability)
        if change or state.speaking:
            activity.heard(change, state)
    events = [await anext(stream) for _ in range(6)]
    kinds = vad.VADEventType
    assert [event.type for event in events] == [
        kinds.START_OF_SPEECH,
        kinds.INFERENCE_DONE,
        kinds.INFERENCE_DONE,
        kinds.INFERENCE_DONE,
        kinds.INFERENCE_DONE,
        kinds.END_OF_SPEECH,
    ]
    assert events[0].speech_duration == pytest.approx(2 * WINDOW)
    assert events[-1].silence_duration == pytest.approx(3 * WINDOW)
    assert events[-1].speech_duration == pytest.approx(3 * WINDOW)
    await stream.aclose()
    activity.heard(None, state)  # after the end: nobody listens, nothing breaks
