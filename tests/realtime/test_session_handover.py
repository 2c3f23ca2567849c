"""Losing the engine after `ready`: what the next one is told, what it hears, and what the client notices."""

from collections.abc import Sequence

import pytest

from speko.events.s2s import InterruptionFrame, TranscriptFrame
from speko.providers.s2s import (
    AssistantSaid,
    AssistantText,
    Commit,
    HistoryItem,
    ResponseDone,
    ResponseStarted,
    S2sCapabilities,
    SpeechStarted,
    SpeechStopped,
    UserSaid,
    UserTranscript,
)
from speko.realtime.actions import Connect
from tests.realtime.sessions import CONTINUES, MANUAL, OWNER, Talking

BOTH = pytest.mark.parametrize("capabilities", [MANUAL, CONTINUES], ids=["new answer", "continues"])


def asked(text: str | None = "Which words?") -> Talking:
    """A turn is committed, and its words may be known."""
    talk = Talking()
    talk.speak(1000)
    talk.commit()
    if text:
        talk.event(UserTranscript("u", text, True))
    talk.new(), talk.new_told()
    return talk


def answering(text: str | None = "Which words?") -> Talking:
    """Four words of half a second each, of which three are delivered and one and a bit heard."""
    talk = asked(text)
    talk.event(ResponseStarted("r"))
    for word in ("alpha", "bravo", "carol"):
        talk.event(AssistantText("r", f"{word} "))
        talk.sound("r", 500)
    talk.wait(0.6)
    talk.new()
    return talk


def words(history: Sequence[HistoryItem]) -> list[str]:
    return [item.text for item in history if isinstance(item, UserSaid | AssistantSaid)]


# ---- in the middle of an answer


def test_both_histories_are_offered() -> None:
    talk = answering()
    talk.lose()
    assert talk.connects[-1] == Connect(
        (UserSaid("Which words?"), AssistantSaid("alpha bravo carol")),
        True,
        (UserSaid("Which words?"), AssistantSaid("alpha")),
    )
    assert talk.frames == []


def test_an_engine_that_continues_goes_on_with_the_same_response() -> None:
    talk = answering()
    talk.lose()
    talk.ready(CONTINUES)
    talk.event(ResponseStarted("r"), AssistantText("r", "delta"))
    talk.sound("r", 500)
    talk.event(ResponseDone("r"))
    assert talk.transcripts() == [("alpha bravo carol delta", False), ("alpha bravo carol delta", True)]
    assert talk.played == list(range(2000))
    talk.wait(2)
    assert list(talk.stages()) == ["response_done"]
    assert [turn.interrupted for turn in talk.turns()] == [False]
    assert talk.heard == []
    assert talk.told == []


def test_an_engine_that_does_not_continue_begins_a_new_response() -> None:
    talk = answering()
    talk.lose()
    talk.ready(MANUAL)
    assert talk.frames == [TranscriptFrame("assistant", "alpha", True), InterruptionFrame("assistant")]
    talk.event(ResponseStarted("r"), AssistantText("r", "bravo carol delta"))
    talk.sound("r", 1500)
    talk.event(ResponseDone("r"))
    assert talk.transcripts()[-1] == ("bravo carol delta", True)
    assert talk.told == []
    talk.wait(2)
    assert [turn.interrupted for turn in talk.turns()] == [True, False]
    assert [said.text for said in talk.spoken() if said.role == "assistant"] == ["alpha", "bravo carol delta"]


def test_the_rest_of_an_answer_is_owed_until_it_begins() -> None:
    talk = answering()
    talk.lose()
    talk.ready(MANUAL)
    talk.wait(9.9)
    assert len(talk.connects) == 2
    talk.wait(0.1)
    history = (UserSaid("Which words?"), AssistantSaid("alpha"))
    assert talk.connects[-1] == Connect(history, True, history)
    talk.ready(CONTINUES)
    talk.event(ResponseStarted("r"), AssistantText("r", "bravo"))
    assert talk.transcripts()[-1] == ("bravo", False)
    talk.event(ResponseDone("r"))
    talk.lose()
    assert not talk.connects[-1].continue_answer


