"""What is answered in a session: tools, engines, scripts, and answers that another session has begun."""

from speko.providers.llm import TextDelta, ToolCall
from speko.providers.stt import Transcript
from speko.simulators import RealtimeScript, Script, ScriptedToolCall
from tests.simulators.openai.engines import FAILURE, Fakes
from tests.simulators.openai.realtime.talk import (
    AT_ONCE,
    MANUAL,
    WORDS,
    ordered,
    talking,
)

TOOL = {"type": "function", "name": "weather", "description": "d", "parameters": {"type": "object"}}


async def test_a_tool_is_called_and_its_result_answered() -> None:
    arguments = '{"city": "Oslo", "unit": "celsius"}'
    script = Script(text="It rains.", tool_calls=(ScriptedToolCall("weather", arguments),), realtime=AT_ONCE)
    async with talking(script, session={**MANUAL, "tools": [TOOL], "tool_choice": "auto"}) as (talk, seen):
        await talk.write("weather in Oslo?")
        (call,) = (await talk.answer())["output"]
        assert (call["type"], call["name"], call["arguments"]) == ("function_call", "weather", arguments)
        deltas = [event["delta"] for event in talk.of("response.function_call_arguments.delta")]
        assert len(deltas) > 1
        assert "".join(deltas) == arguments
        assert ordered(
            talk.types(),
            ["response.function_call_arguments.done", "conversation.item.done", "response.output_item.done"],
        )
        output = {"type": "function_call_output", "call_id": call["call_id"], "output": "rain"}
        await talk.send("conversation.item.create", item=output)
        await talk.answer()
        assert talk.text() == "It rains."
        await talk.send("conversation.item.create", item={**output, "call_id": "call_nobody"})
        assert (await talk.error())["code"] == "invalid_tool_call_id"
    assert [(row.call_id, row.output) for row in seen.tool_outputs] == [(call["call_id"], "rain")]
    assert seen.responses[0].calls == ["weather"]


async def test_tools_of_a_single_response() -> None:
    script = Script(text="No.", tool_calls=(ScriptedToolCall("weather"),), realtime=AT_ONCE)
    async with talking(script, session={**MANUAL, "tools": [TOOL]}) as (talk, _):
        await talk.write("hello")
        assert (await talk.answer(tools=[]))["output"][0]["type"] == "message"
        await talk.write("hello")
        assert (await talk.answer(tool_choice="none"))["output"][0]["type"] == "message"
        choice = {"type": "function", "name": "weather"}
        await talk.write("hello")
        assert (await talk.answer(tool_choice=choice))["output"][0]["type"] == "function_call"


async def test_the_engine_sees_the_conversation() -> None:
    fakes = Fakes()
    fakes.stt_events = [Transcript("what about Oslo", True)]
    async with talking(Script(realtime=AT_ONCE), engines=fakes.engines, session={**MANUAL, "tools": [TOOL]}) as (
        talk,
        _,
    ):
        await talk.write("be kind", "system")
        await talk.write("hello")
        await talk.write("hi", "assistant")
        await talk.speak()
        await talk.until("response.done")
        fakes.llm_events = [ToolCall("call_1", "weather", "{}")]
        await talk.write("and the weather?")
        await talk.answer()
        output = {"type": "function_call_output", "call_id": "call_1", "output": "rain"}
        await talk.send("conversation.item.create", item=output)
        await talk.answer(instructions="Sing.", tool_choice={"type": "function", "name": "weather"})
    last = next(request for request in reversed(fakes.requests) if hasattr(request, "messages"))
    assert [(message.role, message.content) for message in last.messages] == [
        ("system", "Sing."),
        ("system", "be kind"),
        ("user", "hello"),
        ("assistant", "hi"),
        ("user", "what about Oslo"),
        ("assistant", "I think"),
        ("user", "and the weather?"),
        ("assistant", ""),
        ("tool", "rain"),
    ]
    assert last.messages[-2].tool_calls == (ToolCall("call_1", "weather", "{}"),)
    assert last.tool_choice.function.name == "weather"
    assert [tool.name for tool in last.tools] == ["weather"]


async def test_an_update_counts_from_the_next_response_on() -> None:
    tools = [{"type": "function", "name": "weather"}]
    async with talking(Script(realtime=AT_ONCE)) as (talk, seen):
        for update in ({"instructions": "Sing."}, {"tools": tools}, {"tool_choice": "none"}, {"instructions": ""}):
            await talk.send("session.update", session={"type": "realtime", **update})
            await talk.until("session.updated")
            await talk.write("hello")
            await talk.answer()
    assert [(response.session_instructions, response.tools) for response in seen.responses] == [
        *(("Sing.", []), ("Sing.", ["weather"]), ("Sing.", []), ("", []))
    ]


async def test_an_engine_that_fails_fails_the_response() -> None:
    fakes = Fakes()
    fakes.llm_events = [FAILURE]
    async with talking(Script(realtime=AT_ONCE), engines=fakes.engines) as (talk, _):
        await talk.write("hello")
        response = await talk.answer()
        assert response["status"] == "failed"
        assert response["status_details"]["error"]["type"] == "server_error"
        fakes.llm_events, fakes.stt_events = [TextDelta("What?")], [FAILURE]
        for _ in range(2):
            # What was not heard is no reason to say nothing, now or later.
            await talk.speak()
            assert (await talk.until("response.done"))["response"]["status"] == "completed"
        assert len(talk.of("conversation.item.input_audio_transcription.failed")) == 2


async def test_answers_and_transcripts_in_turn() -> None:
    realtime = RealtimeScript(answers=("first", "second"), transcripts=("a", "b"), pace=0)
    async with talking(Script(realtime=realtime)) as (talk, seen):
        for _ in range(3):
            await talk.speak()
            await talk.until("response.done")
    assert [response.text for response in seen.responses] == ["first", "second", "first"]
    assert list(seen.heard) == ["a", "b", "a"]


async def test_another_session_goes_on_with_an_answer() -> None:
    """What failover does: the conversation is told to a second simulator."""
    async with talking() as (talk, _):
        await talk.write("count")
        await talk.write("One, two,", "assistant")
        await talk.write("three", "assistant")
        answer = await talk.answer(instructions="Go on with your last answer where it stopped.")
        assert answer["output"][0]["content"][0]["transcript"] == WORDS.removeprefix("one two three ")
        assert (await talk.answer())["output"] == []
        await talk.write("again")
        await talk.write("something else", "assistant")
        assert (await talk.answer())["output"][0]["content"][0]["transcript"] == WORDS
