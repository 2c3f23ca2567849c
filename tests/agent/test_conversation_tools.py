"""Conversations in which the client runs tools."""

import pytest

from speko.providers.llm import Tool, ToolCall
from speko.providers.s2s import AnswerTool, ResponseDone, ToolCalled, ToolRequested, UserSaid
from tests.agent.relays import loudness, talking
from tests.agent.vendors import Script, context_of, hears, says

pytestmark = pytest.mark.usefixtures("loudness")
__all__ = ["loudness"]
WEATHER = Tool("get_weather", "The weather of a city", {"type": "object", "properties": {}})
CALL = ToolCall("call_1", "get_weather", "{}")


async def test_the_client_runs_a_tool() -> None:
    asked = ToolCall("call_1", "get_weather", '{"city": "Rome"}')
    script = Script("acme", llm=[says("Let me see. ", asked), says("It is sunny.")])
    async with talking(context_of(script), tools=(WEATHER,)) as talk:
        talk.say()
        request = await talk.relay.next(ToolRequested)
        assert (request.name, request.call_id) == ("get_weather", "call_1")
        assert request.arguments == '{"city": "Rome"}'
        talk.conversation.on_command(AnswerTool(request.call_id, "sunny"))
        await talk.relay.until(lambda: any("Let me see." in talk.relay.text(r) for r in talk.relay.audio))
        talk.play_all()
        await talk.relay.until(lambda: any("sunny" in talk.relay.text(r) for r in talk.relay.audio))
        await talk.relay.next(ResponseDone, response=list(talk.relay.audio)[-1])
    messages = script.questions[-1].messages
    assert [m.role for m in messages] == ["user", "assistant", "tool"]
    assert messages[1].tool_calls == (asked,)
    assert messages[2].content == "sunny"
    assert not messages[2].is_error
    assert script.questions[0].tools == (WEATHER,)


async def test_calls_have_ids_of_their_own() -> None:
    """Not every vendor's are unique within a conversation."""
    tool = Tool("look", "Looks", {"type": "object", "properties": {}})
    call = ToolCall("call_0", "look", "{}")
    script = Script("acme", llm=[says(call), says(call), says("Done.")])
    async with talking(context_of(script), tools=(tool,)) as talk:
        talk.say()
        for _ in range(2):
            request = await talk.relay.next(ToolRequested)
            talk.conversation.on_command(AnswerTool(request.call_id, "nothing"))
        await talk.relay.until(lambda: "Done." in [talk.relay.text(response) for response in talk.relay.audio])
    ids = [request.call_id for request in talk.relay.all(ToolRequested)]
    assert ids[0] == "call_0"
    assert ids[1] != "call_0"
    assert [m.tool_call_id for m in script.questions[-1].messages if m.role == "tool"] == ids


async def test_the_model_hears_of_a_tool_that_failed() -> None:
    script = Script("acme", llm=[says(CALL), says("Sorry.")])
    async with talking(context_of(script), tools=(WEATHER,)) as talk:
        talk.say()
        request = await talk.relay.next(ToolRequested)
        await talk.relay.next(ResponseDone, response=request.response)
        talk.conversation.on_command(AnswerTool(request.call_id, "no network", failed=True))
        assert await talk.answer() == "Sorry."
    assert script.questions[-1].messages[-1].is_error
    assert script.questions[-1].messages[-1].content == "no network"


async def test_speaking_before_the_tool_has_answered() -> None:
    # The model is asked twice: what it thinks up before the tool is given up was another question.
    answers = [says(CALL), says("I do."), says("I do."), says("Sunny.")]
    script = Script("acme", stt=[hears("weather"), hears("hurry")], llm=answers)
    async with talking(context_of(script), tools=(WEATHER,)) as talk:
        talk.say()
        request = await talk.relay.next(ToolRequested)
        talk.say()
        assert await talk.answer() == "I do."
        assert script.questions[-1].messages[-2].is_error, "no result yet"
        talk.conversation.on_command(AnswerTool(request.call_id, "sunny"))
        assert await talk.answer() == "Sunny.", "late, but it is said"
    messages = script.questions[-1].messages
    assert [(m.role, m.content) for m in messages[1:]] == [("assistant", "I do."), ("tool", "sunny")]
    assert not messages[-1].is_error


async def test_a_tools_answer_does_not_wait_until_the_words_before_it_are_heard() -> None:
    long = "Let me see what I can find out about that for you, it should not take very long at all."
    script = Script("acme", llm=[says(long, CALL), says("It is sunny.")])
    async with talking(context_of(script), tools=(WEATHER,)) as talk:
        talk.say()
        with talk.playing_nothing():
            request = await talk.relay.next(ToolRequested)
            await talk.relay.until(lambda: any(talk.relay.text(r) == long for r in talk.relay.audio))
            talk.conversation.on_command(AnswerTool(request.call_id, "sunny"))
            await talk.relay.until(lambda: any(talk.relay.text(r) == "It is sunny." for r in talk.relay.audio))


async def test_a_tool_call_of_another_engine_is_answered() -> None:
    script = Script("acme")
    history = (UserSaid("weather?"), ToolCalled("call_7", "get_weather", "{}"))
    async with talking(context_of(script), history=history, continue_answer=True, tools=(WEATHER,)) as talk:
        assert not script.questions
        talk.conversation.on_command(AnswerTool("call_7", "sunny"))
        assert await talk.answer() == "Good day."
    assert [m.role for m in script.questions[0].messages] == ["user", "assistant", "tool"]


async def test_closing_while_a_tool_is_awaited() -> None:
    script = Script("acme", llm=[says(CALL)])
    async with talking(context_of(script), tools=(WEATHER,)) as talk:
        talk.say()
        await talk.relay.next(ToolRequested)
