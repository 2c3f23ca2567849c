"""Conversations from the first sound to the last, with vendors that do what a test says."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from speko.agent.context import TurnOptions
from speko.agent.conversation import AgentConversation
from speko.providers.call import Call
from speko.providers.errors import ProviderUnavailable, Unsupported
from speko.providers.llm import Tool, ToolCall
from speko.providers.s2s import (
    AnswerTool,
    AssistantSaid,
    AssistantText,
    CascadeOptions,
    Clear,
    Commit,
    CorrectHeard,
    EngineProblem,
    Interrupted,
    PlayedSoFar,
    ResponseDone,
    ResponseStarted,
    S2sRequest,
    Say,
    SpeechStarted,
    SpeechStopped,
    StopResponse,
    ToolCalled,
    ToolRequested,
    TurnStage,
    UserSaid,
    UserTranscript,
)
from speko.providers.stt import Transcript
from tests.agent.relays import SILENCE, SPEECH, Loudness, Relay, loudness, talking
from tests.agent.vendors import RATE, SAMPLES_A_CHARACTER, Script, books_of, context_of, hears, says

pytestmark = pytest.mark.usefixtures("loudness")
__all__ = ["loudness"]


async def test_a_spoken_question_is_answered() -> None:
    script = Script("acme", stt=[hears("how are you", "how")], llm=[says("Fine, ", "thanks. And you?")])
    context = context_of(script)
    async with talking(context) as talk:
        talk.say()
        assert (await talk.relay.next(SpeechStarted)).ago_ms == 64
        assert (await talk.relay.next(SpeechStopped)).ago_ms == 288
        assert (await talk.relay.next(UserTranscript)).text == "how"
        assert (await talk.relay.next(UserTranscript, final=True)).text == "how are you"
        response = (await talk.relay.next(ResponseStarted)).response
        await talk.relay.next(ResponseDone, response=response, status="completed")
        assert talk.relay.text(response) == "Fine, thanks. And you?"
        assert [stage.stage for stage in talk.relay.all(TurnStage)] == [
            "stt_final",
            "llm_first_token",
            "tts_first_byte",
        ]
        assert {(stage.provider, stage.model) for stage in talk.relay.all(TurnStage)} == {
            ("acme", "ears"),
            ("acme", "brain"),
            ("acme", "mouth"),
        }
        deltas = [text.delta for text in talk.relay.all(AssistantText)]
        assert deltas == ["Fine, thanks.", " And you?"]
    assert books_of(context).story == [("acme", "served", None)] * 4


async def test_the_next_turn_knows_of_the_one_before() -> None:
    script = Script("acme", stt=[hears("one"), hears("two")], llm=[says("First."), says("Second.")])
    async with talking(context_of(script), system_prompt="Be brief.") as talk:
        talk.say()
        assert await talk.answer() == "First."
        talk.play_all()
        talk.say()
        assert await talk.answer() == "Second."
        assert not talk.relay.all(Interrupted)
    question = script.questions[-1]
    assert question.system_prompt == "Be brief."
    assert [(m.role, m.content) for m in question.messages] == [
        ("user", "one"),
        ("assistant", "First."),
        ("user", "two"),
    ]


async def test_typed_text_waits_for_the_answer_before_it() -> None:
    script = Script("acme", llm=[says("A rather long first answer."), says("Second.")])
    async with talking(context_of(script)) as talk:
        talk.conversation.on_command(Say("first"))
        assert await talk.answer() == "A rather long first answer."
        talk.conversation.on_command(Say("second"))
        assert len(script.questions) == 1
        talk.play_all()
        assert await talk.answer() == "Second."
        assert not talk.relay.all(Interrupted)
    assert [m.content for m in script.questions[-1].messages] == ["first", "A rather long first answer.", "second"]


async def test_it_speaks_by_itself_when_it_is_asked_to_with_instructions_for_that_answer_alone() -> None:
    script = Script("acme", llm=[says("Hello there."), says("Second.")])
    async with talking(context_of(script), system_prompt="Be brief.") as talk:
        talk.conversation.on_command(Say("", "Greet the user."))
        assert await talk.answer() == "Hello there."
        assert "Greet the user." in str(script.questions[-1])
        assert not [m for m in script.questions[-1].messages if m.role == "user"]
        talk.play_all()
        talk.conversation.on_command(Say("second"))
        assert await talk.answer() == "Second."
        assert "Greet the user." not in str(script.questions[-1])


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


async def test_the_client_runs_a_tool() -> None:
    tool = Tool("get_weather", "The weather of a city", {"type": "object", "properties": {}})
    asked = ToolCall("call_1", "get_weather", '{"city": "Rome"}')
    script = Script("acme", llm=[says("Let me see. ", asked), says("It is sunny.")])
    async with talking(context_of(script), tools=(tool,)) as talk:
        talk.say()
        request = await talk.relay.next(ToolRequested)
        assert (request.name, request.call_id) == ("get_weather", "call_1")
        assert request.arguments == '{"city": "Rome"}'
        talk.conversation.on_command(AnswerTool(request.call_id, "sunny"))
        await talk.relay.until(lambda: any("Let me see." in talk.relay.text(r) for r in talk.relay.audio))
        talk.play_all()
        await talk.relay.until(lambda: any("sunny" in talk.relay.text(r) for r in talk.relay.audio))
        await talk.relay.next(ResponseDone, response=list(talk.relay.audio)[-1])
    messages = script.questions[-1].messages
    assert [m.role for m in messages] == ["user", "assistant", "tool"]
    assert messages[1].tool_calls == (asked,)
    assert messages[2].content == "sunny"
    assert not messages[2].is_error
    assert script.questions[0].tools == (tool,)


async def test_calls_have_ids_of_their_own() -> None:
    """Not every vendor's are unique within a conversation."""
    tool = Tool("look", "Looks", {"type": "object", "properties": {}})
    call = ToolCall("call_0", "look", "{}")
    script = Script("acme", llm=[says(call), says(call), says("Done.")])
    async with talking(context_of(script), tools=(tool,)) as talk:
        talk.say()
        for _ in range(2):
            request = await talk.relay.next(ToolRequested)
            talk.conversation.on_command(AnswerTool(request.call_id, "nothing"))
        await talk.relay.until(lambda: "Done." in [talk.relay.text(response) for response in talk.relay.audio])
    ids = [request.call_id for request in talk.relay.all(ToolRequested)]
    assert ids[0] == "call_0"
    assert ids[1] != "call_0"
    assert [m.tool_call_id for m in script.questions[-1].messages if m.role == "tool"] == ids


