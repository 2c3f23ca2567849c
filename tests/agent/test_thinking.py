"""The model's answer: failover before and in the middle of it."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import pytest

from speko.agent.context import AgentContext
from speko.agent.thinking import Failed, Prompt, Thinking
from speko.providers.call import Call
from speko.providers.errors import CallerError, ConnectionLost
from speko.providers.llm import ChatMessage, LlmEvent, LlmRequest, TextDelta, Tool, ToolCall
from speko.providers.s2s import CascadeOptions, EngineProblem, S2sRequest, TurnStage
from tests.agent.relays import Relay
from tests.agent.vendors import RATE, Script, books_of, context_of, says

QUESTION = Prompt("Be brief.", (ChatMessage("user", "count"),))
CALL = ToolCall("c1", "look", "{}")
GONE = ConnectionLost("gone")


def mind(context: AgentContext, relay: Relay | None = None, **options: Any) -> Thinking:
    request = S2sRequest(model="cascade", input_rate=RATE, output_rate=RATE, **options)
    return Thinking(request, context, (relay or Relay()).send)


async def answer(thinking: Thinking, prompt: Prompt = QUESTION) -> tuple[str, list[ToolCall]]:
    events = [event async for event in thinking.answer(prompt)]
    return (
        "".join(event.text for event in events if isinstance(event, TextDelta)),
        [event for event in events if isinstance(event, ToolCall)],
    )


async def test_the_answer_is_the_models() -> None:
    script = Script("acme", llm=[says("One, ", "two.", CALL)])
    context = context_of(script)
    assert await answer(mind(context)) == ("One, two.", [CALL])
    assert books_of(context).story == [("acme", "served", None)]
    assert books_of(context).usages[0].metric == "llm_tokens"


async def test_the_first_token_is_told_when_the_answer_is_used() -> None:
    relay = Relay()
    thinking = mind(context_of(Script("acme")), relay)
    thinking.tell_stage()
    await answer(thinking)
    assert not relay.events
    thinking.tell_stage()
    thinking.tell_stage()
    (stage,) = relay.all(TurnStage)
    assert (stage.stage, stage.provider, stage.model) == ("llm_first_token", "acme", "brain")


async def test_options_reach_the_model() -> None:
    script = Script("acme")
    tool = Tool("look", "Looks", {})
    prompt = Prompt(None, QUESTION.messages, (tool,), may_call=False)
    await answer(mind(context_of(script), temperature=0.9, cascade=CascadeOptions(max_tokens=7)), prompt)
    await answer(mind(context_of(script), temperature=0.9, cascade=CascadeOptions(temperature=0.1)))
    first, second = script.questions
    assert (first.temperature, first.max_tokens, first.tool_choice, first.tools) == (0.9, 7, "none", (tool,))
    assert (second.temperature, second.tool_choice, second.system_prompt) == (0.1, None, "Be brief.")


@pytest.mark.parametrize("second", ["One two three four.", " three four.", "ONE, two three four.", "three four."])
async def test_in_the_middle_the_next_one_goes_on(second: str) -> None:
    broken = Script("broken", llm=[says("One ", "two", GONE)])
    good = Script("good", llm=[says(*second)])
    relay, context = Relay(), context_of(broken, good)
    text, _ = await answer(mind(context, relay))
    assert text == "One two three four."
    assert not relay.all(EngineProblem)
    prompt = good.questions[0].system_prompt or ""
    assert prompt.startswith("Be brief.")
    assert "One two" in prompt
    assert good.questions[0].messages == QUESTION.messages
    assert books_of(context).story == [("broken", "failed", "connection_lost"), ("good", "served", None)]


async def test_when_nobody_can_go_on_what_was_said_stays_said() -> None:
    script = Script("acme", llm=[says("One ", GONE)])
    relay = Relay()
    heard = ""
    with pytest.raises(Failed):
        async for event in mind(context_of(script), relay).answer(QUESTION):
            assert isinstance(event, TextDelta)
            heard += event.text
    assert heard == "One "
    assert relay.all(EngineProblem)[0].message == "the language model failed (connection_lost)"


async def test_each_breaks_where_the_other_began() -> None:
    scripts = [
        Script(name, llm=[says(*said)])
        for name, said in (("a", ("One ", GONE)), ("b", ("two ", GONE)), ("c", ("three.",)))
    ]
    assert await answer(mind(context_of(*scripts))) == ("One two three.", [])


async def test_after_a_tool_call_the_answer_may_end_early() -> None:
    broken, good = Script("broken", llm=[says("Wait. ", CALL, GONE)]), Script("good")
    assert await answer(mind(context_of(broken, good))) == ("Wait. ", [CALL])
    assert not good.questions


async def test_a_refused_question_is_a_problem() -> None:
    relay = Relay()
    with pytest.raises(Failed):
        await answer(mind(context_of(Script("acme", llm=[says(CallerError("my words"))])), relay))
    assert relay.all(EngineProblem)[0].message == "the language model failed (acme: bad_request)"


async def test_an_answer_that_was_begun_elsewhere() -> None:
    script = Script("acme", llm=[says("One two three.")])
    assert await answer(mind(context_of(script)), QUESTION.going_on("One two")) == (" three.", [])


async def test_leaving_in_the_middle_cancels_the_call() -> None:
    begun = asyncio.Event()

    async def stalls(request: LlmRequest, call: Call) -> AsyncGenerator[Sequence[LlmEvent], None]:
        yield [TextDelta("One ")]
        begun.set()
        await asyncio.Event().wait()

    context = context_of(Script("acme", llm=[stalls]))
    answering = asyncio.ensure_future(answer(mind(context)))
    await begun.wait()
    answering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await answering
    assert books_of(context).story == [("acme", "cancelled", "caller_left")]
