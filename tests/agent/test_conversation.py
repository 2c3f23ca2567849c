"""Conversations from the first sound to the last, with vendors that do what a test says."""

import pytest

from speko.providers.s2s import (
    AssistantSaid,
    AssistantText,
    CascadeOptions,
    Clear,
    Commit,
    Interrupted,
    ResponseDone,
    ResponseStarted,
    Say,
    SpeechStarted,
    SpeechStopped,
    TurnStage,
    UserSaid,
    UserTranscript,
)
from tests.agent.relays import SILENCE, SPEECH, loudness, talking
from tests.agent.vendors import RATE, Script, books_of, context_of, hears, says

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


async def test_asked_for_a_response_before_anybody_spoke_it_begins() -> None:
    """No vendor takes a question without a single message."""
    script = Script("acme", llm=[says("Hello there."), says("Fine.")])
    async with talking(context_of(script)) as talk:
        talk.conversation.on_command(Say(""))
        assert await talk.answer() == "Hello there."
        talk.play_all()
        talk.conversation.on_command(Say("how are you"))
        assert await talk.answer() == "Fine."
    first, second = script.questions
    assert first.messages == ()
    assert "greet the user" in (first.system_prompt or "")
    assert second.system_prompt is None, "it was for that once"


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
