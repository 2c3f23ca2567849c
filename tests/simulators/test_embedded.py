"""The simulator thinks, speaks and hears with the engines of this package, through the `openai` client."""

from typing import Any

import pytest
from openai import AsyncOpenAI

from speko.audio import wav_header
from speko.providers.registry import Registry
from speko.simulators import OpenAISimulator

RATE = 24_000
SENTENCE = "the quick brown fox jumps over the lazy dog"


def need(vendor: str) -> None:
    """Skips where the program of an engine is not installed."""
    missing = Registry.load().vendors[vendor].missing()
    if missing is not None:
        pytest.skip(missing)


async def test_it_does_arithmetic() -> None:
    async with OpenAISimulator() as simulator, AsyncOpenAI(base_url=simulator.base_url, api_key="k") as openai:
        question: Any = {"role": "user", "content": "What is 12 times 12?"}
        stream = await openai.chat.completions.create(model="m", messages=[question], stream=True)
        said = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])
    assert "144" in said


async def test_it_hears_what_it_speaks() -> None:
    need("flite")
    need("pocketsphinx")
    async with OpenAISimulator() as simulator, AsyncOpenAI(base_url=simulator.base_url, api_key="k") as openai:
        speech = await openai.audio.speech.create(model="tts-1", voice="alloy", input=SENTENCE, response_format="pcm")
        pcm = speech.content
        assert 0.5 < len(pcm) / 2 / RATE < 10
        file = ("speech.wav", wav_header(RATE, len(pcm)) + pcm)
        heard = await openai.audio.transcriptions.create(model="gpt-4o-mini-transcribe", file=file)
    words = set(heard.text.lower().split())
    assert len(words & set(SENTENCE.split())) >= 6


async def test_its_voice_has_a_sound_for_every_text() -> None:
    need("flite")
    async with OpenAISimulator() as simulator, AsyncOpenAI(base_url=simulator.base_url, api_key="k") as openai:
        for text in ("\0", "Hello\0there", "你好", "?!"):
            speech = await openai.audio.speech.create(model="m", voice="alloy", input=text, response_format="pcm")
            assert len(speech.content) / 2 / RATE >= 0.06 * len(text), repr(text)
