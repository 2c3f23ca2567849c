"""The conversation in three forms: the relay's history, AgentSession's chat context, and the messages of a model."""

from collections.abc import Iterable, Sequence

from livekit.agents import llm

from speko.providers.llm import ChatMessage, ToolCall
from speko.providers.s2s import AssistantSaid, HistoryItem, ToolAnswered, ToolCalled, UserSaid


def to_context(history: Iterable[HistoryItem]) -> llm.ChatContext:
    """The conversation so far, as AgentSession goes on with it."""
    context = llm.ChatContext.empty()
    names: dict[str, str] = {}
    for at, item in enumerate(history):
        # AgentSession sorts by time; the items' own is not known.
        when = float(at)
        match item:
            case UserSaid():
                context.add_message(role="user", content=item.text, created_at=when)
            case AssistantSaid():
                context.add_message(role="assistant", content=item.text, created_at=when)
            case ToolCalled():
                names[item.call_id] = item.name
                call = llm.FunctionCall(call_id=item.call_id, name=item.name, arguments=item.arguments, created_at=when)
                context.insert(call)
            case ToolAnswered():
                name = names.get(item.call_id, "")
                context.insert(tool_output(item.call_id, name, item.output, failed=item.failed, at=when))
    return context


def tool_output(call_id: str, name: str, output: str, *, failed: bool, at: float) -> llm.FunctionCallOutput:
    """A tool's result for AgentSession."""
    return llm.FunctionCallOutput(call_id=call_id, name=name, output=output, is_error=failed, created_at=at)


def to_messages(items: Sequence[llm.ChatItem]) -> tuple[str | None, tuple[ChatMessage, ...]]:
    """The system prompt, and the messages for a model.

    Calls that nobody has answered are left out, as vendors refuse them, and neighbours of one role become one message.
    """
    answered = {item.call_id for item in items if item.type == "function_call_output"}
    called = {item.call_id for item in items if item.type == "function_call"}
    system: list[str] = []
    messages: list[ChatMessage] = []
    for item in items:
        if item.type == "function_call" and item.call_id in answered:
            _add(messages, ChatMessage("assistant", tool_calls=(ToolCall(item.call_id, item.name, item.arguments),)))
        elif item.type == "function_call_output" and item.call_id in called:
            messages.append(ChatMessage("tool", item.output, tool_call_id=item.call_id, is_error=item.is_error))
        elif item.type == "message" and (text := item.raw_text_content):
            if item.role in ("system", "developer"):
                system.append(text)
            else:
                _add(messages, ChatMessage("user" if item.role == "user" else "assistant", text))
    return "\n\n".join(system) or None, tuple(messages)


def _add(messages: list[ChatMessage], message: ChatMessage) -> None:
    last = messages[-1] if messages else None
    if last is None or last.role != message.role or (last.tool_calls and message.content):
        messages.append(message)
        return
    text = f"{last.content.rstrip()} {message.content.lstrip()}" if last.content and message.content else ""
    messages[-1] = ChatMessage(
        last.role, text or last.content or message.content, tool_calls=(*last.tool_calls, *message.tool_calls)
    )
