"""Tools that the client runs: each call is answered once, or fails."""

from typing import Any

import pytest

from speko.events.s2s import ErrorFrame, ToolCallFrame, TurnFrame
from speko.providers.s2s import (
    AnswerTool,
    AssistantText,
    ResponseDone,
    ResponseStarted,
    ToolAnswered,
    ToolCalled,
    ToolRequested,
    UserSaid,
    UserTranscript,
)
from tests.realtime.sessions import Talking


def asking(*calls: str) -> Talking:
    talk = Talking(tools=frozenset({"weather"}))
    talk.speak()
    talk.commit()
    talk.event(UserTranscript("u", "What is it like?", True), ResponseStarted("r"))
    for call in calls:
        talk.event(ToolRequested("r", call, "weather", "{}"))
    talk.new_told()
    return talk


def test_a_call_goes_to_the_client_and_its_result_to_the_engine() -> None:
    talk = asking("c")
    assert talk.frames[-1] == ToolCallFrame("c", "weather", "{}")
    talk.send("tool_result", callId="c", output="sunny")
    assert talk.told == [AnswerTool("c", "sunny")]


@pytest.mark.parametrize(
    ("output", "text"), [({"a": [1, None]}, '{"a":[1,null]}'), (None, "null"), (3.5, "3.5"), ("", "")]
)
def test_any_output_is_text(output: Any, text: str) -> None:
    talk = asking("c")
    talk.send("tool_result", callId="c", output=output)
    assert talk.told == [AnswerTool("c", text)]


def test_a_result_that_nobody_waits_for_is_an_error() -> None:
    talk = asking("c")
    talk.send("tool_result", callId="c", output="1")
    talk.new()
    for call in ("c", "other"):
        talk.send("tool_result", callId=call, output="2")
    assert talk.errors() == ["UNKNOWN_TOOL_CALL"] * 2
    assert talk.told == [AnswerTool("c", "1")]
    assert talk.closed is None


def test_a_result_before_there_is_an_engine_is_of_nobody() -> None:
    talk = Talking(ready=None)
    talk.send("tool_result", callId="c", output="1")
    talk.ready()
    assert isinstance(talk.frames[-1], ErrorFrame)


def test_a_call_that_is_not_answered_fails_in_time() -> None:
    talk = asking("c", "d")
    talk.wait(1)
    talk.send("tool_result", callId="c", output="1")
    talk.wait(28.9)
    assert talk.told == [AnswerTool("c", "1")]
    talk.wait(0.1)
    [_, late] = talk.told
    assert isinstance(late, AnswerTool)
    assert (late.call_id, late.failed) == ("d", True)
    talk.send("tool_result", callId="d", output="2")
    assert talk.errors() == ["UNKNOWN_TOOL_CALL"]


def test_tools_of_nobody_fail_at_once_and_are_no_matter_of_the_client() -> None:
    talk = Talking(tools=frozenset({"weather"}))
    talk.event(ResponseStarted("r"), ToolRequested("r", "c", "rocket", "{}"))
    assert not any(isinstance(frame, ToolCallFrame) for frame in talk.frames)
    [answer] = talk.told
    assert isinstance(answer, AnswerTool)
    assert (answer.call_id, answer.failed) == ("c", True)


def test_the_same_call_is_asked_once() -> None:
    talk = asking("c", "c")
    talk.send("tool_result", callId="c", output="1")
    talk.event(ToolRequested("r", "c", "weather", "{}"))
    assert sum(isinstance(frame, ToolCallFrame) for frame in talk.frames) == 1
    assert talk.told == [AnswerTool("c", "1")]


def test_calls_in_flight_are_bounded() -> None:
    talk = asking(*map(str, range(70)))
    assert sum(isinstance(frame, ToolCallFrame) for frame in talk.frames) == 64
    talk.wait(31)
    assert len(talk.told) == 64


def test_a_response_that_is_over_asks_for_nothing() -> None:
    talk = asking()
    talk.send("interrupt")
    talk.new(), talk.new_told()
    talk.event(ToolRequested("r", "c", "weather", "{}"))
    assert (talk.frames, talk.told) == ([], [])


def test_the_turn_goes_on_after_the_tool() -> None:
    talk = asking("c")
    talk.event(ResponseDone("r"))
    assert [f.stage for f in talk.frames if isinstance(f, TurnFrame)][-1] == "response_done"
    assert talk.turns() == []
    talk.wait(1)
    talk.send("tool_result", callId="c", output="sunny")
    talk.event(ResponseStarted("r2"), AssistantText("r2", "Sunny"))
    talk.sound("r2", 500)
    talk.event(ResponseDone("r2"))
    talk.wait(1)
    [turn] = talk.turns()
    stages = {stage.stage: stage.ms for stage in turn.stages}
    assert stages["first_audio"] == 1000
    assert stages["response_done"] == 1500


def test_a_turn_that_does_not_go_on_after_its_tool_is_written_down_all_the_same() -> None:
    talk = asking("c")
    talk.event(ResponseDone("r"))
    talk.speak()
    talk.commit()
    talk.event(ResponseStarted("r2"))
    assert len(talk.turns()) == 1
    talk.send("control", action="clear")
    talk.detach(1000)
    assert [turn.index for turn in talk.turns()] == [0, 1]


def test_while_the_client_works_the_engine_owes_nothing() -> None:
    talk = asking("c")
    talk.wait(25)
    assert len(talk.connects) == 1
    talk.send("tool_result", callId="c", output="sunny")
    talk.wait(9.9)
    assert len(talk.connects) == 1
    talk.wait(0.1)
    assert len(talk.connects) == 2


def test_calls_survive_the_engine() -> None:
    talk = asking("c", "d")
    talk.send("tool_result", callId="d", output="warm")
    talk.new_told()
    talk.lose()
    history = (
        UserSaid("What is it like?"),
        ToolCalled("c", "weather", "{}"),
        ToolCalled("d", "weather", "{}"),
        ToolAnswered("d", "warm"),
    )
    assert talk.connects[-1].history == history
    assert not talk.connects[-1].continue_answer
    talk.ready()
    talk.send("tool_result", callId="c", output="sunny")
    assert talk.told == [AnswerTool("c", "sunny")]


def test_an_answer_that_comes_between_two_engines_goes_to_the_next() -> None:
    talk = asking("c")
    talk.lose()
    talk.send("tool_result", callId="c", output="sunny")
    assert talk.told == []
    talk.ready()
    assert talk.told == [AnswerTool("c", "sunny")]
    talk.lose()
    assert talk.connects[-1].history[-1] == ToolAnswered("c", "sunny")
    assert talk.connects[-1].continue_answer
    talk.ready()
    assert talk.told == [AnswerTool("c", "sunny")]


def test_an_answer_that_the_next_engine_finds_in_its_history_is_not_told_again() -> None:
    talk = asking("c")
    talk.lose()
    talk.send("tool_result", callId="c", output="sunny")
    talk.send("interrupt")
    assert talk.connects[-1].history[-1] == ToolAnswered("c", "sunny")
    assert not talk.connects[-1].continue_answer
    talk.ready()
    assert talk.told == []
