"""Conversations whose client wants other instructions and tools in the middle."""

import asyncio

import pytest

from speko.providers.llm import Tool, ToolCall
from speko.providers.s2s import AnswerTool, Configure, ResponseDone, Say, ToolRequested
from tests.agent.relays import SILENCE, SPEECH, loudness, talking
from tests.agent.vendors import RATE, Script, context_of, embedded, hears, says

pytestmark = pytest.mark.usefixtures("loudness")
__all__ = ["loudness"]
LOOK, LISTEN = (Tool(name, f"{name}s", {"type": "object", "properties": {}}) for name in ("look", "listen"))
CALL = ToolCall("call_1", "look", "{}")


async def test_the_next_answer_is_made_with_them_and_the_history_is_kept() -> None:
    script = Script("acme", stt=[hears("one"), hears("two")], llm=[says("First."), says("Second."), says("Third.")])
    async with talking(context_of(script), system_prompt="Be brief.", tools=(LOOK,)) as talk:
        talk.say()
        assert await talk.answer() == "First."
        talk.play_all()
        talk.conversation.on_command(Configure("Be long.", (LISTEN,)))
        talk.say()
        assert await talk.answer() == "Second."
        talk.play_all()
        talk.conversation.on_command(Configure())
        talk.conversation.on_command(Say("three"))
        assert await talk.answer() == "Third."
    asked = [(question.system_prompt, question.tools) for question in script.questions]
    assert asked == [("Be brief.", (LOOK,)), ("Be long.", (LISTEN,)), (None, ())]
    assert [m.content for m in script.questions[-1].messages] == ["one", "First.", "two", "Second.", "three"]


async def test_a_conversation_that_had_none_gets_them() -> None:
    script = Script("acme", llm=[says(CALL), says("Sunny.")])
    async with talking(context_of(script)) as talk:
        talk.conversation.on_command(Configure("You see.", (LOOK,)))
        talk.conversation.on_command(Say("what do you see"))
        request = await talk.relay.next(ToolRequested, name="look")
        await talk.relay.next(ResponseDone, response=request.response)
        talk.conversation.on_command(AnswerTool(request.call_id, "the sun"))
        assert await talk.answer() == "Sunny."
    assert script.questions[0].system_prompt == "You see."


async def test_what_changes_while_a_tool_runs_counts_for_the_answer_to_its_result() -> None:
    """As when a client hands the conversation over to another agent: the tool is gone, its call is not."""
    script = Script("acme", llm=[says(CALL), says(ToolCall("call_2", "listen", "{}")), says("A bird.")])
    async with talking(context_of(script), system_prompt="You see.", tools=(LOOK,)) as talk:
        talk.conversation.on_command(Say("what is there"))
        request = await talk.relay.next(ToolRequested, name="look")
        await talk.relay.next(ResponseDone, response=request.response)
        talk.conversation.on_command(Configure("You hear.", (LISTEN,)))
        talk.conversation.on_command(AnswerTool(request.call_id, "nothing"))
        second = await talk.relay.next(ToolRequested, name="listen")
        await talk.relay.next(ResponseDone, response=second.response)
        talk.conversation.on_command(AnswerTool(second.call_id, "a song"))
        assert await talk.answer() == "A bird."
    asked = [(question.system_prompt, question.tools) for question in script.questions]
    assert asked == [("You see.", (LOOK,)), ("You hear.", (LISTEN,)), ("You hear.", (LISTEN,))]
    outputs = [message.content for message in script.questions[-1].messages if message.role == "tool"]
    assert outputs == ["nothing", "a song"]


@pytest.mark.parametrize("wanted", [Configure("Be long.", (LOOK,)), Configure("Be brief.", (LISTEN,))])
async def test_what_was_thought_ahead_with_the_former_ones_is_not_said(wanted: Configure) -> None:
    script = Script("acme", stt=[hears("how are you")], llm=[says("Former."), says("Latter.")])
    async with talking(embedded(context_of(script)), system_prompt="Be brief.", tools=(LOOK,)) as talk:
        talk.hear(SILENCE + SPEECH + bytes(RATE * 2 // 5))
        await talk.relay.until(lambda: len(script.texts) == 1)
        for _ in range(50):
            await asyncio.sleep(0)
        talk.conversation.on_command(wanted)
        talk.hear(SILENCE)
        assert await talk.answer() == "Latter."
    assert (script.questions[-1].system_prompt, script.questions[-1].tools) == (wanted.system_prompt, wanted.tools)


async def test_an_answer_in_the_middle_goes_on() -> None:
    script = Script("acme", llm=[says("One two three."), says("Other.")])
    async with talking(context_of(script)) as talk:
        talk.conversation.on_command(Say("count"))
        await talk.relay.until(lambda: any("One" in talk.relay.text(response) for response in talk.relay.audio))
        talk.conversation.on_command(Configure("Be long."))
        response = list(talk.relay.audio)[-1]
        await talk.relay.next(ResponseDone, response=response, status="completed")
        assert talk.relay.text(response) == "One two three."


async def test_a_client_that_changes_its_mind_for_ever_leaves_no_trace_of_it() -> None:
    async with talking(context_of(Script("acme")), system_prompt="Be brief.") as talk:
        sizes = []
        for number in range(20):
            talk.conversation.on_command(Configure(f"Be number {number}.", (LOOK,)))
            sizes.append(len(talk.conversation._agent.chat_ctx.items))
    assert sizes == [sizes[0]] * 20
