"""What a response says: a script's answer, else the rule-based responder's; or the rest of an answer that was begun."""

import string
from collections.abc import Sequence
from dataclasses import dataclass

from speko.providers.llm import ChatMessage, LlmRequest, NamedFunction, NamedTool, Tool, ToolCall
from speko.simulators.engines import Engines
from speko.simulators.openai.realtime.config import ChosenFunction, FunctionTool, ToolChoice
from speko.simulators.openai.realtime.conversation import user_messages
from speko.simulators.openai.realtime.items import Item, new_id
from speko.simulators.script import Script, pieces

SUBSTITUTE = "This is a simulated answer."


@dataclass(frozen=True, slots=True)
class Asked:
    """What a response is made from."""

    items: Sequence[Item]
    instructions: str
    session_instructions: str
    """Of the session, where `instructions` are of the response alone."""
    tools: Sequence[FunctionTool]
    tool_choice: ToolChoice


@dataclass(frozen=True, slots=True)
class Thought:
    """What is to be said, and the tools to call instead."""

    text: str
    calls: Sequence[ToolCall] = ()


async def think(asked: Asked, script: Script, engines: Engines) -> Thought:
    """The answer to a conversation.

    Where the conversation ends with the assistant, its words are taken as the beginning of the answer, and the rest of
    the answer that the session's instructions would have given is said, whatever those of the response say. Where they
    are no beginning of it, all of it is.

    Raises:
        ProviderError: the responder failed.
    """
    items = list(asked.items)
    begun: list[str] = []
    while items and items[-1].type == "message" and items[-1].role == "assistant":
        begun[:0] = items.pop().text.split()
    offers_tools = bool(asked.tools) and asked.tool_choice != "none"
    turn = max(user_messages(items), 1)
    fixed = script.answer(turn)
    if script.tool_calls and offers_tools and not (items and items[-1].type == "function_call_output"):
        return Thought("", [ToolCall(c.id or new_id("call"), c.name, c.arguments) for c in script.tool_calls])
    if fixed is not None:
        return Thought(_rest(fixed, begun))
    instructions = asked.session_instructions if begun else asked.instructions
    thought = await engines.think(_request(asked, instructions, items, offers_tools))
    if thought is None:
        return Thought(_rest(SUBSTITUTE, begun))
    text, calls = thought
    return Thought(_rest(text, begun), calls)


def _rest(answer: str, begun: list[str]) -> str:
    """An answer without the words that were said of it already."""
    words = pieces(answer)
    if [_bare(word) for word in begun] != [_bare(word) for word in words[: len(begun)]]:
        return answer
    return "".join(words[len(begun) :]).lstrip()


def _bare(word: str) -> str:
    return word.strip().strip(string.punctuation).casefold()


def _request(asked: Asked, instructions: str, items: list[Item], offers_tools: bool) -> LlmRequest:
    messages = [ChatMessage("system", instructions)] if instructions else []
    for item in items:
        if item.type == "function_call_output":
            messages.append(ChatMessage("tool", item.output, tool_call_id=item.call_id))
        elif item.type == "function_call":
            call = ToolCall(item.call_id, item.name, item.arguments)
            # Calls that were made at once are one message.
            made = messages.pop().tool_calls if messages and messages[-1].tool_calls else ()
            messages.append(ChatMessage("assistant", "", tool_calls=(*made, call)))
        elif item.role in ("user", "assistant"):
            messages.append(ChatMessage("user" if item.role == "user" else "assistant", item.text))
        else:
            messages.append(ChatMessage("system", item.text))
    choice = asked.tool_choice
    tools = asked.tools if offers_tools else ()
    return LlmRequest(
        model="",
        messages=tuple(messages),
        tools=tuple(Tool(tool.name, tool.description or tool.name, tool.parameters or {}) for tool in tools),
        tool_choice=NamedTool(NamedFunction(choice.name)) if isinstance(choice, ChosenFunction) else choice,
    )
