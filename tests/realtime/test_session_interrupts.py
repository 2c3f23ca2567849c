"""Barge-in, `interrupt`, `played`: what was heard, and what becomes of the rest."""

from typing import Any

import pytest

from speko.events.s2s import InterruptionFrame, TranscriptFrame, TurnFrame
from speko.providers.s2s import (
    AssistantText,
    Commit,
    CorrectHeard,
    Interrupted,
    PlayedSoFar,
    ResponseDone,
    ResponseStarted,
    SpeechStarted,
    SpeechStopped,
    StopResponse,
    UserTranscript,
)
from tests.realtime.sessions import MANUAL, OWNER, Talking

WORDS = "alpha bravo carol delta"


def answering(**config: Any) -> Talking:
    """Four words of half a second each, all sent, one and a half of them heard."""
    talk = Talking(**config)
    talk.event(ResponseStarted("r"))
    for word in WORDS.split():
        talk.event(AssistantText("r", f"{word} "))
        talk.sound("r", 500)
    talk.wait(0.9)
    talk.new()
    return talk


def interruptions(talk: Talking) -> list[str]:
    return [frame.at for frame in talk.frames if isinstance(frame, InterruptionFrame)]


def test_an_interrupt_cuts_the_response_to_what_was_heard() -> None:
    talk = answering()
    talk.send("interrupt")
    assert talk.frames == [TranscriptFrame("assistant", "alpha bravo", True), InterruptionFrame("user")]
    assert talk.told == [StopResponse("r", 900, "alpha bravo")]
    assert [turn.interrupted for turn in talk.turns()] == [True]
    assert [(said.text, said.latency_status) for said in talk.spoken()] == [("alpha bravo", "interrupted")]


def test_nothing_of_an_interrupted_response_comes_after_it() -> None:
    talk = answering()
    talk.send("interrupt")
    talk.new(), talk.new_told()
    talk.played.clear()
    talk.event(AssistantText("r", "echo"), ResponseDone("r", "cancelled"), Interrupted("r"))
    talk.sound("r")
    talk.send("interrupt")
    talk.wait(5)
    assert (talk.frames, talk.told, talk.played) == ([], [], [])


def test_a_finished_response_can_be_interrupted_while_it_is_not_heard() -> None:
    talk = answering()
    talk.event(ResponseDone("r"))
    assert talk.frames == [TranscriptFrame("assistant", f"{WORDS} ", True)]
    talk.send("interrupt")
    assert talk.frames[1:] == [TranscriptFrame("assistant", "alpha bravo", True), InterruptionFrame("user")]
    assert talk.told == [StopResponse("r", 900, "alpha bravo")]
    talk.wait(5)
    assert len(talk.frames) == 3


def test_when_all_is_heard_an_interrupt_is_nothing() -> None:
    talk = answering()
    talk.event(ResponseDone("r"))
    talk.wait(2)
    talk.new()
    talk.send("interrupt")
    assert (talk.frames, talk.told) == ([], [])


def test_when_nothing_was_heard_there_are_no_words() -> None:
    talk = Talking()
    talk.event(ResponseStarted("r"), AssistantText("r", WORDS))
    talk.new()
    talk.send("interrupt")
    assert talk.frames == [InterruptionFrame("user")]
    assert talk.told == [StopResponse("r", 0, "")]
    assert talk.spoken() == []


def test_speech_interrupts_where_the_engine_leaves_that_to_us() -> None:
    talk = answering()
    talk.event(SpeechStarted(100))
    assert talk.frames == [
        TranscriptFrame("assistant", "alpha bravo", True),
        InterruptionFrame("user"),
        TurnFrame("speech_started", -100),
    ]
    assert talk.told == [StopResponse("r", 900, "alpha bravo")]


def test_an_owner_of_turns_decides_by_itself() -> None:
    talk = answering(ready=OWNER)
    talk.event(SpeechStarted(100))
    assert interruptions(talk) == []
    talk.event(Interrupted("r", "alpha"))
    assert talk.frames[1:] == [TranscriptFrame("assistant", "alpha", True), InterruptionFrame("user")]
    assert talk.told == []
    talk.event(Interrupted("r", "alpha"))
    assert interruptions(talk) == ["user"]


@pytest.mark.parametrize(("by_user", "at"), [(True, "user"), (False, "assistant")])
def test_an_owner_of_turns_that_does_not_know_what_was_heard(by_user: bool, at: str) -> None:
    talk = answering(ready=OWNER)
    talk.event(Interrupted("r", by_user=by_user))
    assert talk.transcripts() == [("alpha bravo", True)]
    assert interruptions(talk) == [at]


def test_a_false_interruption_leaves_the_turn_of_the_answer_alone() -> None:
    talk = answering(ready=OWNER)
    talk.event(SpeechStarted(0))
    talk.event(SpeechStopped(0), UserTranscript("cough", "", True), ResponseDone("r"))
    talk.wait(5)
    assert [turn.interrupted for turn in talk.turns()] == [False]
    assert talk.closed is None
    talk.wait(30)
    assert len(talk.connects) == 1  # nobody waits for an answer to no words


def test_a_response_that_the_engine_cancels_is_interrupted_by_the_assistant() -> None:
    talk = answering()
    talk.event(ResponseDone("r", "cancelled"))
    assert interruptions(talk) == ["assistant"]
    assert talk.transcripts() == [("alpha bravo", True)]


