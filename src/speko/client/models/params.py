"""What callers send: the routing intent, constraints, chat messages and tools."""

from typing import Any, Literal

from pydantic import Field

from speko.client.models.base import Params

OptimizeFor = Literal["balanced", "accuracy", "latency", "cost"]
ReasoningEffort = Literal["none", "minimal", "low", "medium", "high", "xhigh"]
Role = Literal["system", "user", "assistant", "tool"]


class RoutingIntent(Params):
    """What a call is for; the gateway picks the provider from it."""

    language: str = Field(min_length=1)
    """BCP-47 tag, such as `en` or `es-MX`."""
    region: str | None = None
    """Where latency was measured, such as `us-east4`; the gateway's default is `global`."""
    optimize_for: OptimizeFor | None = None
    """The gateway's default is `balanced`."""


class AllowedProviders(Params):
    """Allow-lists per layer. An entry is `vendor` or `vendor:model`; empty or absent = no constraint."""

    stt: list[str] | None = None
    llm: list[str] | None = None
    tts: list[str] | None = None
    s2s: list[str] | None = None


class PipelineConstraints(Params):
    """What the gateway may choose from."""

    allowed_providers: AllowedProviders | None = None


class ChatToolCall(Params):
    """A model asks to run a tool."""

    id: str
    name: str
    args: str
    """Complete JSON text of the arguments."""


class ChatMessage(Params):
    """One message of a conversation."""

    role: Role
    content: str
    """May be empty on an assistant message with tool calls."""
    tool_calls: list[ChatToolCall] | None = None
    """On `assistant` messages: what the model asked for."""
    tool_call_id: str | None = None
    """On `tool` messages: the call that this is the result of."""
    is_error: bool | None = None
    """On `tool` messages: the run failed."""


class ChatTool(Params):
    """A tool that the model may call. The caller runs it and sends the result as a `tool` message."""

    name: str
    """`[a-zA-Z_][a-zA-Z0-9_]*`, at most 64 characters."""
    description: str
    """1 to 1024 characters."""
    parameters: dict[str, Any]
    """JSON Schema (draft 7) of the arguments; sent as it is."""


class NamedFunction(Params):
    """The name of a tool."""

    name: str


class NamedToolChoice(Params):
    """The model has to call this tool."""

    type: Literal["function"] = "function"
    function: NamedFunction


ToolChoice = Literal["auto", "none", "required"] | NamedToolChoice
