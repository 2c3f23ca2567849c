"""What `POST /v1/chat/completions` takes, and what it refuses.

Source: https://platform.openai.com/docs/api-reference/chat/create
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from speko.simulators.openai.errors import invalid


class TextPart(Struct, tag_field="type", tag="text", forbid_unknown_fields=True):
    text: str
    prompt_cache_breakpoint: Any = None


class RefusalPart(Struct, tag_field="type", tag="refusal", forbid_unknown_fields=True):
    refusal: str


class ImagePart(Struct, tag_field="type", tag="image_url", forbid_unknown_fields=True):
    image_url: dict[str, Any]
    prompt_cache_breakpoint: Any = None


class AudioPart(Struct, tag_field="type", tag="input_audio", forbid_unknown_fields=True):
    input_audio: dict[str, Any]
    prompt_cache_breakpoint: Any = None


class FilePart(Struct, tag_field="type", tag="file", forbid_unknown_fields=True):
    file: dict[str, Any]
    prompt_cache_breakpoint: Any = None


Part = TextPart | RefusalPart | ImagePart | AudioPart | FilePart


class CalledFunction(Struct, forbid_unknown_fields=True):
    name: str
    arguments: str


class CalledTool(Struct, tag_field="type", tag="function", forbid_unknown_fields=True):
    id: str
    function: CalledFunction


class SystemMessage(Struct, tag_field="role", tag="system", forbid_unknown_fields=True):
    content: str | list[TextPart]
    name: str | None = None


class DeveloperMessage(Struct, tag_field="role", tag="developer", forbid_unknown_fields=True):
    content: str | list[TextPart]
    name: str | None = None


class UserMessage(Struct, tag_field="role", tag="user", forbid_unknown_fields=True):
    content: str | list[Part]
    name: str | None = None


class AssistantMessage(Struct, tag_field="role", tag="assistant", forbid_unknown_fields=True):
    content: str | list[TextPart | RefusalPart] | None = None
    name: str | None = None
    refusal: str | None = None
    tool_calls: Annotated[list[CalledTool], Meta(min_length=1)] | None = None
    audio: Any = None
    function_call: Any = None
    annotations: Any = None
    """Only answers have it, but clients send an answer back as they got it."""


class ToolMessage(Struct, tag_field="role", tag="tool", forbid_unknown_fields=True):
    content: str | list[TextPart]
    tool_call_id: str


Message = SystemMessage | DeveloperMessage | UserMessage | AssistantMessage | ToolMessage
FunctionName = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9_-]{1,64}$(?!\n)")]


class Function(Struct, forbid_unknown_fields=True):
    name: FunctionName
    description: str = ""
    parameters: dict[str, Any] = {}
    strict: bool | None = None


class FunctionTool(Struct, tag_field="type", tag="function", forbid_unknown_fields=True):
    function: Function


class NamedFunction(Struct, forbid_unknown_fields=True):
    name: str


class NamedTool(Struct, tag_field="type", tag="function", forbid_unknown_fields=True):
    function: NamedFunction


class StreamOptions(Struct, forbid_unknown_fields=True):
    include_usage: bool = False
    include_obfuscation: bool = True


class ChatRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """All parameters by name, so that a misspelt one is refused. Those that change nothing here are not looked into."""

    model: Annotated[str, Meta(min_length=1)]
    messages: Annotated[list[Message], Meta(min_length=1)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_completion_tokens: Annotated[int, Meta(ge=1)] | None = None
    max_tokens: Annotated[int, Meta(ge=1)] | None = None
    n: Annotated[int, Meta(ge=1, le=1)] | None = None
    """More than one choice is not simulated."""
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    presence_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    frequency_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    tools: Annotated[list[FunctionTool], Meta(min_length=1, max_length=128)] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedTool | None = None
    parallel_tool_calls: bool | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    verbosity: Literal["low", "medium", "high"] | None = None
    metadata: dict[str, str] | None = None
    store: bool | None = None
    stop: str | list[str] | None = None
    seed: int | None = None
    user: str | None = None
    service_tier: Literal["auto", "default", "flex", "scale", "priority", "fast"] | None = None
    audio: Any = None
    function_call: Any = None
    functions: Any = None
    logit_bias: Any = None
    logprobs: bool | None = None
    modalities: list[Literal["text", "audio"]] | None = None
    moderation: Any = None
    prediction: Any = None
    prompt_cache_key: str | None = None
    prompt_cache_options: Any = None
    prompt_cache_retention: Any = None
    response_format: Any = None
    safety_identifier: str | None = None
    top_logprobs: int | None = None
    web_search_options: Any = None

    @property
    def limit(self) -> int | None:
        """Most tokens of an answer."""
        return self.max_completion_tokens or self.max_tokens

    @property
    def include_usage(self) -> bool:
        """Whether a stream ends with a chunk of token counts."""
        return self.stream_options is not None and self.stream_options.include_usage


DECODER = msgspec.json.Decoder(ChatRequest)


def text_of(message: Message) -> str:
    """The text of a message; what is not text is left out."""
    if not isinstance(message.content, list):
        return message.content or ""
    return "".join(part.text for part in message.content if isinstance(part, TextPart))


def check(request: ChatRequest) -> None:
    """Refuses what fits field by field, but not together.

    Raises:
        Refused: with the parameter that is wrong.
    """
    if request.stream_options is not None and not request.stream:
        raise invalid("stream_options is only allowed when stream is true.", "stream_options")
    if request.max_tokens is not None and request.max_completion_tokens is not None:
        raise invalid("max_tokens and max_completion_tokens exclude each other.", "max_tokens")
    if request.metadata and not request.store:
        raise invalid("metadata is only allowed when store is true.", "metadata")
    if not request.tools:
        for name in ("tool_choice", "parallel_tool_calls"):
            if getattr(request, name) is not None:
                raise invalid(f"{name} is only allowed when tools are given.", name)
    if isinstance(request.tool_choice, NamedTool):
        names = {tool.function.name for tool in request.tools or ()}
        if request.tool_choice.function.name not in names:
            raise invalid("tool_choice names a function that is not among the tools.", "tool_choice")
    _check_turns(request.messages)


def _check_turns(messages: Sequence[Message]) -> None:
    """Every call of a tool is followed by its result, and every result follows its call."""
    open_calls: set[str] = set()
    for position, message in enumerate(messages):
        where = f"messages[{position}]"
        if isinstance(message, ToolMessage):
            if message.tool_call_id not in open_calls:
                raise invalid("A tool message has to follow the tool call that it answers.", where)
            open_calls.discard(message.tool_call_id)
            continue
        if open_calls:
            raise invalid("Tool calls have to be followed by tool messages that answer each of them.", where)
        if isinstance(message, AssistantMessage):
            open_calls = {call.id for call in message.tool_calls or ()}
            if message.content is None and not (open_calls or message.refusal or message.audio):
                raise invalid("An assistant message has content or tool calls.", where)
    if open_calls:
        raise invalid("Tool calls have to be followed by tool messages that answer each of them.", "messages")
