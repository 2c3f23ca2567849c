"""Conversations in which the agent is interrupted: by the user, by a noise, or by its client."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from speko.agent.context import TurnOptions
from speko.providers.call import Call
from speko.providers.s2s import (
    CorrectHeard,
    Interrupted,
    PlayedSoFar,
    ResponseDone,
    ResponseStarted,
    Say,
    SpeechStarted,
    SpeechStopped,
    StopResponse,
)
from speko.providers.stt import Transcript
from tests.agent.relays import SILENCE, SPEECH, loudness, talking
from tests.agent.vendors import RATE, SAMPLES_A_CHARACTER, Script, context_of, hears, says

pytestmark = pytest.mark.usefixtures("loudness")
__all__ = ["loudness"]


async def test_a_barge_in_stops_at_once_and_cuts_the_history() -> None:
    answer = "One two three four five six seven eight."
    script = Script("acme", stt=[hears("count"), hears("stop")], llm=[says(answer), says("Stopped.")])
    async with talking(context_of(script)) as talk:
        with talk.playing_nothing():
            talk.say()
            assert await talk.answer() == answer
            talk.conversation.on_command(PlayedSoFar(1000))  # 20 characters: "One two three four f"
            talk.hear(SPEECH)
            interrupted = await talk.relay.next(Interrupted)
        assert interrupted.heard_text == "One two three four"
        assert interrupted.by_user
        talk.hear(SILENCE)
        assert await talk.answer() == "Stopped."
    said = [m.content for m in script.questions[-1].messages]
    assert said == ["count", "One two three four", "stop"]


async def test_a_false_interruption_loses_nothing() -> None:
    answer = "One two three four five six seven eight."
    script = Script("acme", stt=[hears("count"), hears("")], llm=[says(answer)])
    context = context_of(script, turns=TurnOptions(false_interruption_after=0.1))
    async with talking(context) as talk:
        with talk.playing_nothing():
            talk.say()
            assert await talk.answer() == answer
            first = talk.relay.all(ResponseStarted)[0].response
            talk.conversation.on_command(PlayedSoFar(1000))
            talk.hear(SPEECH[: RATE // 5] + SILENCE)  # 100 ms of noise
            interrupted = await talk.relay.next(Interrupted)
        assert interrupted.response == first
        second = (await talk.relay.next(ResponseStarted)).response
        await talk.relay.next(ResponseDone, response=second)
        assert interrupted.heard_text == "One two three four"
        assert talk.relay.text(second) == " five six seven eight."
        start = len("One two three four ") * SAMPLES_A_CHARACTER * 2
        assert talk.relay.audio[second] == talk.relay.audio[first][start:]
        talk.play_all()
        talk.conversation.on_command(Say("what did you say?"))
        await talk.answer()
    assert [m.content for m in script.questions[-1].messages] == ["count", answer, "what did you say?"]
    assert len(script.texts) == 2, "nothing was spoken twice"


async def test_an_answer_waits_while_words_may_still_come() -> None:
    may_finish = asyncio.Event()

    async def slow(sound: AsyncIterator[bytes], call: Call) -> AsyncIterator[Sequence[Transcript]]:
        async for _ in sound:
            pass
        await may_finish.wait()
        yield [Transcript("wait", is_final=True)]

    script = Script("acme", stt=[hears("count"), slow], llm=[says("One two three four."), says("I wait.")])
    context = context_of(script, turns=TurnOptions(false_interruption_after=0.05))
    async with talking(context) as talk:
        talk.say()
        await talk.answer()
        talk.hear(SPEECH)
        await talk.relay.next(Interrupted)
        talk.hear(SILENCE)
        await talk.relay.next(SpeechStopped)
        await asyncio.sleep(0.2)  # longer than a false interruption takes
        assert len(talk.relay.all(ResponseStarted)) == 1
        may_finish.set()
        assert await talk.answer() == "I wait."


async def test_a_click_is_no_speech() -> None:
    async with talking(context_of(Script("acme", llm=[says("One two three four.")]))) as talk:
        talk.conversation.on_command(Say("count"))
        await talk.answer()
        talk.hear(SILENCE + SPEECH[: RATE // 32] + SILENCE)  # 15 ms
        talk.play_all()
        talk.conversation.on_command(Say("count"))
        await talk.answer()
        assert not talk.relay.all(SpeechStarted)


async def test_the_client_stops_a_response() -> None:
    script = Script("acme", llm=[says("One two three four five."), says("Next.")])
    async with talking(context_of(script)) as talk:
        talk.conversation.on_command(Say("count"))
        await talk.answer()
        response = talk.relay.all(ResponseStarted)[-1].response
        talk.conversation.on_command(StopResponse(response, 400, "One two"))
        talk.conversation.on_command(Say("next"))
        assert await talk.answer() == "Next."
        assert not talk.relay.all(Interrupted), "the relay knows"
    assert [m.content for m in script.questions[-1].messages] == ["count", "One two", "next"]


async def test_what_was_heard_is_corrected_later() -> None:
    script = Script("acme", stt=[hears("stop")], llm=[says("One two three four five."), says("Yes?"), says("Next.")])
    async with talking(context_of(script)) as talk:
        with talk.playing_nothing():
            talk.conversation.on_command(Say("count"))
            await talk.answer()
            talk.conversation.on_command(PlayedSoFar(1000))
            talk.say()
            interrupted = await talk.relay.next(Interrupted)
        await talk.answer()
        talk.conversation.on_command(CorrectHeard(interrupted.response, 200, "One"))
        talk.play_all()
        talk.conversation.on_command(Say("next"))
        await talk.answer()
    assert [m.content for m in script.questions[-1].messages] == ["count", "One", "stop", "Yes?", "next"]
