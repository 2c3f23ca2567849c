"""The session's state machine: tools are asked for once, and their results answered when nothing else is due."""

import pytest

from speko.providers.s2s import AnswerTool, ResponseDone, ResponseStarted, ToolRequested
from tests.providers.openai_realtime import events as e
from tests.providers.openai_realtime.talk import Talk


def test_a_tool_call_is_asked_for_once() -> None:
    talk = Talk()
    item = e.call_item("c1", "look", '{"a":1}')
    told = talk.vendor(
        e.created(), e.arguments("c1", "look", '{"a":1}'), e.item_done(item), e.done(output=[item])
    )  # fmt: skip
    assert told == [
        ResponseStarted("resp_1"), ToolRequested("resp_1", "c1", "look", '{"a":1}'), ResponseDone("resp_1"),
    ]  # fmt: skip


@pytest.mark.parametrize("way", ["item", "end"])
def test_a_tool_call_of_which_only_the_item_comes(way: str) -> None:
    item = e.call_item("c1", "look", "")
    events = [e.created(), e.item_done(item)] if way == "item" else [e.created(), e.done(output=[item])]
    assert Talk().vendor(*events)[1] == ToolRequested("resp_1", "c1", "look", "{}")


def test_an_answered_tool_brings_the_next_response() -> None:
    talk = Talk()
    talk.vendor(e.created(), e.arguments("c1", "look", "{}"), e.done())
    result, _ = talk.do(AnswerTool("c1", "12 degrees"))
    item = result["item"]
    assert (item["type"], item["call_id"], item["output"]) == ("function_call_output", "c1", "12 degrees")
    assert talk.kinds() == ["conversation.item.create", "response.create"]


def test_the_next_response_waits_for_all_tools_of_the_last() -> None:
    talk = Talk()
    talk.vendor(e.created(), e.arguments("c1", "look", "{}"), e.arguments("c2", "look", "{}"), e.done())
    talk.do(AnswerTool("c2", "b"))
    assert talk.kinds() == ["conversation.item.create"]
    talk.do(AnswerTool("c1", "a"))
    assert talk.kinds() == ["conversation.item.create", "response.create"]


def test_a_tool_that_is_fast_waits_for_the_end_of_the_response() -> None:
    talk = Talk()
    talk.vendor(e.created(), e.arguments("c1", "look", "{}"))
    talk.do(AnswerTool("c1", "a"))
    assert talk.kinds() == ["conversation.item.create"]
    talk.vendor(e.done())
    assert talk.kinds() == ["conversation.item.create", "response.create"]


def answered_while_the_user_speaks(talk: Talk) -> e.Event:
    """Gives what the vendor is told of the result."""
    talk.vendor(e.created(), e.arguments("c1", "look", "{}"), e.done())
    talk.user(1000)
    talk.vendor(e.speech_started(0))
    (result,) = talk.do(AnswerTool("c1", "a"))
    return result


def test_a_tool_that_answers_while_the_user_speaks_waits_for_the_end_of_the_turn() -> None:
    talk = Talk()
    result = answered_while_the_user_speaks(talk)
    talk.vendor(
        e.event("conversation.item.added", item=result["item"]), e.speech_stopped(900), e.created("resp_2"),
        e.done("resp_2"),
    )  # fmt: skip
    assert talk.kinds() == ["conversation.item.create"]


def test_a_tool_that_answers_too_late_for_the_next_response_brings_one_more() -> None:
    talk = Talk()
    result = answered_while_the_user_speaks(talk)
    talk.vendor(
        e.speech_stopped(900), e.created("resp_2"), e.event("conversation.item.added", item=result["item"]),
        e.done("resp_2"),
    )  # fmt: skip
    assert talk.kinds() == ["conversation.item.create", "response.create"]


def test_a_slow_tool_of_an_earlier_response_holds_up_nobody() -> None:
    talk = Talk()
    talk.vendor(e.created("a"), e.arguments("c1", "look", "{}", "a"), e.done("a"))
    talk.vendor(e.created("b"), e.arguments("c2", "look", "{}", "b"), e.done("b"))
    talk.do(AnswerTool("c2", "b"))
    assert talk.kinds() == ["conversation.item.create", "response.create"]


def test_a_tool_is_answered_once() -> None:
    talk = Talk()
    talk.vendor(e.created(), e.arguments("c1", "look", "{}"), e.done())
    talk.do(AnswerTool("c1", "a"))
    assert talk.do(AnswerTool("c1", "a"), AnswerTool("c9", "a")) == []


@pytest.mark.parametrize(("output", "told"), [("", "The tool failed."), ("no net", "The tool failed: no net")])
def test_a_failed_tool_says_so(output: str, told: str) -> None:
    talk = Talk()
    talk.vendor(e.created(), e.arguments("c1", "look", "{}"), e.done())
    result, _ = talk.do(AnswerTool("c1", output, failed=True))
    assert result["item"]["output"] == told
