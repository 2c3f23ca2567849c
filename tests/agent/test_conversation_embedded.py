"""Real conversations: flite speaks to the agent, silero and pocketsphinx hear it, the rules answer, flite says it.

The user's sound is pushed faster than it was spoken; what the agent says takes its time, unless the client says that it
has played it.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, NoReturn

import numpy as np
import pytest

from speko.agent.context import AgentContext, TurnOptions
from speko.agent.conversation import warm_up
from speko.audio import Resampler
from speko.bench.error_rate import word_error_rate
from speko.providers.call import Credential
from speko.providers.catalogue import Modality
from speko.providers.llm import Tool
from speko.providers.registry import Connectors, Registry, Runtime
from speko.providers.s2s import (
    AnswerTool,
    EngineProblem,
    Interrupted,
    PlayedSoFar,
    ResponseDone,
    ResponseStarted,
    SpeechStarted,
    ToolRequested,
)
from speko.providers.stt import SttRequest
from speko.routing.attempts import Candidate
from speko.routing.health import Health
from tests.agent.relays import Talk, talking
from tests.agent.vendors import RATE, books_of
from tests.providers.embedded.spoken import RATE as FLITE_RATE
from tests.providers.embedded.spoken import a_call, collected, needs_flite, recording, spoken
from tests.routing.chains import Books

pytestmark = needs_flite
QUIET = bytes(RATE)
"""Half a second."""
WEATHER = Tool(
    "get_weather",
    "The weather in a city",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)


def question(text: str) -> bytes:
    """Somebody says it, with some silence around it."""
    resampler = Resampler(FLITE_RATE, RATE)
    pcm = spoken(text, "rms")
    return QUIET + resampler.push(pcm) + resampler.flush() + QUIET


@pytest.fixture
async def context() -> AsyncIterator[AgentContext]:
    """The embedded engines. `talking` closes the runtime."""
    pytest.importorskip("pocketsphinx")
    registry, runtime = Registry.load(), Runtime(stt_workers=2, agent_processes=0)
    warm_up()
    start = registry.vendors["pocketsphinx"].start
    assert start is not None
    await start(runtime)

    def chain(modality: Modality, provider: str, model: str) -> tuple[Candidate, ...]:
        spec = registry.model(provider, modality, model)
        return (Candidate(modality, provider, model, model, Credential(), "platform", spec=spec, embedded=True),)

    yield AgentContext(
        organization_id="org_1",
        session_id="ses_1",
        request_id="req_1",
        language="en",
        optimize_for="balanced",
        candidates={
            "stt": chain("stt", "pocketsphinx", "en-us"),
            "llm": chain("llm", "speko", "rules"),
            "tts": chain("tts", "flite", "flite"),
        },
        connectors=Connectors(registry, runtime),
        health=Health(),
        ledger=Books(),
        turns=TurnOptions(false_interruption_after=0.3),
    )
    await runtime.close()


async def understood(context: AgentContext, pcm: bytes) -> str:
    """What the recogniser makes of sound at the session's rate."""
    connector = context.connectors.stt("pocketsphinx")
    batches = connector.transcribe(SttRequest("en-us", "en"), recording(pcm, RATE), a_call())
    return " ".join(found.text for found in await collected(batches) if found.is_final)


def last_audio(talk: Talk) -> bytes:
    return list(talk.relay.audio.values())[-1]


async def test_a_conversation(context: AgentContext, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two turns, a tool call, and an interruption; nothing of it leaves the machine."""

    def outside(*_: Any, **__: Any) -> NoReturn:
        raise AssertionError("something calls the network")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", outside)
    monkeypatch.setattr(socket, "getaddrinfo", outside)
    async with talking(context, tools=(WEATHER,)) as talk:
        talk.hear(question("What is two plus three?"))
        assert "5" in await talk.answer()
        heard = await understood(context, QUIET + last_audio(talk) + QUIET)
        assert word_error_rate([("two plus three is five", heard)]).percent <= 40
        talk.play_all()

        talk.hear(question("What is the weather in Rome?"))
        asked = await talk.relay.next(ToolRequested)
        assert asked.name == "get_weather"
        talk.conversation.on_command(AnswerTool(asked.call_id, '{"temperature": 20}'))
        await talk.relay.next(ResponseStarted)
        await talk.relay.until(lambda: "20" in talk.relay.text(list(talk.relay.audio)[-1]))
        await talk.relay.next(ResponseDone)
        talk.play_all()

        with talk.playing_nothing():
            talk.hear(question("What can you do?"))
            long = (await talk.relay.next(ResponseStarted)).response
            await talk.relay.next(ResponseDone, response=long)
            talk.conversation.on_command(PlayedSoFar(1000))
            talk.hear(question("What is two plus three?"))
            interrupted = await talk.relay.next(Interrupted, response=long)
        assert interrupted.heard_text is not None
        assert len(interrupted.heard_text) < len(talk.relay.text(long)) / 2
        assert "5" in await talk.answer()
        assert not talk.relay.all(EngineProblem)
    assert {row.outcome for row in books_of(context).attempts} == {"served"}


@pytest.mark.parametrize("loudness", [300, 3000])
async def test_noise_is_no_speech(context: AgentContext, loudness: int) -> None:
    hiss = np.random.default_rng(1).normal(0, loudness, RATE * 4).clip(-32768, 32767).astype("<i2").tobytes()
    async with talking(context) as talk:
        talk.hear(hiss)
        talk.hear(question("What time is it?"))
        assert await talk.answer()
        assert len(talk.relay.all(SpeechStarted)) == 1


async def test_the_bundled_detector_of_turns(context: AgentContext) -> None:
    async with talking(replace(context, turns=TurnOptions(detection="model"))) as talk:
        talk.hear(question("What is two plus three?"))
        assert "5" in await talk.answer()