@BOTH
def test_before_its_first_sound_an_answer_begins_again_unnoticed(capabilities: S2sCapabilities) -> None:
    talk = asked()
    talk.event(ResponseStarted("r"), AssistantText("r", "alpha"))
    talk.lose()
    assert talk.connects[-1] == Connect((UserSaid("Which words?"),), True, (UserSaid("Which words?"),))
    talk.ready(capabilities)
    talk.event(ResponseStarted("r"), AssistantText("r", "bravo"))
    assert talk.transcripts() == [("alpha", False), ("bravo", False)]
    assert not any(isinstance(frame, InterruptionFrame) for frame in talk.frames)


@BOTH
def test_a_finished_answer_is_only_heard_to_its_end(capabilities: S2sCapabilities) -> None:
    talk = answering()
    talk.event(ResponseDone("r"))
    talk.lose()
    assert words(talk.connects[-1].history) == ["Which words?", "alpha bravo carol"]
    assert not talk.connects[-1].continue_answer
    talk.ready(capabilities)
    talk.wait(1)
    assert list(talk.stages()) == ["response_done"]
    assert talk.heard == []


def test_sound_without_words_is_answered_anew() -> None:
    talk = asked()
    talk.event(ResponseStarted("r"))
    talk.sound("r", 500)
    talk.lose()
    assert talk.connects[-1] == Connect((UserSaid("Which words?"),), True, (UserSaid("Which words?"),))
    assert talk.frames[-1] == InterruptionFrame("assistant")


def test_a_greeting_goes_on_without_a_question() -> None:
    talk = Talking()
    talk.event(ResponseStarted("r"), AssistantText("r", "Good day to you"))
    talk.sound("r", 600)
    talk.lose()
    assert talk.connects[-1].continue_answer
    assert words(talk.connects[-1].history) == ["Good day"]


def test_typed_text_over_an_answer_is_answered_and_the_answer_is_over() -> None:
    talk = answering()
    talk.send("user_message", text="Something else")
    talk.lose()
    assert talk.connects[-1].continue_answer
    assert words(talk.connects[-1].history) == ["Which words?", "alpha", "Something else"]
    assert talk.frames[-1] == InterruptionFrame("assistant")


@BOTH
def test_an_engine_can_be_lost_again_and_again(capabilities: S2sCapabilities) -> None:
    talk = answering()
    for _ in range(5):
        talk.lose()
        talk.ready(CONTINUES)
    talk.lose()
    assert words(talk.connects[-1].history) == ["Which words?", "alpha bravo carol"]
    talk.ready(capabilities)
    assert len([f for f in talk.frames if isinstance(f, InterruptionFrame)]) == (capabilities is MANUAL)


# ---- the user's words


@BOTH
def test_words_that_are_known_are_carried_and_not_heard_again(capabilities: S2sCapabilities) -> None:
    talk = asked()
    talk.lose()
    assert talk.connects[-1] == Connect((UserSaid("Which words?"),), True, (UserSaid("Which words?"),))
    talk.speak(50)
    talk.ready(capabilities)
    assert talk.heard == list(range(1000, 1050))
    assert talk.told == []


def test_words_that_are_not_known_are_heard_again() -> None:
    talk = asked(None)
    talk.speak(50)
    talk.lose()
    assert talk.connects[-1] == Connect((), False)
    talk.speak(50)
    talk.ready()
    assert talk.heard == list(range(1100))
    assert talk.told == [Commit()]
    talk.event(UserTranscript("u", "Which words?", True))
    talk.lose()
    talk.ready()
    assert talk.heard == list(range(1000, 1100))
    assert talk.told == [Commit()]


def test_words_that_the_next_engine_has_understood_are_known() -> None:
    talk = asked(None)
    talk.lose()
    talk.ready(CONTINUES)
    talk.event(UserTranscript("u", "Which words?", True), ResponseStarted("r"), AssistantText("r", "alpha "))
    talk.sound("r", 500)
    talk.lose()
    assert words(talk.connects[-1].history) == ["Which words?", "alpha"]
    assert talk.connects[-1].continue_answer
    assert not any(isinstance(frame, InterruptionFrame) for frame in talk.frames)


