"""Conversations with engines of the gateway's own, which work ahead while the silence runs that ends speech."""

import asyncio
import time

import pytest

from speko.agent.context import AgentContext
from speko.providers.errors import ProviderUnavailable
from speko.providers.llm import Tool, ToolCall
from speko.providers.s2s import (
    Clear,
    Commit,
    EngineProblem,
    Interrupted,
    PlayedSoFar,
    ResponseDone,
    ResponseStarted,
    SpeechStopped,
    StopResponse,
    ToolRequested,
    TurnStage,
    UserTranscript,
)
from tests.agent.relays import SILENCE, SPEECH, Talk, loudness, talking
from tests.agent.vendors import RATE, Script, books_of, context_of, embedded, goes_on_speaking, hears, says, speaks

pytestmark = pytest.mark.usefixtures("loudness")
__all__ = ["loudness"]
PAUSE = bytes(RATE * 2 // 5)
"""200 ms: long enough to work ahead, too short to end speech."""


def own(script: Script) -> AgentContext:
    return embedded(context_of(script))


def guessed_wrong(first: str) -> Script:
    """Hears `first` at the pause and begins to answer that; then it hears the question that is answered."""
    return Script(
        "acme",
        stt=[hears(first), hears("how are you")],
        llm=[says("What?"), says("Fine.")],
        tts=[goes_on_speaking(), speaks()],
    )


def shown(talk: Talk) -> list[object]:
    """What the client could notice of an answer, or of words that are certain."""
    kinds = (ResponseStarted, TurnStage, EngineProblem, SpeechStopped, ToolRequested)
    certain = [t for t in talk.relay.all(UserTranscript) if t.final]
    return [event for event in talk.relay.events if isinstance(event, kinds)] + [*certain]


def outcomes_of(context: AgentContext) -> list[tuple[str, str]]:
    """Modality and outcome of each attempt."""
    return [(row.modality, row.outcome) for row in books_of(context).attempts]


async def let_all_run() -> None:
    """Whatever waits for nothing but its turn has had it, many times."""
    for _ in range(50):
        await asyncio.sleep(0)


async def pause(talk: Talk, script: Script) -> None:
    """The user says something and pauses: the voice was asked, and what might come of that has come."""
    talk.hear(SILENCE + SPEECH + PAUSE)
    await talk.relay.until(lambda: len(script.texts) == 1)
    await let_all_run()


async def test_the_answer_is_ready_when_the_silence_is_long_enough() -> None:
    script = Script("acme", stt=[hears("how are you")], llm=[says("Fine.")])
    context = own(script)
    async with talking(context) as talk:
        await pause(talk, script)
        assert not shown(talk)
        await asyncio.sleep(0.2)  # what was done ahead is long ago
        ended = time.monotonic()
        talk.hear(SILENCE)
        assert await talk.answer() == "Fine."
        since = (time.monotonic() - ended) * 1000
        assert [stage.stage for stage in talk.relay.all(TurnStage)] == [
            "stt_final",
            "llm_first_token",
            "tts_first_byte",
        ]
        assert all(stage.ago_ms <= since for stage in talk.relay.all(TurnStage)), "none before the end of the speech"
        assert len(script.questions) == len(script.texts) == len(script.sounds) == 1
    assert books_of(context).story == [("acme", "served", None)] * 3


async def test_speech_that_goes_on_gets_one_answer_to_all_of_it() -> None:
    script = guessed_wrong("how are")
    context = own(script)
    async with talking(context) as talk:
        await pause(talk, script)
        talk.hear(SPEECH)
        await talk.relay.until(lambda: len(script.sounds) == 2)
        await talk.relay.until(lambda: ("tts", "cancelled") in outcomes_of(context))
        talk.hear(SILENCE)
        assert await talk.answer() == "Fine."
        assert len(talk.relay.all(ResponseStarted)) == 1
        assert [t.text for t in talk.relay.all(UserTranscript) if t.final] == ["how are you"]
        assert not talk.relay.all(EngineProblem)
        assert [m.content for m in script.questions[-1].messages] == ["how are you"]
    assert sorted(outcomes_of(context)) == [
        ("llm", "served"),
        ("llm", "served"),
        ("stt", "cancelled"),
        ("stt", "served"),
        ("tts", "cancelled"),
        ("tts", "served"),
    ]
    assert sorted(row.type for row in books_of(context).usages) == ["llm", "llm", "stt", "tts"]


async def test_sound_that_comes_all_at_once_answers_no_half_of_a_sentence() -> None:
    script = guessed_wrong("how are")
    context = own(script)
    async with talking(context) as talk:
        await pause(talk, script)
        talk.hear(SPEECH + SILENCE)
        assert await talk.answer() == "Fine."
    assert sorted(row.type for row in books_of(context).usages) == ["llm", "llm", "stt", "tts"]


async def test_a_noise_after_the_pause_does_not_cost_the_answer() -> None:
    script = Script("acme", stt=[hears("how are you")], llm=[says("Fine.")])
    async with talking(own(script)) as talk:
        await pause(talk, script)
        talk.hear(SPEECH[: RATE // 10] + SILENCE)
        assert await talk.answer() == "Fine."
        assert len(talk.relay.all(ResponseStarted)) == 1


async def test_a_commit_at_a_pause_takes_what_is_ready() -> None:
    script = Script("acme", stt=[hears("how are you")], llm=[says("Fine.")])
    async with talking(own(script)) as talk:
        await pause(talk, script)
        talk.conversation.on_command(Commit())
        assert await talk.answer() == "Fine."
        assert len(script.sounds) == len(script.questions) == 1


async def test_clear_at_a_pause_forgets_the_answer_too() -> None:
    script = guessed_wrong("forget it")
    context = own(script)
    async with talking(context) as talk:
        await pause(talk, script)
        talk.conversation.on_command(Clear())
        await talk.relay.until(lambda: len(books_of(context).attempts) == 3)
        assert sorted(outcomes_of(context)) == [("llm", "served"), ("stt", "cancelled"), ("tts", "cancelled")]
        assert not talk.relay.all(TurnStage)
        talk.hear(SILENCE)
        talk.say()
        assert await talk.answer() == "Fine."
        assert len(talk.relay.all(ResponseStarted)) == 1
        assert [m.content for m in script.questions[-1].messages] == ["how are you"]


async def test_who_speaks_over_the_agent_is_not_answered_ahead() -> None:
    answer = "One two three four five six seven eight."
    script = Script("acme", stt=[hears("count"), hears("stop")], llm=[says(answer), says("Stopped.")])
    async with talking(own(script)) as talk:
        with talk.playing_nothing():
            talk.say()
            assert await talk.answer() == answer
            talk.conversation.on_command(PlayedSoFar(1000))
            talk.hear(SPEECH)
            assert (await talk.relay.next(Interrupted)).heard_text == "One two three four"
        talk.hear(PAUSE)
        await talk.relay.until(lambda: len(script.sounds) == 2)
        await let_all_run()
        assert len(script.questions) == 1
        talk.hear(SILENCE)
        assert await talk.answer() == "Stopped."
    assert [m.content for m in script.questions[-1].messages] == ["count", "One two three four", "stop"]


async def test_an_answer_that_was_made_ahead_can_be_stopped() -> None:
    script = Script("acme", stt=[hears("count"), hears("again")], llm=[says("One two three four."), says("No.")])
    async with talking(own(script)) as talk:
        await pause(talk, script)
        talk.hear(SILENCE)
        response = (await talk.relay.next(ResponseStarted)).response
        talk.conversation.on_command(StopResponse(response, 200, "One"))
        await talk.relay.next(ResponseDone, response=response)
        talk.say()
        assert await talk.answer() == "No."
    assert [m.content for m in script.questions[-1].messages] == ["count", "One", "again"]


async def test_nobody_hears_of_a_model_that_fails_for_nothing() -> None:
    script = Script(
        "acme", stt=[hears("how are"), hears("how are you")], llm=[says(ProviderUnavailable("down")), says("Fine.")]
    )
    async with talking(own(script)) as talk:
        talk.hear(SILENCE + SPEECH + PAUSE)
        await talk.relay.until(lambda: len(script.questions) == 1)
        await let_all_run()
        assert not talk.relay.all(ResponseStarted)
        talk.hear(SPEECH)
        await talk.relay.until(lambda: len(script.sounds) == 2)
        talk.hear(SILENCE)
        assert await talk.answer() == "Fine."
        assert [done.status for done in talk.relay.all(ResponseDone)] == ["completed"]


async def test_who_waits_for_an_answer_hears_of_a_model_that_failed_ahead() -> None:
    script = Script("acme", stt=[hears("how are you")], llm=[says(ProviderUnavailable("down"))])
    async with talking(own(script)) as talk:
        talk.hear(SILENCE + SPEECH + PAUSE)
        await talk.relay.until(lambda: len(script.questions) == 1)
        talk.hear(SILENCE)
        assert (await talk.relay.next(ResponseDone)).status == "failed"


async def test_a_tool_is_called_when_the_words_are_certain() -> None:
    weather = Tool("weather", "The weather.", {"type": "object", "properties": {}})
    script = Script("acme", stt=[hears("the weather")], llm=[says(ToolCall("1", "weather", "{}")), says("Rain.")])
    async with talking(own(script), tools=(weather,)) as talk:
        talk.hear(SILENCE + SPEECH + PAUSE)
        await talk.relay.until(lambda: len(script.questions) == 1)
        await let_all_run()
        assert not shown(talk)
        talk.hear(SILENCE)
        await talk.relay.next(ToolRequested)


async def test_closing_at_a_pause_leaves_nothing() -> None:
    script = Script("acme", stt=[hears("how are you")], llm=[says("Fine.")], tts=[goes_on_speaking()])
    context = own(script)
    async with talking(context) as talk:
        await pause(talk, script)
    outcomes = {row.modality: row.outcome for row in books_of(context).attempts}
    assert outcomes == {"stt": "cancelled", "llm": "served", "tts": "cancelled"}


async def test_vendors_that_are_paid_are_asked_when_the_words_are_certain() -> None:
    script = Script("acme", stt=[hears("how are you")], llm=[says("Fine.")])
    async with talking(context_of(script)) as talk:
        talk.hear(SILENCE + SPEECH + PAUSE)
        await talk.relay.until(lambda: len(script.sounds) == 1)
        await let_all_run()
        assert not script.questions
        talk.hear(SILENCE)
        assert await talk.answer() == "Fine."
