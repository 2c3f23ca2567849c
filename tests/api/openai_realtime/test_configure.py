"""A client wants other instructions and tools in the middle of a session: the next response is made with them."""

from pathlib import Path
from typing import Any

from speko.simulators.faults import Fault, FaultKind, Stage
from tests.api.openai_realtime.talking import talking
from tests.api.openai_realtime.test_conversation import CALLING, SLOWLY, TOOL
from tests.api.openai_realtime.test_faults import routed, spoil_first
from tests.faults.show import ANSWER, stage

OTHER: Any = {**TOOL, "name": "get-time"}


async def test_instructions_and_tools_count_from_the_next_response_on(tmp_path: Path) -> None:
    async with stage(tmp_path, CALLING) as show, talking(show.gateway) as talk:
        await talk.configure(instructions="Be brief.")
        await talk.ask("Hello?")
        await talk.configure(instructions="Be long.", tools=[TOOL])
        shown = talk.of("session.updated")[-1]["session"]
        assert (shown["instructions"], [tool["name"] for tool in shown["tools"]]) == ("Be long.", ["get_weather"])
        done = await talk.ask("What is the weather?", 2)
        [call] = [item for item in done["output"] if item["type"] == "function_call"]
        await talk.configure(tool_choice="none")
        output: Any = {"type": "function_call_output", "call_id": call["call_id"], "output": "21 degrees"}
        await talk.api.conversation.item.create(item=output)
        await talk.api.response.create()
        assert (await talk.ended(3))["status"] == "completed"
        await talk.configure(instructions="", tools=[], tool_choice="auto")
        await talk.ask("And now?", 4)
        assert not talk.of("error")
        [session] = show.vendors["openai"].realtime.sessions
        assert [(made.session_instructions, made.tools) for made in session.responses] == [
            *(("Be brief.", []), ("Be long.", ["get_weather"]), ("Be long.", []), ("", []))
        ]


async def test_a_response_in_the_middle_is_not_disturbed(tmp_path: Path) -> None:
    async with stage(tmp_path, SLOWLY) as show, talking(show.gateway) as talk:
        await talk.configure(instructions="Be brief.")
        await talk.write("Hello?")
        await talk.api.response.create()
        await talk.until(lambda: len(talk.pcm) > 10_000)
        await talk.configure(instructions="Be long.")
        assert (await talk.ended())["status"] == "completed"
        assert talk.words == ANSWER
        await talk.ask("And now?", 2)
        [session] = show.vendors["openai"].realtime.sessions
        assert [made.session_instructions for made in session.responses] == ["Be brief.", "Be long."]


async def test_what_changes_at_once_after_the_first_question_is_not_lost(tmp_path: Path) -> None:
    """The engine is being connected by then."""
    async with stage(tmp_path) as show, talking(show.gateway) as talk:
        await talk.write("Hello?")
        await talk.api.response.create()
        await talk.configure(instructions="Be long.")
        await talk.ended()
        await talk.ask("And now?", 2)
        assert not talk.of("error")
        [session] = show.vendors["openai"].realtime.sessions
        assert session.responses[-1].session_instructions == "Be long."


async def test_another_engine_gets_the_newest(tmp_path: Path) -> None:
    async with stage(tmp_path) as show:
        await spoil_first(show, Fault(kind=FaultKind.CUT, at=Stage.RESPONSE, turn=2, times=1))
        async with routed(show) as talk:
            await talk.configure(instructions="Be brief.", tools=[TOOL])
            await talk.ask("Hello?")
            await talk.configure(instructions="Be long.", tools=[TOOL, OTHER])
            assert (await talk.ask("And now?", 2))["status"] == "completed"
            assert not talk.of("error")
        sessions = [session for vendor in show.vendors.values() for session in vendor.realtime.sessions]
        assert len(sessions) == 2, "it was connected again"
        spoken = [made for session in sessions for made in session.responses if made.status == "completed"]
        assert [(made.session_instructions, made.tools) for made in spoken] == [
            *(("Be brief.", ["get_weather"]), ("Be long.", ["get_weather", "get-time"]))
        ]
