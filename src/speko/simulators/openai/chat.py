"""`POST /v1/chat/completions`: a script's answer, else the rule-based responder's."""

import time
from functools import lru_cache
from uuid import uuid4

from speko.providers.errors import ProviderError
from speko.providers.llm import ChatMessage, LlmRequest, NamedFunction, NamedTool, Tool, ToolCall
from speko.simulators.answer import Answer, Refused
from speko.simulators.captured import CapturedRequest
from speko.simulators.engines import Engines
from speko.simulators.faults import FaultKind
from speko.simulators.openai import chat_request
from speko.simulators.openai.body import decode
from speko.simulators.openai.chat_answer import Call, Heading, Said, completion, stream
from speko.simulators.openai.chat_request import (
    DECODER,
    AssistantMessage,
    ChatRequest,
    Message,
    ToolMessage,
    UserMessage,
    check,
    text_of,
)
from speko.simulators.openai.errors import status_error
from speko.simulators.script import FinishReason, Script, ScriptedUsage, pieces

SUBSTITUTE = "This is a simulated answer."
_CHARACTERS_PER_TOKEN = 4


async def answer(request: CapturedRequest, script: Script, engines: Engines) -> Answer:
    """Answers a chat.

    Raises:
        Refused: the request is not valid, or the engine failed.
    """
    chat = decode(request, DECODER)
    check(chat)
    prompt_tokens = _tokens("".join(text_of(message) for message in chat.messages))
    offers_tools = bool(chat.tools) and chat.tool_choice != "none"
    text = script.fixed_text
    calls: tuple[Call, ...] = ()
    if script.tool_calls and offers_tools and not isinstance(chat.messages[-1], ToolMessage):
        text, calls = "", tuple(Call(c.id or _new_id("call_"), c.name, c.arguments) for c in script.tool_calls)
    elif text is None:
        text, calls = await _think(chat, offers_tools, engines)
    else:
        return _scripted(
            script, chat.model, prompt_tokens, chat.limit, bool(chat.stream), chat.include_usage, int(time.time())
        )
    said = _said(script, text, calls, prompt_tokens, chat.limit)
    heading = Heading(_new_id("chatcmpl-"), int(time.time()), chat.model)
    return stream(said, heading, include_usage=chat.include_usage) if chat.stream else completion(said, heading)


@lru_cache(maxsize=64)
def _scripted(  # noqa: PLR0917 - a cache's key
    script: Script,
    model: str,
    prompt_tokens: int,
    limit: int | None,
    streamed: bool,
    include_usage: bool,
    created: int,
) -> Answer:
    """A text that a script fixes. Requests that differ in nothing that shows share their bytes, the id too, for a
    second: that is what makes a simulator fast enough to stand behind a load test."""
    said = _said(script, script.fixed_text or "", (), prompt_tokens, limit)
    heading = Heading(_new_id("chatcmpl-"), created, model)
    return stream(said, heading, include_usage=include_usage) if streamed else completion(said, heading)


def _said(script: Script, text: str, calls: tuple[Call, ...], prompt_tokens: int, limit: int | None) -> Said:
    finish: FinishReason = "tool_calls" if calls else "stop"
    parts = pieces(text, script.chunks if text and script.text else None)
    if limit is not None and _tokens(text) > limit:
        text, finish = text[: limit * _CHARACTERS_PER_TOKEN], "length"
        parts = pieces(text)
    usage = script.usage or ScriptedUsage(
        prompt_tokens, _tokens(text) + sum(_tokens(call.name + call.arguments) for call in calls)
    )
    return Said(parts, calls, script.finish_reason or finish, usage if script.report_usage else None)


async def _think(chat: ChatRequest, offers_tools: bool, engines: Engines) -> tuple[str, tuple[Call, ...]]:
    """What the rule-based responder says, or a plain sentence where it is missing."""
    try:
        thought = await engines.think(_llm_request(chat, offers_tools))
    except ProviderError:
        raise Refused(status_error(FaultKind.SERVER_ERROR)) from None
    if thought is None:
        return SUBSTITUTE, ()
    text, calls = thought
    return text, tuple(Call(call.id, call.name, call.args) for call in calls)


def _llm_request(chat: ChatRequest, offers_tools: bool) -> LlmRequest:
    asked = chat.tool_choice
    choice = NamedTool(NamedFunction(asked.function.name)) if isinstance(asked, chat_request.NamedTool) else asked
    return LlmRequest(
        model=chat.model,
        messages=tuple(_chat_message(message) for message in chat.messages),
        tools=tuple(
            Tool(tool.function.name, tool.function.description or tool.function.name, tool.function.parameters)
            for tool in (chat.tools or () if offers_tools else ())
        ),
        tool_choice=choice,
        parallel_tool_calls=chat.parallel_tool_calls,
    )


def _chat_message(message: Message) -> ChatMessage:
    if isinstance(message, ToolMessage):
        return ChatMessage("tool", text_of(message), tool_call_id=message.tool_call_id)
    if isinstance(message, AssistantMessage):
        made = tuple(ToolCall(c.id, c.function.name, c.function.arguments) for c in message.tool_calls or ())
        return ChatMessage("assistant", text_of(message), tool_calls=made)
    return ChatMessage("user" if isinstance(message, UserMessage) else "system", text_of(message))


def _tokens(text: str) -> int:
    return -(-len(text) // _CHARACTERS_PER_TOKEN)


def _new_id(prefix: str) -> str:
    return prefix + uuid4().hex
