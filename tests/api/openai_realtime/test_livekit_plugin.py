"""LiveKit's openai plugin, unmodified, holds turns through the door."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from livekit import rtc
from livekit.agents import Agent, AgentSession, function_tool, llm
from livekit.plugins import openai

from tests.api.openai_realtime.talking import LOUD, PINNED, QUIET, RATE
from tests.api.openai_realtime.test_conversation import CALLING
from tests.api.running import Running
from tests.faults.show import ANSWER, stage


def frame(pcm: bytes) -> rtc.AudioFrame:
    return rtc.AudioFrame(pcm, RATE, 1, len(pcm) // 2)


@asynccontextmanager
async def model_of(gateway: Running) -> AsyncIterator[openai.realtime.RealtimeModel]:
    model = openai.realtime.RealtimeModel(model=PINNED, base_url=f"{gateway.url}/v1", api_key=gateway.key)
    try:
        yield model
    finally:
        await model.aclose()


async def sound_and_words(generation: llm.GenerationCreatedEvent) -> tuple[int, str]:
    """Samples and text of everything that is said in a response."""
    samples, words = 0, ""
    async for message in generation.message_stream:
        async for piece in message.text_stream:
            words += piece
        async for heard in message.audio_stream:
            samples += heard.samples_per_channel
    return samples, words


async def test_its_session_speaks_hears_and_is_interrupted(tmp_path: Path) -> None:
    async with stage(tmp_path) as show, model_of(show.gateway) as model, asyncio.timeout(40):
        session = model.session()
        errors: list[Any] = []
        heard: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        made: asyncio.Queue[llm.GenerationCreatedEvent] = asyncio.Queue()
        session.on("error", errors.append)
        session.on("generation_created", made.put_nowait)
        session.on(
            "input_audio_transcription_completed",
            lambda said: heard.set_result(said.transcript) if said.is_final and not heard.done() else None,
        )
        await session.update_instructions("Be brief.")
        history = llm.ChatContext.empty()
        history.add_message(role="user", content="My name is Anna.")
        await session.update_chat_ctx(history)

        generation = await session.generate_reply(instructions="Greet the user.")
        assert generation.user_initiated
        samples, words = await sound_and_words(generation)
        assert words == ANSWER
        assert samples > RATE
        await made.get()

        for _ in range(20):
            session.push_audio(frame(LOUD))
        for _ in range(40):
            session.push_audio(frame(QUIET))
        spoken = await made.get()
        assert (await sound_and_words(spoken))[1] == ANSWER
        assert await heard == "what do you say"
        await session.aclose()
        assert not errors


class Weather(Agent):
    """Knows the weather."""

    def __init__(self) -> None:
        super().__init__(instructions="You tell the weather.")
        self.asked: list[str] = []

    @function_tool
    async def get_weather(self, city: str) -> str:
        """The weather in a city now."""
        self.asked.append(city)
        return "21 degrees"


@pytest.mark.parametrize("greets", [False, True])
async def test_an_agent_session_answers_and_runs_its_tools(tmp_path: Path, greets: bool) -> None:
    async with stage(tmp_path, CALLING) as show, model_of(show.gateway) as model, asyncio.timeout(40):
        agent, session = Weather(), AgentSession[None](llm=model)
        said: list[str] = []
        finished = asyncio.Event()

        def remember(event: Any) -> None:
            if event.item.type == "message" and event.item.role == "assistant":
                said.append(event.item.text_content or "")
                if ANSWER in said[-1]:
                    finished.set()

        errors: list[Any] = []
        session.on("conversation_item_added", remember)
        session.on("error", errors.append)
        await session.start(agent, record=False)
        if greets:
            session.generate_reply(instructions="Greet the user, and tell the weather in Paris.")
        else:
            session.generate_reply(user_input="What is the weather in Paris?")
        await finished.wait()
        assert agent.asked == ["Paris"]
        await session.aclose()
        assert not errors
        [seen] = show.vendors["openai"].realtime.sessions
        assert [output.output for output in seen.tool_outputs] == ["21 degrees"]


async def test_its_session_takes_other_instructions_and_tools(tmp_path: Path) -> None:
    async with stage(tmp_path) as show, model_of(show.gateway) as model, asyncio.timeout(40):
        session = model.session()
        errors: list[Any] = []
        session.on("error", errors.append)
        await session.update_instructions("Be brief.")
        await sound_and_words(await session.generate_reply())
        await session.update_instructions("Be long.")
        await session.update_tools(list(llm.ToolContext(Weather().tools).flatten()))
        await sound_and_words(await session.generate_reply())
        session.update_options(tool_choice="none")
        await sound_and_words(await session.generate_reply())
        await session.aclose()
        assert not errors
        [seen] = show.vendors["openai"].realtime.sessions
        assert [(made.session_instructions, made.tools) for made in seen.responses] == [
            *(("Be brief.", []), ("Be long.", ["get_weather"]), ("Be long.", []))
        ]


class Reception(Agent):
    """Hands the user over to whoever knows the weather."""

    def __init__(self, weather: Agent) -> None:
        super().__init__(instructions="You hand over.")
        self.weather = weather

    @function_tool
    async def get_weather(self, city: str) -> Agent:
        """Hands over to whoever knows the weather."""
        return self.weather

    @function_tool
    async def take_message(self, message: str) -> str:
        """Writes a message down."""
        return "Written down."


class Welcoming(Weather):
    """Speaks as soon as it is there."""

    async def on_enter(self) -> None:
        self.session.generate_reply()


async def test_one_agent_hands_over_to_another(tmp_path: Path) -> None:
    async with stage(tmp_path, CALLING) as show, model_of(show.gateway) as model, asyncio.timeout(40):
        weather, session = Welcoming(), AgentSession[None](llm=model)
        errors: list[Any] = []
        finished = asyncio.Event()

        def remember(event: Any) -> None:
            if event.item.type == "message" and ANSWER in (event.item.text_content or ""):
                finished.set()

        session.on("conversation_item_added", remember)
        session.on("error", errors.append)
        await session.start(Reception(weather), record=False)
        session.generate_reply(user_input="What is the weather in Paris?")
        await finished.wait()
        assert weather.asked == ["Paris"]
        await session.aclose()
        assert not errors
        [seen] = show.vendors["openai"].realtime.sessions
        told = [(made.session_instructions, made.tools) for made in seen.responses]
        after = ("You tell the weather.", ["get_weather"])
        assert told == [("You hand over.", ["get_weather", "take_message"]), after, after]
        assert [output.output for output in seen.tool_outputs] == ["21 degrees"]
