import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speko.simulators.openai.realtime.config import SemanticVad, ServerVad
from speko.simulators.openai.realtime.errors import Complaint
from speko.simulators.openai.realtime.input_audio import MAX_BUFFER_MS, InputAudio, SpeechStarted, SpeechStopped
from tests.simulators.openai.realtime.talk import silent, voiced

TURN = silent(1000) + voiced(600) + silent(900)


def test_speech_begins_with_its_padding_and_ends_after_the_silence() -> None:
    started, stopped = InputAudio(ServerVad()).append(TURN)
    assert started == SpeechStarted(700)
    assert stopped == SpeechStopped(2100, TURN[700 * 48 : 2100 * 48])


def test_the_settings_are_honoured() -> None:
    vad = ServerVad(prefix_padding_ms=0, silence_duration_ms=200)
    assert [event.at_ms for event in InputAudio(vad).append(TURN)] == [1000, 1800]
    assert [event.at_ms for event in InputAudio(SemanticVad(eagerness="high")).append(TURN)] == [700, 1900]
    # The tone is louder than -20 dBFS, the threshold 1.
    quiet = bytes(byte for sample in zip(*[iter(voiced(600))] * 2, strict=True) for byte in _quieter(bytes(sample)))
    assert InputAudio(ServerVad(threshold=1)).append(voiced(600))
    assert not InputAudio(ServerVad(threshold=1)).append(quiet)
    assert InputAudio(ServerVad(threshold=0.5)).append(quiet)


def _quieter(sample: bytes) -> bytes:
    return int(int.from_bytes(sample, "little", signed=True) / 10).to_bytes(2, "little", signed=True)


def test_a_click_is_no_speech_and_a_breath_no_end() -> None:
    audio = InputAudio(ServerVad())
    assert not audio.append(silent(500) + voiced(40) + silent(1000))
    found = audio.append(voiced(300) + silent(400) + voiced(300) + silent(600))
    assert [type(event) for event in found] == [SpeechStarted, SpeechStopped]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 700), max_size=12))
def test_any_chunking_finds_the_same(milliseconds: list[int]) -> None:
    sound = TURN + voiced(200) + silent(600)
    audio = InputAudio(ServerVad())
    found, at = [], 0
    for size in [*milliseconds, len(sound)]:
        # Whole samples, but no whole frames.
        found += audio.append(sound[at : at + size * 48 + 2])
        at += size * 48 + 2
    assert found == InputAudio(ServerVad()).append(sound)


def test_without_detection_all_is_kept_until_it_is_committed() -> None:
    audio = InputAudio(None)
    assert audio.append(TURN) == []
    assert audio.commit() == TURN
    with pytest.raises(Complaint, match=r"only has 0\.00ms"):
        audio.commit()


def test_with_detection_silence_is_not_kept() -> None:
    audio = InputAudio(ServerVad(prefix_padding_ms=0))
    audio.append(silent(60_000))
    with pytest.raises(Complaint) as complaint:
        audio.commit()
    assert complaint.value.code == "input_audio_buffer_commit_empty"
    assert audio.total_ms == 60_000


def test_a_commit_in_the_middle_of_speech_begins_anew() -> None:
    audio = InputAudio(ServerVad())
    assert len(audio.append(voiced(300))) == 1
    assert audio.commit() == voiced(300)
    assert audio.append(silent(1000)) == []
    assert [event.at_ms for event in audio.append(voiced(300))] == [1000]


def test_detection_is_switched_on_and_off() -> None:
    audio = InputAudio(None)
    audio.append(voiced(300))
    audio.configure(ServerVad())
    assert audio.append(silent(100)) == []
    assert len(audio.append(voiced(300))) == 1
    audio.configure(None)
    assert audio.append(silent(1000)) == []
    audio.clear()
    with pytest.raises(Complaint):
        audio.commit()


def test_the_buffer_has_a_bound() -> None:
    audio = InputAudio(None)
    minute = silent(60_000)
    for _ in range(MAX_BUFFER_MS // 60_000):
        audio.append(minute)
    with pytest.raises(Complaint) as complaint:
        audio.append(bytes(2))
    assert complaint.value.code == "input_audio_buffer_full"
    audio.clear()
    audio.append(minute)
