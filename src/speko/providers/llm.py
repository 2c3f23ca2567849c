"""Language models: the protocol every model implements, and the chat messages it takes.

The structs that callers send (`ChatMessage`, `Tool`, …) are the wire's own, so that a conversation is decoded once and
reaches the connector as it is. Source: contract of `/v1/complete`.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol

from msgspec import Meta, Struct

from speko.providers.call import Call

Role = Literal["system", "user", "assistant", "tool"]
ReasoningEffort = Literal["none", "minimal", "low", "medium", "high", "xhigh"]
ToolName = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9_-]+$(?!\n)", min_length=1, max_length=64)]
"""As vendors take it; `/v1/complete` takes fewer (contract, one-shot endpoints 3). `(?!\n)` because Python's `$` stands
before a line's end, too."""


class ToolCall(Struct, frozen=True, rename="camel"):
    """A model asks to run a tool. `args` is complete JSON text."""

    id: str
    name: str
    args: str


class ChatMessage(Struct, frozen=True, rename="camel", omit_defaults=True):
    """One message of a conversation."""

    role: Role
    content: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    is_error: bool = False


class Tool(Struct, frozen=True, rename="camel"):
    """A tool the model may call; `parameters` is a JSON Schema object (draft 7)."""

    name: ToolName
    description: Annotated[str, Meta(min_length=1, max_length=1024)]
    parameters: dict[str, Any]


class NamedFunction(Struct, frozen=True):
    name: str


class NamedTool(Struct, frozen=True, tag_field="type", tag="function"):
    """`{"type": "function", "function": {"name": …}}`: this tool has to be called."""

    function: NamedFunction


ToolChoice = Literal["auto", "none", "required"] | NamedTool


@dataclass(frozen=True, slots=True)
class LlmCapabilities:
    """What a model's connector can do, declared by itself."""

    tools: bool
    reasoning_effort: bool = False
    options: bool = False
    """Takes `LlmOptions`."""


class LlmOptions(Struct, frozen=True, kw_only=True):
    """Wishes about how a model answers; absent ones are not sent to the vendor."""

    stop: tuple[str, ...] | None = None
    response_format: dict[str, Any] | None = None
    """As OpenAI's API writes it: `{"type": "json_object"}`, `{"type": "json_schema", …}`."""
    top_p: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    seed: int | None = None

    @property
    def binding(self) -> bool:
        """Whether an answer that knows nothing of them would be another one than was asked for."""
        return self.stop is not None or self.response_format is not None


class LlmRequest(Struct, frozen=True, kw_only=True):
    """`model` is the name the vendor knows. Absent options are not sent to the vendor."""

    model: str
    messages: tuple[ChatMessage, ...]
    system_prompt: str | None = None
    """Goes into the vendor's system slot, before any `system` message."""
    temperature: float | None = None
    max_tokens: int | None = None
    reasoning_effort: ReasoningEffort | None = None
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    language: str = "en"
    options: LlmOptions | None = None
    """For connectors with the capability."""


class TextDelta(Struct, frozen=True, gc=False):
    """A piece of the answer. A struct without garbage collection, because there are a hundred of them per answer."""

    text: str


LlmEvent = TextDelta | ToolCall


class LanguageModel(Protocol):
    """A model. Yields batches: all events decoded from one read, never empty ones.

    A `ToolCall` is yielded once, when its arguments are complete and parse as JSON. The iterator ends in good order or
    raises a `ProviderError`. Token counts in `call.usage` are kept true throughout: estimated while the answer runs,
    the vendor's own when it reports them.
    """

    capabilities: LlmCapabilities

    def complete(self, request: LlmRequest, call: Call) -> AsyncIterator[Sequence[LlmEvent]]: ...
