"""The messages of `/chat/completions`, as far as we use them.

Source: https://platform.openai.com/docs/api-reference/chat. Tests hold every message against the types of the `openai`
package. Fields that we do not need are not decoded.
"""

from typing import Any

from msgspec import Struct
from msgspec.json import Decoder, Encoder

from speko.providers.llm import ReasoningEffort, ToolChoice

# ---- requests ----


class FunctionCall(Struct, frozen=True):
    name: str
    arguments: str


class ToolCall(Struct, frozen=True, tag_field="type", tag="function"):
    id: str
    function: FunctionCall


class Message(Struct, frozen=True, omit_defaults=True):
    role: str
    content: str | None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None


class Function(Struct, frozen=True):
    name: str
    description: str
    parameters: dict[str, Any]


class Tool(Struct, frozen=True, tag_field="type", tag="function"):
    function: Function


class StreamOptions(Struct, frozen=True):
    include_usage: bool


class ChatRequest(Struct, frozen=True, omit_defaults=True, kw_only=True):
    model: str
    messages: list[Message]
    stream: bool
    stream_options: StreamOptions | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    reasoning_effort: ReasoningEffort | None = None
    tools: list[Tool] | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    stop: tuple[str, ...] | None = None
    response_format: dict[str, Any] | None = None
    top_p: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    seed: int | None = None


encode_request = Encoder().encode

# ---- answers ----


class FunctionDelta(Struct, gc=False):
    name: str | None = None
    arguments: str | None = None


class ToolCallDelta(Struct, gc=False):
    index: int | None = None
    id: str | None = None
    function: FunctionDelta | None = None


class ContentPart(Struct, gc=False):
    """Mistral's reasoning models answer in parts, of which some are thoughts."""

    type: str = "text"
    text: str | None = None


class Delta(Struct, gc=False):
    """`delta` of a chunk, or `message` of an answer in one piece."""

    content: str | list[ContentPart] | None = None
    refusal: str | None = None
    tool_calls: list[ToolCallDelta] | None = None


class Choice(Struct, gc=False):
    delta: Delta | None = None
    message: Delta | None = None
    finish_reason: str | None = None


class PromptDetails(Struct, gc=False):
    cached_tokens: int | None = None


class ReportedUsage(Struct, gc=False):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    prompt_tokens_details: PromptDetails | None = None


class Chunk(Struct, gc=False):
    """A chunk, or an answer in one piece."""

    choices: list[Choice] | None = None
    usage: ReportedUsage | None = None
    error: Any = None


decode_chunks = Decoder(list[Chunk]).decode
