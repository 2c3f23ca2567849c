"""The request of `/v1/chat/completions`, and what it is in our own words. No I/O.

Source: https://platform.openai.com/docs/api-reference/chat/create
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from speko.api.complete import MessageBody, check_conversation
from speko.api.errors import ApiError, invalid
from speko.api.openai.naming import ModelName
from speko.providers.llm import (
    LlmOptions,
    NamedFunction,
    NamedTool,
    ReasoningEffort,
    Tool,
    ToolCall,
    ToolChoice,
    ToolName,
)

_MOST_TOOLS = 128
_NO_OPTIONS = LlmOptions()
_REFUSED = (
    ("functions", "is superseded: use tools"),
    ("function_call", "is superseded: use tool_choice"),
    ("audio", "is not served here: use /v1/audio/speech"),
    ("logit_bias", "is not served"),
    ("logprobs", "are not served"),
    ("top_logprobs", "are not served"),
    ("prediction", "is not served"),
    ("web_search_options", "are not served"),
)
"""What would make another answer, and no connector can do. False, null and empty ask for nothing."""


class Part(Struct, frozen=True):
    """A part of a message."""

    type: str
    text: str | None = None
    refusal: str | None = None


class FunctionCall(Struct, frozen=True):
    name: str
    arguments: str


class CallMade(Struct, frozen=True):
    """A tool call in the conversation."""

    id: str
    function: FunctionCall
    type: str = "function"


class Message(Struct, frozen=True):
    """A message of the conversation. A participant's `name` is not passed on."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | tuple[Part, ...] | None = None
    tool_calls: tuple[CallMade, ...] | None = None
    tool_call_id: str | None = None
    refusal: str | None = None


class Function(Struct, frozen=True):
    """What the model may call. `strict` is not passed on."""

    name: ToolName
    description: Annotated[str, Meta(max_length=1024)] | None = None
    parameters: dict[str, Any] | None = None


class FunctionTool(Struct, frozen=True):
    """A tool that the caller runs."""

    type: Literal["function"]
    function: Function


class NamedChoice(Struct, frozen=True):
    """This function has to be called."""

    type: Literal["function"]
    function: NamedFunction


class StreamOptions(Struct, frozen=True):
    include_usage: bool | None = None