def test_an_answer_to_words_that_are_not_known_begins_anew() -> None:
    talk = answering(None)
    talk.lose()
    assert talk.frames[-1] == InterruptionFrame("assistant")
    assert talk.connects[-1] == Connect((AssistantSaid("alpha"),), False, (AssistantSaid("alpha"),))
    talk.ready()
    assert talk.heard == list(range(1000))
    assert talk.told == [Commit()]


def test_what_was_answered_is_not_heard_again() -> None:
    talk = answering(None)
    talk.event(ResponseDone("r"))
    talk.lose()
    talk.ready()
    assert talk.heard == []
    assert talk.told == []


def test_what_the_user_was_saying_is_heard_whole() -> None:
    talk = Talking()
    talk.speak(3000)
    talk.event(SpeechStarted(500))
    talk.speak(1000)
    talk.lose()
    talk.speak(10)
    talk.ready()
    assert talk.heard == list(range(1500, 4010))  # with a second before the speech
    assert talk.told == []


def test_speech_that_the_engine_had_ended_is_heard_and_ended_again() -> None:
    talk = Talking()
    talk.event(SpeechStarted(0))
    talk.speak(1000)
    talk.wait(1)
    talk.event(SpeechStopped(200))
    talk.wait(0.5)
    talk.lose()
    assert not talk.connects[-1].continue_answer
    talk.ready()
    assert talk.heard == list(range(1000))
    talk.new()
    talk.event(SpeechStarted(0), SpeechStopped(200))
    assert talk.stages() == {"speech_ended": 200}
    talk.event(ResponseStarted("r"), ResponseDone("r"))
    [turn] = talk.turns()
    stages = [(stage.stage, stage.ms) for stage in turn.stages]
    assert stages == [("speech_started", -800), ("speech_ended", 200), ("response_done", 700)]


def test_silence_is_not_heard_again() -> None:
    talk = Talking()
    talk.event(SpeechStarted(0))
    talk.speak(1000)
    talk.event(SpeechStopped(0), UserTranscript("u", "hi", True), ResponseStarted("r"))
    for _ in range(50):
        talk.speak(100)
        talk.sound("r", 100)
    talk.lose()
    talk.ready()
    assert talk.heard == list(range(4000, 6000))


def test_a_commit_of_what_only_the_last_engine_heard_is_nothing() -> None:
    talk = Talking()
    talk.speak(1000)
    talk.event(SpeechStarted(1000), SpeechStopped(0), UserTranscript("u", "hi", True), ResponseStarted("r"))
    talk.event(ResponseDone("r"))
    talk.lose()
    talk.ready()
    assert talk.heard == []
    talk.commit()
    assert talk.told == []
    talk.speak(10)
    talk.commit()
    assert talk.told == [Commit()]


def test_late_transcripts_find_their_place_in_any_order() -> None:
    talk = Talking()
    for utterance in ("a", "b"):
        talk.speak()
        talk.commit()
        talk.event(UserTranscript(utterance, "", False))  # this one comes next
        talk.event(ResponseStarted(utterance), AssistantText(utterance, f"to {utterance}"))
        talk.sound(utterance, 100)
        talk.event(ResponseDone(utterance))
        talk.wait(1)
    talk.event(UserTranscript("b", "second", True), UserTranscript("a", "first", True))
    talk.lose()
    assert words(talk.connects[-1].history) == ["first", "to a", "second", "to b"]
    assert not talk.connects[-1].continue_answer


def test_a_transcript_while_the_user_speaks_belongs_to_that_speech() -> None:
    talk = Talking(ready=OWNER)
    talk.event(SpeechStarted(0))
    talk.speak(500)
    talk.event(UserTranscript("u", "hel", False), UserTranscript("u", "hello", True), SpeechStopped(0))
    talk.lose()
    assert talk.connects[-1] == Connect((UserSaid("hello"),), True, (UserSaid("hello"),))
    talk.ready()
    assert talk.heard == []


def test_words_whose_end_nobody_reported_stand_before_their_answer() -> None:
    talk = Talking()
    talk.event(ResponseStarted("r"), AssistantText("r", "yes"), UserTranscript("u", "is it", True))
    talk.sound("r", 500)
    talk.lose()
    assert words(talk.connects[-1].history) == ["is it", "yes"]
