"""A client that wants other instructions and tools in the middle of a session."""

from speko.events.s2s import ErrorFrame, ToolCallFrame
from speko.providers.llm import Tool
from speko.providers.s2s import (
    AnswerTool,
    AssistantText,
    Configure,
    ResponseDone,
    ResponseStarted,
    S2sCapabilities,
    Say,
    ToolRequested,
)
from tests.realtime.sessions import RATE, Talking

LOOK, LISTEN = (Tool(name, name, {"type": "object", "properties": {}}) for name in ("look", "listen"))


def configure(talk: Talking, *wanted: Configure) -> None:
    for configured in wanted:
        talk.carry_out(talk.session.configure(configured, talk.now))


def test_the_engine_in_service_is_told_and_so_is_the_next_one() -> None:
    talk = Talking()
    configure(talk, Configure("Be long."), Configure("Be long.", (LOOK,)), Configure("Be long.", (LOOK,)))
    assert talk.new_told() == [Configure("Be long."), Configure("Be long.", (LOOK,))]
    talk.lose()
    assert talk.connects[-1].configured == Configure("Be long.", (LOOK,))
    talk.ready()
    assert talk.new_told() == [], "it was connected with them"


def test_an_engine_that_was_being_connected_meanwhile_is_told_before_it_is_asked() -> None:
    talk = Talking()
    configure(talk, Configure("one"))
    talk.new_told()
    talk.lose()
    talk.send("user_message", text="Hello?")
    configure(talk, Configure("two"))
    assert talk.connects[-1].configured == Configure("one")
    talk.ready()
    assert talk.new_told() == [Configure("two"), Say("Hello?")]


def test_what_changes_before_the_first_socket_is_what_the_first_engine_gets() -> None:
    talk = Talking(attach=False)
    configure(talk, Configure("one"))
    talk.attach()
    assert talk.connects[0].configured == Configure("one")
    talk.ready()
    assert talk.new_told() == []


def test_an_answer_in_the_middle_goes_on_and_may_still_call_what_was_there() -> None:
    talk = Talking(tools=frozenset({"look"}))
    talk.send("user_message", text="Hello?")
    talk.event(ResponseStarted("r"), AssistantText("r", "Well"))
    configure(talk, Configure(None, (LISTEN,)))
    talk.new_told(), talk.new()
    talk.event(ToolRequested("r", "c", "look", "{}"))
    assert talk.new() == [ToolCallFrame("c", "look", "{}")]
    talk.send("tool_result", callId="c", output="sunny")
    assert talk.new_told() == [AnswerTool("c", "sunny")]
    talk.event(ResponseDone("r"), ResponseStarted("s"), ToolRequested("s", "d", "listen", "{}"))
    assert talk.frames[-1] == ToolCallFrame("d", "listen", "{}")


def test_names_of_tools_are_bounded_and_the_newest_count() -> None:
    talk = Talking()
    for number in range(10):
        configure(talk, Configure(None, tuple(Tool(f"t{number}_{at}", "", {}) for at in range(128))))
    talk.event(ResponseStarted("r"), ToolRequested("r", "c", "t9_0", "{}"), ToolRequested("r", "d", "t0_0", "{}"))
    assert [frame.name for frame in talk.frames if isinstance(frame, ToolCallFrame)] == ["t9_0"]


def test_an_engine_that_calls_no_tools_is_named() -> None:
    talk = Talking(ready=S2sCapabilities((RATE,), (RATE,), tools=False))
    configure(talk, Configure("Be long."))
    assert not talk.errors()
    configure(talk, Configure("Be long.", (LOOK,)))
    assert talk.frames[-1] == ErrorFrame("PROVIDER_ERROR", "The engine in service calls no tools")


def test_a_session_that_is_over_takes_nothing() -> None:
    talk = Talking()
    talk.carry_out(talk.session.end("server_shutdown", talk.now))
    configure(talk, Configure("Be long."))
    assert talk.new_told() == []