class ChatBody(Struct, frozen=True, kw_only=True):
    """Body of `/v1/chat/completions`. Members that are not here are ignored."""

    messages: Annotated[tuple[Message, ...], Meta(min_length=1)]
    model: ModelName
    language: str | None = None
    """Ours: BCP-47, for routing; else the header `X-Speko-Intent` says it, else it is `en`."""
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    max_tokens: Annotated[int, Meta(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Meta(ge=1)] | None = None
    reasoning_effort: ReasoningEffort | None = None
    tools: Annotated[tuple[FunctionTool, ...], Meta(max_length=_MOST_TOOLS)] | None = None
    tool_choice: Literal["auto", "none", "required"] | NamedChoice | None = None
    parallel_tool_calls: bool | None = None
    stop: str | Annotated[tuple[str, ...], Meta(max_length=4)] | None = None
    response_format: dict[str, Any] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    frequency_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    presence_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    seed: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | None = None
    n: Annotated[int, Meta(ge=1, le=128)] | None = None
    """1; more are refused."""
    modalities: tuple[str, ...] | None = None
    """`["text"]`; others are refused."""
    functions: Any = None
    function_call: Any = None
    audio: Any = None
    logit_bias: Any = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    prediction: Any = None
    web_search_options: Any = None

    @property
    def with_usage(self) -> bool:
        """Whether a stream ends with the usage."""
        return self.stream_options is not None and bool(self.stream_options.include_usage)


def check(body: ChatBody) -> None:
    """Raises 400 for what this gateway cannot do."""
    for name, why in _REFUSED:
        if getattr(body, name):
            raise bad(name, why)
    if (body.n or 1) > 1:
        raise bad("n", "must be 1: one answer is made for a request")
    if any(modality != "text" for modality in body.modalities or ()):
        raise bad("modalities", "only text is served here")
    kind = (body.response_format or {"type": "text"}).get("type")
    if kind not in ("text", "json_object", "json_schema"):
        raise bad("response_format.type", "must be text, json_object or json_schema")


def messages_of(body: ChatBody) -> tuple[MessageBody, ...]:
    """The conversation, or 400."""
    messages = tuple([_message(message, f"messages.{at}") for at, message in enumerate(body.messages)])
    try:
        check_conversation(messages)
    except ApiError as error:
        # The same rules under the names that these callers know.
        issue = error.extra["issues"][0]
        path = issue["path"].replace(".toolCalls", ".tool_calls").replace(".toolCallId", ".tool_call_id")
        raise bad(path.replace(".args", ".function.arguments"), issue["message"]) from None
    return messages


def tools_of(body: ChatBody) -> tuple[tuple[Tool, ...], ToolChoice | None]:
    """The tools and the choice between them, or 400."""
    functions = [tool.function for tool in body.tools or ()]
    names = {function.name for function in functions}
    if len(names) < len(functions):
        raise bad("tools", "two tools have the same name")
    choice: ToolChoice | None
    if isinstance(body.tool_choice, NamedChoice):
        if body.tool_choice.function.name not in names:
            raise bad("tool_choice.function.name", "names no tool of this request")
        choice = NamedTool(body.tool_choice.function)
    else:
        choice = body.tool_choice
        if choice == "required" and not names:
            raise bad("tool_choice", "'required' needs tools")
    nothing: dict[str, Any] = {"type": "object", "properties": {}}
    tools = [
        Tool(f.name, f.description or f.name, nothing if f.parameters is None else f.parameters) for f in functions
    ]
    return tuple(tools), choice


def options_of(body: ChatBody) -> LlmOptions | None:
    """Wishes beyond those of `/v1/complete`; None = there are none."""
    stop = (body.stop,) if isinstance(body.stop, str) else body.stop
    plain = (body.response_format or {}).get("type") in (None, "text")
    options = LlmOptions(
        stop=stop or None,
        response_format=None if plain else body.response_format,
        top_p=body.top_p,
        frequency_penalty=body.frequency_penalty,
        presence_penalty=body.presence_penalty,
        seed=body.seed,
    )
    return None if options == _NO_OPTIONS else options


def bad(path: str, message: str) -> ApiError:
    """400 about one member."""
    return invalid(f"Invalid request: {path}: {message}", (path, message))


def _message(message: Message, path: str) -> MessageBody:
    calls = [ToolCall(call.id, call.function.name, call.function.arguments or "{}") for call in _calls(message, path)]
    content = message.content
    text = content if content is None or isinstance(content, str) else _joined(content, path)
    said = [text for text in (text, message.refusal) if text is not None]
    if not said and not (message.role == "assistant" and calls):
        raise bad(f"{path}.content", "is required, but for an assistant message with tool_calls")
    return MessageBody(
        role="system" if message.role == "developer" else message.role,
        content="\n".join(filter(None, said)),
        tool_calls=tuple(calls),
        tool_call_id=message.tool_call_id,
    )


def _calls(message: Message, path: str) -> Sequence[CallMade]:
    for at, call in enumerate(message.tool_calls or ()):
        if call.type != "function":
            raise bad(f"{path}.tool_calls.{at}.type", "must be 'function'")
    return message.tool_calls or ()


def _joined(parts: Sequence[Part], path: str) -> str:
    """The text of a message in parts, each on a line of its own."""
    texts: list[str] = []
    for at, part in enumerate(parts):
        text = part.refusal if part.type == "refusal" else part.text
        if part.type not in ("text", "refusal"):
            raise bad(f"{path}.content.{at}.type", "only parts of type 'text' are served: no images, audio or files")
        if text is None:
            raise bad(f"{path}.content.{at}.{part.type}", "is required")
        texts.append(text)
    return "\n".join(texts)