async def test_the_model_hears_of_a_tool_that_failed() -> None:
    tool = Tool("get_weather", "The weather", {"type": "object", "properties": {}})
    script = Script("acme", llm=[says(ToolCall("call_1", "get_weather", "{}")), says("Sorry.")])
    async with talking(context_of(script), tools=(tool,)) as talk:
        talk.say()
        request = await talk.relay.next(ToolRequested)
        await talk.relay.next(ResponseDone, response=request.response)
        talk.conversation.on_command(AnswerTool(request.call_id, "no network", failed=True))
        assert await talk.answer() == "Sorry."
    assert script.questions[-1].messages[-1].is_error
    assert script.questions[-1].messages[-1].content == "no network"


async def test_speaking_before_the_tool_has_answered() -> None:
    tool = Tool("get_weather", "The weather", {"type": "object", "properties": {}})
    call = ToolCall("call_1", "get_weather", "{}")
    # The model is asked twice: what it thinks up before the tool is given up was another question.
    answers = [says(call), says("I do."), says("I do."), says("Sunny.")]
    script = Script("acme", stt=[hears("weather"), hears("hurry")], llm=answers)
    async with talking(context_of(script), tools=(tool,)) as talk:
        talk.say()
        request = await talk.relay.next(ToolRequested)
        talk.say()
        assert await talk.answer() == "I do."
        assert script.questions[-1].messages[-2].is_error, "no result yet"
        talk.conversation.on_command(AnswerTool(request.call_id, "sunny"))
        assert await talk.answer() == "Sunny.", "late, but it is said"
    messages = script.questions[-1].messages
    assert [(m.role, m.content) for m in messages[1:]] == [("assistant", "I do."), ("tool", "sunny")]
    assert not messages[-1].is_error


async def test_a_tools_answer_does_not_wait_until_the_words_before_it_are_heard() -> None:
    tool = Tool("get_weather", "The weather", {"type": "object", "properties": {}})
    call = ToolCall("call_1", "get_weather", "{}")
    long = "Let me see what I can find out about that for you, it should not take very long at all."
    script = Script("acme", llm=[says(long, call), says("It is sunny.")])
    async with talking(context_of(script), tools=(tool,)) as talk:
        talk.say()
        request = await talk.relay.next(ToolRequested)
        await talk.relay.until(lambda: any(talk.relay.text(r) == long for r in talk.relay.audio))
        talk.conversation.on_command(AnswerTool(request.call_id, "sunny"))
        began = asyncio.get_running_loop().time()
        await talk.relay.until(lambda: any(talk.relay.text(r) == "It is sunny." for r in talk.relay.audio))
        assert asyncio.get_running_loop().time() - began < 3, "it takes 4.4 s to be heard"


