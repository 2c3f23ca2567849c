"""The stages of a turn, as they happen and as they are written down."""

import pytest

from speko.providers.s2s import (
    ResponseDone,
    ResponseStarted,
    SpeechStarted,
    SpeechStopped,
    TurnStage,
    UserTranscript,
)
from speko.realtime.actions import StageTime
from tests.realtime.sessions import OWNER, Talking


def test_the_stages_of_a_turn_count_from_the_acoustic_end_of_speech() -> None:
    talk = Talking(ready=OWNER)
    talk.wait(5)
    talk.event(SpeechStarted(200))
    talk.wait(1.5)
    talk.event(SpeechStopped(500))
    talk.event(TurnStage("stt_final", "ears", "e1", ago_ms=100))
    talk.event(UserTranscript("u", "hi", True))  # an owner of turns tells its stages itself
    talk.wait(0.2)
    talk.event(
        ResponseStarted("r"), TurnStage("llm_first_token", "brain", "b1"), TurnStage("llm_first_token", "b", "b2")
    )
    talk.wait(0.1)
    talk.event(TurnStage("tts_first_byte", "mouth", "m1", ago_ms=20))
    talk.sound("r", 400)
    talk.event(ResponseDone("r"))
    talk.wait(1)
    assert talk.stages() == {
        "speech_started": -200,
        "speech_ended": 500,
        "stt_final": 400,
        "llm_first_token": 700,
        "tts_first_byte": 780,
        "first_audio": 800,
        "response_done": 1200,
    }
    [turn] = talk.turns()
    assert turn.stages == (
        StageTime("speech_started", -1200),
        StageTime("stt_final", 400, "ears", "e1"),
        StageTime("speech_ended", 500),
        StageTime("llm_first_token", 700, "brain", "b1"),
        StageTime("tts_first_byte", 780, "mouth", "m1"),
        StageTime("first_audio", 800, "acme", "voice-1"),
        StageTime("response_done", 1200, "acme", "voice-1"),
    )
    assert (turn.index, turn.interrupted) == (0, False)
    assert (turn.started_at - talk._wall()).total_seconds() == pytest.approx(-3.0)  # 4.8 of 7.8


def test_a_committed_turn_counts_from_the_commit_and_typed_text_from_its_arrival() -> None:
    talk = Talking()
    talk.speak(300)
    talk.commit()
    talk.wait(0.25)
    talk.event(UserTranscript("u", "hi", True), ResponseStarted("r"))
    talk.sound("r", 10)
    assert talk.stages() == {"speech_ended": 0, "stt_final": 250, "first_audio": 250}
    talk.event(ResponseDone("r"))
    talk.send("user_message", text="typed")
    talk.new()
    talk.wait(0.5)
    talk.event(ResponseStarted("r2"))
    talk.sound("r2", 10)
    assert talk.stages() == {"first_audio": 500}
    talk.event(ResponseDone("r2"))
    talk.wait(1)
    first, second = talk.turns()
    assert (first.index, second.index) == (0, 1)
    assert (second.started_at - first.started_at).total_seconds() == pytest.approx(0.55)
    assert [(said.role, said.text) for said in talk.spoken()] == [("user", "hi"), ("user", "typed")]


def test_a_greeting_counts_from_its_own_beginning() -> None:
    talk = Talking()
    talk.event(TurnStage("tts_first_byte"))
    talk.wait(0.2)
    talk.event(ResponseStarted("r"))
    talk.sound("r", 10)
    assert talk.stages() == {"tts_first_byte": 0, "first_audio": 200}


def test_speech_that_goes_on_after_a_pause_is_one_turn() -> None:
    talk = Talking()
    for _ in range(2):
        talk.event(SpeechStarted(0))
        talk.wait(1)
        talk.event(SpeechStopped(100))
        talk.wait(0.5)
    talk.event(ResponseStarted("r"), ResponseDone("r"))
    [turn] = talk.turns()
    stages = {stage.stage: stage.ms for stage in turn.stages}
    assert stages["speech_started"] == -2400
    assert stages["response_done"] == 600
