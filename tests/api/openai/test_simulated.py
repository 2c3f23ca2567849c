"""Through a door and the connector of a real vendor to its simulator: bare names of the catalogue, options, ends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import openai
import pytest
from livekit.plugins import openai as plugin

from speko.settings import ProviderSettings
from speko.simulators import Engines, OpenAISimulator
from speko.simulators.script import Script, ScriptedUsage
from tests.api.openai.doors import wav
from tests.api.openai.test_livekit import client_of, spoken
from tests.api.running import running

HI: Any = [{"role": "user", "content": "hi"}]
SCRIPT = Script(
    text="one two three",
    transcript="hello there",
    audio_ms=500,
    usage=ScriptedUsage(prompt_tokens=9, completion_tokens=3, cached_tokens=4),
)


@asynccontextmanager
async def simulated(folder: Path) -> AsyncIterator[tuple[openai.AsyncOpenAI, OpenAISimulator]]:
    async with OpenAISimulator(script=SCRIPT, engines=Engines.none()) as vendor:
        providers = {"openai": ProviderSettings(api_key="sk-platform", base_url=vendor.base_url)}
        async with running(folder, providers=providers, embedded="never") as gateway, client_of(gateway) as client:
            yield client, vendor


async def test_a_name_of_the_catalogue_and_every_option(tmp_path: Path) -> None:
    async with simulated(tmp_path) as (client, vendor):
        answer = await client.chat.completions.create(
            model="gpt-4o",
            messages=HI,
            stop=["END"],
            top_p=0.5,
            seed=3,
            frequency_penalty=0.25,
            presence_penalty=-0.25,
            response_format={"type": "json_object"},
        )
        assert answer.choices[0].message.content == "one two three"
        assert answer.usage is not None
        assert answer.usage.prompt_tokens_details is not None
        assert (answer.usage.prompt_tokens, answer.usage.prompt_tokens_details.cached_tokens) == (9, 4)
        (seen,) = vendor.requests
        body = seen.json
        assert (body["model"], body["stop"], body["top_p"], body["seed"]) == ("gpt-4o", ["END"], 0.5, 3)
        assert (body["frequency_penalty"], body["presence_penalty"]) == (0.25, -0.25)
        assert body["response_format"] == {"type": "json_object"}


@pytest.mark.parametrize("stream", [True, False])
async def test_the_token_limit(tmp_path: Path, stream: bool) -> None:
    async with simulated(tmp_path) as (client, vendor):
        vendor.script = Script(text="one two three", finish_reason="length")
        if stream:
            chunks = await client.chat.completions.create(model="gpt-4o", messages=HI, max_tokens=3, stream=True)
            reasons = [choice.finish_reason async for chunk in chunks for choice in chunk.choices]
            assert reasons[-1] == "length"
        else:
            answer = await client.chat.completions.create(model="openai:gpt-4o", messages=HI, max_completion_tokens=3)
            assert answer.choices[0].finish_reason == "length"


async def test_the_models_that_existing_software_names(tmp_path: Path) -> None:
    async with simulated(tmp_path) as (client, vendor):
        names = [model.id async for model in client.models.list()]
        assert {"gpt-4o", "openai:gpt-4o", "whisper-1", "tts-1", "gpt-4o-mini-tts"} <= set(names)
        heard = await client.audio.transcriptions.create(model="whisper-1", file=("a.wav", wav()))
        assert heard.text == "hello there"
        sound = await client.audio.speech.create(model="gpt-4o-mini-tts", voice="ash", input="x", response_format="pcm")
        assert len(sound.content) == 500 * 24 * 2
        assert [request.operation for request in vendor.requests] == ["transcriptions", "speech"]


@pytest.mark.parametrize("model", ["tts-1", "gpt-4o-mini-tts"], ids=["bare sound", "events"])
async def test_livekits_voice(tmp_path: Path, model: str) -> None:
    async with simulated(tmp_path) as (client, _):
        frame = await spoken(plugin.TTS(client=client, model=model), "hello")
        assert 0.4 < frame.duration < 0.7


async def test_a_whole_gateway_has_no_model_of_another_kind(tmp_path: Path) -> None:
    async with simulated(tmp_path) as (client, vendor):
        with pytest.raises(openai.NotFoundError, match="no model 'tts-1'"):
            await client.chat.completions.create(model="tts-1", messages=HI)
        assert not vendor.requests