async def test_the_relay_never_waits_for_an_answer_to_nothing() -> None:
    async with talking(context_of(Script("acme"))) as talk:
        talk.say()
        await talk.answer()
        talk.play_all()
        talk.hear(SILENCE)
        talk.conversation.on_command(Commit())
        assert (await talk.relay.next(UserTranscript)) == UserTranscript(
            talk.relay.all(UserTranscript)[-1].utterance, "", final=True
        )


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


async def test_a_commit_needs_no_silence() -> None:
    script = Script("acme")
    async with talking(context_of(script)) as talk:
        talk.hear(SILENCE + SPEECH)
        await talk.relay.next(SpeechStarted)
        talk.conversation.on_command(Commit())
        assert (await talk.relay.next(SpeechStopped)).ago_ms == 0
        assert await talk.answer() == "Good day."
    assert len(script.sounds[0]) >= len(SPEECH)


async def test_a_commit_knows_better_than_the_detector() -> None:
    quiet = b"\x80\x00" * RATE
    script = Script("acme")
    async with talking(context_of(script)) as talk:
        talk.hear(quiet)
        talk.conversation.on_command(Commit())
        assert await talk.answer() == "Good day."
        assert not talk.relay.all(SpeechStarted)
        talk.play_all()
        talk.conversation.on_command(Commit())  # nothing came since
        talk.say()
        assert await talk.answer() == "Good day."
    assert script.sounds[0] == quiet
    assert len(script.sounds) == 2


async def test_what_is_cleared_was_never_said() -> None:
    script = Script("acme", stt=[hears("first"), hears("second")])
    async with talking(context_of(script)) as talk:
        talk.hear(SILENCE + SPEECH)
        await talk.relay.until(lambda: len(script.sounds) == 1)
        talk.conversation.on_command(Clear())
        assert (await talk.relay.next(UserTranscript)).text == ""
        talk.say()
        assert await talk.answer() == "Good day."
    assert [m.content for m in script.questions[-1].messages] == ["second"]
    assert books_of(talk.context).story[0] == ("acme", "cancelled", "caller_left")


async def test_a_first_message_is_said_and_remembered() -> None:
    script = Script("acme")
    async with talking(context_of(script), cascade=CascadeOptions(first_message="Welcome to Acme.")) as talk:
        assert await talk.answer() == "Welcome to Acme."
        talk.play_all()
        talk.say()
        assert await talk.answer() == "Good day."
    assert [m.content for m in script.questions[-1].messages] == ["Welcome to Acme.", "hello"]


async def test_without_a_first_message_it_listens() -> None:
    async with talking(context_of(Script("acme"))) as talk:
        talk.hear(SILENCE)
        talk.conversation.on_command(Say("hi"))
        assert await talk.answer() == "Good day."


async def test_an_unanswered_history_is_answered() -> None:
    script = Script("acme")
    history = (UserSaid("hello"), AssistantSaid("Hi."), UserSaid("and?"))
    async with talking(context_of(script), history=history, continue_answer=True) as talk:
        assert await talk.answer() == "Good day."
    assert [(m.role, m.content) for m in script.questions[0].messages] == [
        ("user", "hello"),
        ("assistant", "Hi."),
        ("user", "and?"),
    ]


@pytest.mark.parametrize("reply", ["One two three four five.", " three four five."])
async def test_an_answer_that_was_begun_elsewhere_goes_on(reply: str) -> None:
    script = Script("acme", llm=[says(*reply.partition(" three")), says("Next.")])
    history = (UserSaid("count"), AssistantSaid("One, two"))
    async with talking(context_of(script), history=history, continue_answer=True) as talk:
        assert await talk.answer() == " three four five."
        talk.play_all()
        talk.conversation.on_command(Say("next"))
        await talk.answer()
    assert "One, two" in (script.questions[0].system_prompt or "")
    said = [m.content for m in script.questions[1].messages]
    assert said == ["count", "One, two three four five.", "next"]


async def test_a_tool_call_of_another_engine_is_answered() -> None:
    script = Script("acme")
    tool = Tool("get_weather", "The weather", {"type": "object", "properties": {}})
    history = (UserSaid("weather?"), ToolCalled("call_7", "get_weather", "{}"))
    async with talking(context_of(script), history=history, continue_answer=True, tools=(tool,)) as talk:
        assert not script.questions
        talk.conversation.on_command(AnswerTool("call_7", "sunny"))
        assert await talk.answer() == "Good day."
    assert [m.role for m in script.questions[0].messages] == ["user", "assistant", "tool"]


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


async def test_closing_while_a_tool_is_awaited() -> None:
    tool = Tool("get_weather", "The weather", {"type": "object", "properties": {}})
    script = Script("acme", llm=[says(ToolCall("call_1", "get_weather", "{}"))])
    async with talking(context_of(script), tools=(tool,)) as talk:
        talk.say()
        await talk.relay.next(ToolRequested)


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
