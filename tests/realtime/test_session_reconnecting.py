"""Between two engines, and when an engine is given up because it is silent."""

import pytest

from speko.events.s2s import ErrorFrame, InterruptionFrame, TranscriptFrame, TurnFrame
from speko.providers.s2s import (
    AssistantSaid,
    AssistantText,
    Commit,
    ResponseDone,
    ResponseStarted,
    Say,
    SpeechStarted,
    SpeechStopped,
    StopResponse,
    UserSaid,
)
from speko.realtime.actions import Close, Connect
from tests.realtime.sessions import CONTINUES, Talking
from tests.realtime.test_session_handover import answering, asked

# ---- between two engines


def test_what_the_client_says_meanwhile_waits() -> None:
    talk = Talking()
    talk.lose()
    talk.speak(10)
    talk.commit()
    talk.speak(10)
    talk.send("user_message", text="hello")
    talk.new()
    talk.send_raw(b"{")
    assert talk.errors() == ["INVALID_FRAME"]
    assert talk.told == []
    talk.ready()
    assert talk.heard == list(range(20))
    assert talk.told == [Commit(), Say("hello")]


def test_an_interrupt_meanwhile_ends_the_answer_and_the_next_engine_does_not_go_on() -> None:
    talk = answering()
    talk.lose()
    talk.send("interrupt")
    assert talk.frames == [TranscriptFrame("assistant", "alpha", True), InterruptionFrame("user")]
    history = (UserSaid("Which words?"), AssistantSaid("alpha"))
    assert talk.connects[-1] == Connect(history, False, history)
    talk.ready(CONTINUES)
    assert talk.told == []
    talk.event(ResponseStarted("r"), AssistantText("r", "other"))
    assert talk.transcripts()[-1] == ("other", False)


def test_an_interrupt_meanwhile_of_what_was_only_asked_for() -> None:
    talk = asked(None)
    talk.lose()
    talk.send("interrupt")
    assert talk.connects[-1] == Connect((), False)
    talk.ready()
    assert (talk.heard, talk.told) == ([], [])


def test_an_interrupt_after_the_next_engine_came_stops_what_it_goes_on_with() -> None:
    talk = answering()
    talk.lose()
    talk.ready(CONTINUES)
    talk.send("interrupt")
    assert talk.frames[-1] == InterruptionFrame("user")
    talk.event(ResponseStarted("c"))
    assert talk.told == [StopResponse("c", 0, "")]


def test_what_the_user_did_not_want_of_one_engine_is_not_asked_of_the_next() -> None:
    talk = asked(None)
    talk.send("interrupt")
    talk.lose()
    assert talk.connects[-1] == Connect((), False)
    talk.ready()
    assert (talk.heard, talk.told) == ([], [])
    talk.event(ResponseStarted("r"), AssistantText("r", "By the way"))
    assert talk.transcripts() == [("By the way", False)]


def test_an_interrupt_of_nothing_meanwhile_is_nothing() -> None:
    talk = Talking()
    talk.lose()
    talk.send("interrupt")
    assert len(talk.connects) == 2


def test_nobody_else_can_be_found() -> None:
    talk = answering()
    talk.lose()
    talk.carry_out(talk.session.no_engine("acme: refused", talk.now))
    final, done, error = talk.frames
    assert isinstance(final, TranscriptFrame)
    assert final.final, "also a response that nobody goes on with has its end"
    assert isinstance(done, TurnFrame)
    assert done.stage == "response_done"
    assert error == ErrorFrame("PROVIDER_DISCONNECTED", "acme: refused")
    assert talk.closed == Close(1011, "Provider disconnected")


def test_a_loss_while_there_is_none_is_nothing() -> None:
    talk = Talking()
    talk.lose()
    talk.lose()
    assert len(talk.connects) == 2


# ---- stalls


@pytest.mark.parametrize("what", ["commit", "speech", "typed", "started", "middle"])
def test_an_engine_that_owes_a_response_and_is_silent_is_lost(what: str) -> None:
    talk = Talking()
    talk.speak()
    if what == "commit":
        talk.commit()
    elif what == "typed":
        talk.send("user_message", text="hi")
    elif what == "speech":
        talk.event(SpeechStarted(0), SpeechStopped(0))
    else:
        talk.event(ResponseStarted("r"))
    if what == "middle":
        talk.wait(5)
        talk.sound("r", 10)
    talk.wait(9.9)
    assert len(talk.connects) == 1
    talk.wait(0.1)
    assert len(talk.connects) == 2


def test_an_engine_that_owes_nothing_may_be_silent() -> None:
    talk = Talking()
    talk.speak()
    talk.event(SpeechStarted(0))
    talk.wait(60)
    talk.event(ResponseStarted("r"), ResponseDone("r"))
    talk.wait(60)
    assert len(talk.connects) == 1


def test_an_engine_that_is_not_read_because_of_a_slow_client_is_not_lost() -> None:
    talk = Talking()
    talk.event(ResponseStarted("r"))
    talk.session.client_is_slow(True, talk.now)
    talk.wait(60)
    assert len(talk.connects) == 1
    talk.session.client_is_slow(False, talk.now)
    talk.wait(9.9)
    assert len(talk.connects) == 1
    talk.wait(0.1)
    assert len(talk.connects) == 2


def test_noise_does_not_stall_one_engine_after_the_other() -> None:
    talk = Talking()
    talk.event(SpeechStarted(0))
    talk.speak(500)
    talk.event(SpeechStopped(0))
    for _ in range(5):
        talk.wait(10)
        talk.ready()
        talk.event(SpeechStarted(0), SpeechStopped(0)) if talk.heard else None
    assert len(talk.connects) == 3
