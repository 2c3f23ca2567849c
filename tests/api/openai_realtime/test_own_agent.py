"""The `openai` package talks with the gateway's own agent on embedded engines: no key, no vendor."""

from pathlib import Path
from typing import Any

from tests.api.openai_realtime.talking import QUIET, RATE, talking
from tests.api.openai_realtime.test_conversation import HEARING, TOOL
from tests.api.running import running
from tests.e2e.test_ten_turns import speech_of
from tests.providers.embedded.spoken import needs_flite


@needs_flite
async def test_it_hears_speaks_and_calls_a_tool(tmp_path: Path) -> None:
    async with running(tmp_path, agent_processes=1) as gateway, talking(gateway, "auto") as talk:
        await talk.configure(audio=HEARING, tools=[{**TOOL, "name": "get-weather"}])
        await talk.hear(await speech_of(gateway.client, "What is twelve times twelve?") + QUIET * 50)
        await talk.until(lambda: "144" in talk.words, 60)
        heard = await talk.first("conversation.item.input_audio_transcription.completed")
        assert "twelve" in heard["transcript"].lower()
        assert len(talk.pcm) > RATE // 2

        await talk.write("What is the weather in Paris?")
        await talk.api.response.create()
        call = await talk.first("response.function_call_arguments.done")
        assert call["name"] == "get-weather"
        await talk.until(lambda: talk.events[-1]["type"] == "response.done")
        output: Any = {"type": "function_call_output", "call_id": call["call_id"], "output": '{"temperature": 21}'}
        await talk.api.conversation.item.create(item=output)
        await talk.api.response.create()
        await talk.until(lambda: "21" in talk.words, 60)
        await talk.until(lambda: talk.events[-1]["type"] == "response.done")
        assert not talk.of("error")


@needs_flite
async def test_it_gets_other_tools_in_the_middle(tmp_path: Path) -> None:
    async with running(tmp_path, agent_processes=1) as gateway, talking(gateway, "auto") as talk:
        await talk.ask("What is the weather in Paris?")
        await talk.configure(instructions="You know the weather.", tools=[TOOL])
        done = await talk.ask("What is the weather in Paris?", 2)
        assert [item["name"] for item in done["output"] if item["type"] == "function_call"] == ["get_weather"]
        assert len(talk.of("response.function_call_arguments.done")) == 1
        assert not talk.of("error")
