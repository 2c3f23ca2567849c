"""A conversation in its three forms."""

from livekit.agents import llm

from speko.agent.chat_messages import to_context, to_messages
from speko.providers.llm import ChatMessage, ToolCall
from speko.providers.s2s import AssistantSaid, ToolAnswered, ToolCalled, UserSaid

HISTORY = (
    UserSaid("Weather in Rome and Oslo?"),
    AssistantSaid("Let me see."),
    ToolCalled("c1", "weather", '{"city": "Rome"}'),
    ToolCalled("c2", "weather", '{"city": "Oslo"}'),
    ToolAnswered("c1", "sunny"),
    ToolAnswered("c2", "no network", failed=True),
    AssistantSaid("Sunny in Rome."),
)


def test_a_history_reaches_the_model_as_it_was() -> None:
    system, messages = to_messages(to_context(HISTORY).items)
    assert system is None
    calls = (ToolCall("c1", "weather", '{"city": "Rome"}'), ToolCall("c2", "weather", '{"city": "Oslo"}'))
    assert messages == (
        ChatMessage("user", "Weather in Rome and Oslo?"),
        ChatMessage("assistant", "Let me see.", tool_calls=calls),
        ChatMessage("tool", "sunny", tool_call_id="c1"),
        ChatMessage("tool", "no network", tool_call_id="c2", is_error=True),
        ChatMessage("assistant", "Sunny in Rome."),
    )


def test_what_vendors_refuse_is_left_out() -> None:
    history = (
        UserSaid("hello"),
        ToolCalled("c1", "weather", "{}"),  # not answered
        ToolAnswered("c9", "for nobody"),
        UserSaid("are you there?"),
    )
    _, messages = to_messages(to_context(history).items)
    assert messages == (ChatMessage("user", "hello are you there?"),)


def test_an_answer_in_two_parts_is_one() -> None:
    _, messages = to_messages(to_context((AssistantSaid("One, two"), AssistantSaid(" three."))).items)
    assert messages == (ChatMessage("assistant", "One, two three."),)


def test_instructions_are_the_system_prompt() -> None:
    context = llm.ChatContext.empty()
    context.add_message(role="system", content="Be brief.")
    context.add_message(role="system", content="")
    context.add_message(role="user", content="hi")
    context.add_message(role="assistant", content="")
    assert to_messages(context.items) == ("Be brief.", (ChatMessage("user", "hi"),))
