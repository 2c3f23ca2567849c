"""LiveKit's openai plugin, unchanged, against the gateway's embedded engines and scripted vendors."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import openai
import pytest
from livekit import rtc
from livekit.agents import APIConnectOptions, APIError, APIStatusError, llm
from livekit.plugins import openai as plugin

from speko.providers.errors import ConnectFailed, ConnectionLost
from speko.providers.llm import TextDelta, ToolCall
from tests.api.openai.doors import doors
from tests.api.running import NO_TLS, Running, running
from tests.api.vendors import Scripted

ONCE = APIConnectOptions(max_retry=0, timeout=20)


@llm.function_tool
async def get_weather(city: str) -> str:
    """The weather in a city.

    Args:
        city: its name
    """
    return f"sunny in {city}"


def client_of(gateway: Running) -> openai.AsyncOpenAI:
    http = openai.DefaultAsyncHttpxClient(trust_env=False, verify=NO_TLS, timeout=30)
    return openai.AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key=gateway.key, max_retries=0, http_client=http)


@asynccontextmanager
async def scripted(data: Path, *scripts: Scripted) -> AsyncIterator[openai.AsyncOpenAI]:
    async with doors(data, *scripts) as (client, _):
        yield client


def asked(text: str) -> llm.ChatContext:
    context = llm.ChatContext.empty()
    context.add_message(role="system", content="Be brief.")
    context.add_message(role="user", content=text)
    return context


async def spoken(speaker: plugin.TTS, text: str) -> rtc.AudioFrame:
    async with speaker.synthesize(text, conn_options=ONCE) as stream:
        return await stream.collect()


async def test_its_language_model(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    async with scripted(tmp_path, alpha) as client:
        model = plugin.LLM(model="auto:latency", client=client, temperature=0.5)
        async with model.chat(chat_ctx=asked("hi"), tools=[get_weather], conn_options=ONCE) as stream:
            chunks = [chunk async for chunk in stream]
        assert "".join(c.delta.content or "" for c in chunks if c.delta) == "hello from alpha"
        (usage,) = [c.usage for c in chunks if c.usage]
        assert (usage.prompt_tokens, usage.completion_tokens) == (10, 5)
        (request,) = alpha.requests
        assert [m.role for m in request.messages] == ["system", "user"]
        assert request.tools[0].name == "get_weather"
        assert request.temperature == 0.5


async def test_its_tool_calls(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    alpha.llm = [[ToolCall("call_1", "get_weather", '{"city":"Rome"}')]]
    async with scripted(tmp_path, alpha) as client:
        model = plugin.LLM(model="brain", client=client)
        context = asked("weather in Rome")
        async with model.chat(chat_ctx=context, tools=[get_weather], conn_options=ONCE) as stream:
            calls = [call async for chunk in stream if chunk.delta for call in chunk.delta.tool_calls]
        assert [(c.call_id, c.name, c.arguments) for c in calls] == [("call_1", "get_weather", '{"city":"Rome"}')]
        context.insert(llm.FunctionCall(call_id="call_1", name="get_weather", arguments='{"city":"Rome"}'))
        context.insert(
            llm.FunctionCallOutput(call_id="call_1", name="get_weather", output="sunny in Rome", is_error=False)
        )
        alpha.llm = [[TextDelta("It is sunny.")]]
        async with model.chat(chat_ctx=context, tools=[get_weather], conn_options=ONCE) as stream:
            said = [chunk.delta.content async for chunk in stream if chunk.delta and chunk.delta.content]
        assert said == ["It is sunny."]
        assert [(m.role, m.content) for m in alpha.requests[-1].messages[-2:]] == [
            ("assistant", ""),
            ("tool", "sunny in Rome"),
        ]


async def test_its_model_gets_a_runner_up_and_hears_of_a_break(tmp_path: Path) -> None:
    alpha, beta = Scripted("alpha"), Scripted("beta")
    async with scripted(tmp_path, alpha, beta) as client:
        model = plugin.LLM(model="auto", client=client)
        alpha.llm = [ConnectFailed("refused")]
        async with model.chat(chat_ctx=asked("hi"), conn_options=ONCE) as stream:
            assert "".join([c.delta.content or "" async for c in stream if c.delta]) == "hello from beta"
        alpha.llm = beta.llm = [[TextDelta("half")], ConnectionLost("cut")]
        async with model.chat(chat_ctx=asked("hi"), conn_options=ONCE) as stream:
            with pytest.raises(APIError):
                _ = [chunk async for chunk in stream]
        unknown = plugin.LLM(model="gpt-nobody-has", client=client)
        async with unknown.chat(chat_ctx=asked("hi"), conn_options=ONCE) as stream:
            with pytest.raises(APIStatusError) as caught:
                _ = [chunk async for chunk in stream]
        assert caught.value.status_code == 404


@pytest.mark.parametrize("options", [{}, {"response_format": "pcm"}, {"response_format": "wav"}], ids=str)
async def test_its_voice_and_its_recogniser_with_embedded_engines(tmp_path: Path, options: dict[str, Any]) -> None:
    async with running(tmp_path, embedded="always", stt_workers=1) as gateway, client_of(gateway) as client:
        speaker = plugin.TTS(client=client, model="auto", **options)
        frame = await spoken(speaker, "hello")
        assert frame.sample_rate == 24000
        assert 0.2 < frame.duration < 3
        ears = plugin.STT(model="auto", client=client, language="en")
        heard = await ears.recognize(frame, conn_options=ONCE)
        assert heard.alternatives[0].text, "the engine hears something; which words is its own affair"


async def test_its_recogniser(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    async with scripted(tmp_path, alpha) as client:
        ears = plugin.STT(model="auto", client=client, language="de", prompt="Zürich")
        frame = rtc.AudioFrame(bytes(16000), 16000, 1, 8000)
        heard = await ears.recognize(frame, conn_options=ONCE)
        assert heard.alternatives[0].text == "hello alpha"
        assert (alpha.requests[0].language, alpha.requests[0].keywords) == ("de", ("Zürich",))
