"""Conversations in which something fails, and their ends."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from speko.agent.conversation import AgentConversation
from speko.providers.errors import ProviderUnavailable, Unsupported
from speko.providers.s2s import EngineProblem, ResponseDone, S2sRequest, Say, SpeechStarted
from tests.agent.relays import SPEECH, Loudness, Relay, loudness, talking
from tests.agent.vendors import RATE, Script, books_of, context_of, hears, says

pytestmark = pytest.mark.usefixtures("loudness")
__all__ = ["loudness"]


@pytest.mark.parametrize("stage", ["stt", "llm", "tts"])
async def test_a_vendor_that_fails_is_followed_by_the_next(stage: str) -> None:
    broken, good = Script("broken"), Script("good")
    setattr(broken, stage, [_fails])
    context = context_of(broken, good)
    async with talking(context) as talk:
        talk.say()
        assert await talk.answer() == "Good day."
        assert not talk.relay.all(EngineProblem)
    assert ("broken", "failed", "server_error") in books_of(context).story
    served = [row.provider for row in books_of(context).attempts if row.outcome == "served" and row.modality == stage]
    assert served == ["good"]


@pytest.mark.parametrize("stage", ["stt", "llm", "tts"])
async def test_when_all_fail_the_conversation_goes_on(stage: str) -> None:
    script = Script("acme")
    usual = getattr(script, stage)[0]
    setattr(script, stage, [_fails, usual])
    async with talking(context_of(script)) as talk:
        talk.say()
        problem = await talk.relay.next(EngineProblem)
        assert "acme: server_error" in problem.message
        if stage != "stt":
            await talk.relay.next(ResponseDone, status="failed")
        talk.say()
        assert await talk.answer() == "Good day."


async def test_closing_in_the_middle_of_everything() -> None:
    """Cancels what runs, books it, and leaves nothing behind; `talking` looks."""
    script = Script("acme", stt=[hears("hello"), _never], llm=[says("One two three."), _never])
    context = context_of(script)
    async with talking(context, tools=()) as talk:
        talk.say()
        await talk.answer()
        talk.play_all()
        talk.conversation.on_command(Say("more"))
        await talk.relay.until(lambda: len(script.questions) == 2)
        talk.hear(SPEECH)
        await talk.relay.next(SpeechStarted)
        await talk.relay.until(lambda: len(script.sounds) == 2)
        async with asyncio.timeout(5):
            await talk.conversation.close()
    assert books_of(context).story[-2:] == [("acme", "cancelled", "caller_left")] * 2


async def test_what_breaks_the_conversation_is_told_to_whoever_brings_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    """The relay fails over then, in place of talking to somebody deaf."""
    async with talking(context_of(Script("acme"))) as talk:
        talk.say()
        await talk.answer()

        def mistake(*_: Any) -> None:
            raise ValueError("a mistake")

        monkeypatch.setattr(Loudness, "push", mistake)
        with pytest.raises(RuntimeError, match="broken down"):
            while True:
                talk.hear(SPEECH)
                await asyncio.sleep(0)


async def test_nobody_to_call_is_an_error() -> None:
    context = replace(context_of(Script("acme")), candidates={"stt": (), "llm": (), "tts": ()})
    conversation = AgentConversation(S2sRequest(model="cascade", input_rate=RATE, output_rate=RATE), context, Relay())
    with pytest.raises(Unsupported, match="STT"):
        await conversation.start()
    await conversation.close()


async def _fails(*_: Any) -> AsyncIterator[Any]:
    raise ProviderUnavailable("is down")
    yield


async def _never(*_: Any) -> AsyncIterator[Any]:
    await asyncio.Event().wait()
    yield