def test_a_response_that_starts_over_another_ends_that() -> None:
    talk = answering()
    talk.event(ResponseStarted("r2"))
    assert interruptions(talk) == ["assistant"]
    talk.event(ResponseStarted("r2"))  # again: nothing
    talk.event(AssistantText("r", "late"), AssistantText("r2", "new"))
    assert talk.transcripts() == [("alpha bravo", True), ("new", False)]


def test_a_response_that_was_asked_for_can_be_interrupted_before_it_begins() -> None:
    talk = Talking()
    talk.speak()
    talk.commit()
    talk.send("interrupt")
    talk.new(), talk.new_told()
    talk.event(ResponseStarted("r"), AssistantText("r", "unwanted"))
    talk.sound("r")
    assert talk.frames == [InterruptionFrame("user")]
    assert talk.told == [StopResponse("r", 0, "")]
    assert talk.played == []
    talk.speak()
    talk.commit()
    talk.event(ResponseStarted("r2"), AssistantText("r2", "wanted"))
    assert talk.transcripts() == [("wanted", False)]


def test_the_next_turn_takes_back_an_interrupt_of_nothing() -> None:
    talk = Talking()
    talk.speak()
    talk.commit()
    talk.send("interrupt")
    talk.send("user_message", text="but this")
    talk.event(ResponseStarted("r"), AssistantText("r", "yes"))
    assert talk.transcripts() == [("yes", False)]


def test_what_is_still_played_of_an_ended_response_can_be_silenced() -> None:
    talk = answering()
    talk.event(ResponseDone("r"))
    talk.speak()
    talk.commit()  # ends it, and it plays on
    talk.new(), talk.new_told()
    talk.event(SpeechStarted(0))
    assert talk.frames[:2] == [TranscriptFrame("assistant", "alpha bravo", True), InterruptionFrame("user")]
    assert talk.told == [CorrectHeard("r", 900, "alpha bravo")]


def test_an_interruption_cuts_what_is_still_played_of_the_one_before_too() -> None:
    talk = answering()
    talk.event(ResponseDone("r"), ResponseStarted("r2"), AssistantText("r2", "echo"))
    talk.sound("r2", 500)
    talk.new(), talk.new_told()
    talk.send("interrupt")
    assert talk.frames == [InterruptionFrame("user")]
    assert talk.told == [StopResponse("r2", 0, ""), CorrectHeard("r", 900, "alpha bravo")]


# ---- played


def test_the_client_knows_better_how_much_it_played() -> None:
    talk = answering()
    talk.send("played", ms=1900)
    talk.send("interrupt")
    assert talk.told == [StopResponse("r", 1900, "alpha bravo carol delta")]


def test_played_runs_on_from_there_and_never_beyond_what_was_sent() -> None:
    talk = answering()
    talk.send("played", ms=100)
    talk.event(ResponseDone("r"))
    talk.wait(1.89)
    assert "response_done" not in talk.stages()
    talk.wait(0.01)
    assert "response_done" in talk.stages()
    assert talk.told == []


@pytest.mark.parametrize("ms", ["-5", "1e308", "-1e308", "0", "99999999999999999999"])
def test_absurd_numbers_are_harmless(ms: str) -> None:
    talk = answering()
    talk.send_raw(f'{{"t":"played","ms":{ms}}}'.encode())
    talk.send("interrupt")
    [stop] = talk.told
    assert isinstance(stop, StopResponse)
    assert 0 <= stop.heard_ms <= 2000


def test_played_after_an_interruption_corrects_the_history_once() -> None:
    talk = answering()
    talk.send("interrupt")
    talk.new(), talk.new_told()
    talk.send("played", ms=500)
    talk.send("played", ms=0)
    assert talk.frames == []
    assert talk.told == [CorrectHeard("r", 500, "alpha")]
    talk.lose()
    assert [item.text for item in talk.connects[-1].history] == ["alpha"]  # type: ignore[union-attr]


def test_played_after_an_interruption_is_of_the_next_response_once_that_is_heard() -> None:
    talk = answering()
    talk.send("interrupt")
    talk.event(ResponseStarted("r2"), AssistantText("r2", "echo foxtrot"))
    talk.sound("r2", 1000)
    talk.new_told()
    talk.send("played", ms=500)
    assert talk.told == []


def test_an_owner_of_turns_is_told_what_was_played() -> None:
    talk = answering(ready=OWNER)
    talk.send("played", ms=1200.7)
    talk.send("played", ms=99_999)
    talk.send("played", ms=-1)
    assert talk.told == [PlayedSoFar(1200), PlayedSoFar(2000)]


def test_heard_stands_still_while_there_is_nothing_to_play() -> None:
    talk = Talking()
    talk.event(ResponseStarted("r"), AssistantText("r", "one "))
    talk.sound("r", 500)
    talk.wait(3)
    talk.event(AssistantText("r", "two"))
    talk.sound("r", 500)
    talk.send("interrupt")
    assert talk.told == [StopResponse("r", 500, "one")]


def test_the_users_own_words_are_not_touched_by_an_interruption() -> None:
    talk = Talking(ready=MANUAL)
    talk.speak()
    talk.commit()
    talk.event(ResponseStarted("r"))
    talk.send("interrupt")
    talk.event(UserTranscript("u", "late words", True))
    assert talk.transcripts("user") == [("late words", True)]
    assert talk.told[0] == Commit()
