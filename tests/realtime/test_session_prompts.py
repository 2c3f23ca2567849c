"""An assistant that is asked to speak by itself, and a session that begins in the middle of a conversation."""

from speko.providers.s2s import (
    AssistantSaid,
    AssistantText,
    ResponseDone,
    ResponseStarted,
    Say,
    ToolAnswered,
    ToolCalled,
    UserSaid,
)
from tests.realtime.sessions import Talking


def test_empty_text_is_nothing_unless_there_are_instructions() -> None:
    talk = Talking()
    talk.send("user_message", text=" ")
    assert not talk.new_told()
    talk.send("user_message", text="", instructions="greet")
    assert talk.new_told() == [Say("", "greet")]
    assert talk.session.awaited
    assert not talk.spoken(), "nobody has said anything"
    talk.event(ResponseStarted("r"))
    assert not talk.session.awaited
    assert talk.session.responding


def test_instructions_go_with_the_text() -> None:
    talk = Talking()
    talk.send("user_message", text="hello", instructions="be kind")
    assert talk.new_told() == [Say("hello", "be kind")]
    assert [said.text for said in talk.spoken()] == ["hello"]


def test_the_next_engine_is_asked_again_until_one_has_begun() -> None:
    talk = Talking()
    talk.send("user_message", text="hello")
    talk.event(ResponseStarted("r"), AssistantText("r", "hi"), ResponseDone("r"))
    talk.send("user_message", text="", instructions="say goodbye")
    talk.new_told()
    talk.lose()
    assert not talk.connects[-1].continue_answer, "there is no question to be answered"
    talk.ready()
    assert talk.new_told() == [Say("", "say goodbye")]
    talk.event(ResponseStarted("s"), AssistantText("s", "bye"), ResponseDone("s"))
    talk.lose()
    talk.ready()
    assert not talk.new_told()


def test_an_interruption_takes_it_back() -> None:
    talk = Talking()
    talk.send("user_message", text="", instructions="greet")
    talk.send("interrupt")
    talk.new_told()
    talk.lose()
    talk.ready()
    assert not talk.new_told()


def test_every_engine_is_told_what_was_said_before_the_session() -> None:
    talk = Talking(attach=False)
    history = (
        *(UserSaid("my name is Anna"), ToolCalled("c", "greet", "{}"), ToolAnswered("c", "ahoy")),
        AssistantSaid("ahoy Anna"),
    )
    talk.session.remember([*history, ToolAnswered("unknown", "lost")])
    talk.attach()
    assert (talk.connects[0].history, talk.connects[0].continue_answer) == (history, False)
    talk.ready()
    talk.lose()
    assert (talk.connects[1].history, talk.connects[1].history_heard) == (history, history)
    assert not talk.connects[1].continue_answer, "nothing of that waits for an answer"
