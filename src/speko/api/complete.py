"""`POST /v1/complete`. Source: contract, one-shot 3."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, post
from litestar.types import ASGIApp, Send
from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from speko.api.body import BODY, read_body
from speko.api.errors import ApiError, invalid
from speko.api.openapi import SSE_COMPLETE
from speko.api.routed import RoutedCall
from speko.events import sse
from speko.events.oneshot import (
    CompleteDone,
    CompleteMeta,
    DeltaEvent,
    ErrorEvent,
    OneShotEvent,
    TokenUsage,
    ToolCallEvent,
)
from speko.providers.call import Call
from speko.providers.errors import ProviderError, Unsupported
from speko.providers.llm import (
    ChatMessage,
    LlmCapabilities,
    LlmEvent,
    LlmRequest,
    NamedTool,
    ReasoningEffort,
    TextDelta,
    Tool,
    ToolCall,
    ToolChoice,
)
from speko.routing.attempts import Candidate
from speko.routing.dispatch import Served
from speko.routing.intent import OptimizeFor, PipelineConstraints, RoutingIntent

_EFFORT: Mapping[OptimizeFor, ReasoningEffort | None] = {
    "latency": "low",
    "cost": "low",
    "accuracy": "high",
    "balanced": None,
}
"""Reasoning effort where the caller names none; None = the vendor's own default."""


class MessageBody(ChatMessage, frozen=True, rename="camel", omit_defaults=True):
    """A message as callers send it: null is as good as absent."""

    content: str | None = None  # type: ignore[assignment]
    tool_calls: tuple[ToolCall, ...] | None = ()  # type: ignore[assignment]
    is_error: bool | None = False  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if self.tool_calls is None:
            force_setattr(self, "tool_calls", ())
        if self.is_error is None:
            force_setattr(self, "is_error", False)
        if self.content is None:
            if not (self.role == "assistant" and self.tool_calls):
                raise ValueError("content is required, but for an assistant message with toolCalls")
            force_setattr(self, "content", "")


class ChatTool(Struct, frozen=True, rename="camel", kw_only=True):
    """A tool as callers declare it."""

    name: Annotated[str, Meta(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$(?!\n)", min_length=1, max_length=64)]
    description: Annotated[str, Meta(min_length=1, max_length=1024)]
    parameters: dict[str, Any]
    execution_mode: Literal["inline", "webhook", "builtin", "integration"] = "inline"
    source: dict[str, Any] | None = None
    pre_tool_speech: Literal["auto", "always", "never"] = "auto"


class CompleteBody(Struct, frozen=True, rename="camel", kw_only=True):
    """Body of `/v1/complete`."""

    messages: Annotated[tuple[MessageBody, ...], Meta(min_length=1)]
    intent: RoutingIntent
    system_prompt: str | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    max_tokens: Annotated[int, Meta(ge=1)] | None = None
    reasoning_effort: ReasoningEffort | None = None
    constraints: PipelineConstraints | None = None
    tools: tuple[ChatTool, ...] | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    max_tool_hops: Annotated[int, Meta(ge=1, le=16)] | None = None
    """Default 8; ignored as long as every tool is inline."""


@post("/v1/complete", status_code=200, opt={BODY: CompleteBody}, **SSE_COMPLETE)
async def complete(request: Request[Any, Any, Any]) -> ASGIApp:
    """A language model's answer, as a stream of events; tools are handed back to the caller to run."""
    body = await read_body(request, CompleteBody)
    check_conversation(body.messages)
    tools = check_tools(body.tools or (), body.tool_choice)
    return CompleteCall(request, body, tools)


def check_conversation(messages: Sequence[ChatMessage]) -> None:
    """Raises 400 unless every tool result answers an earlier call."""
    asked: set[str] = set()
    for index, message in enumerate(messages):
        path = f"messages.{index}"
        if message.tool_calls and message.role != "assistant":
            raise _bad(f"{path}.toolCalls", "only an assistant message has tool calls")
        for position, call in enumerate(message.tool_calls):
            try:
                msgspec.json.decode(call.args)
            except (msgspec.DecodeError, RecursionError):
                raise _bad(f"{path}.toolCalls.{position}.args", "must be JSON text") from None
            asked.add(call.id)
        if message.role == "tool":
            if message.tool_call_id is None:
                raise _bad(f"{path}.toolCallId", "is required on a tool message")
            if message.tool_call_id not in asked:
                raise _bad(f"{path}.toolCallId", "answers no earlier tool call")


def check_tools(tools: Sequence[ChatTool], choice: ToolChoice | None) -> tuple[Tool, ...]:
    """The tools for the model, or 400."""
    names: set[str] = set()
    for index, tool in enumerate(tools):
        path = f"tools.{index}"
        if tool.name in names:
            raise _bad(f"{path}.name", f"{tool.name!r} is used twice")
        names.add(tool.name)
        kind = tool.source.get("kind") if tool.source else None
        if kind is not None and kind != tool.execution_mode:
            raise _bad(f"{path}.source.kind", "must equal executionMode")
        if tool.execution_mode != "inline":
            raise _bad(f"{path}.executionMode", "this gateway runs no tools yet: only 'inline' is served")
    if isinstance(choice, NamedTool) and choice.function.name not in names:
        raise _bad("toolChoice.function.name", "names no tool of this request")
    if choice == "required" and not names:
        raise _bad("toolChoice", "'required' needs tools")
    return tuple(Tool(tool.name, tool.description, tool.parameters) for tool in tools)


def _bad(path: str, message: str) -> ApiError:
    return invalid(f"Invalid request: {path}: {message}", (path, message))


class CompleteCall(RoutedCall[LlmEvent]):
    """One conversation on its way through the chain."""

    endpoint = "complete"
    modality = "llm"
    failed_code = "COMPLETE_FAILED"

    def __init__(self, request: Request[Any, Any, Any], body: CompleteBody, tools: tuple[Tool, ...]) -> None:
        super().__init__(request, body.intent, body.constraints)
        self._body = body
        self._tools = tools

    def open(self, candidate: Candidate, call: Call) -> AsyncIterator[Sequence[LlmEvent]]:
        """Calls one model."""
        connector = self.gateway.connectors.llm(candidate.provider)
        if self._tools and not connector.capabilities.tools:
            raise Unsupported("calls no tools")
        return connector.complete(self.request_for(candidate, connector.capabilities), call)

    def request_for(self, candidate: Candidate, capabilities: LlmCapabilities) -> LlmRequest:
        """What one model is asked."""
        body = self._body
        effort = body.reasoning_effort
        if effort is None and candidate.spec is not None and candidate.spec.reasoning:
            effort = _EFFORT[body.intent.optimize_for]
        return LlmRequest(
            model=candidate.wire_model,
            messages=body.messages,
            system_prompt=body.system_prompt,
            temperature=body.temperature,
            max_tokens=body.max_tokens,
            reasoning_effort=effort if capabilities.reasoning_effort else None,
            tools=self._tools,
            tool_choice=body.tool_choice if self._tools else None,
            parallel_tool_calls=body.parallel_tool_calls if self._tools else None,
            language=body.intent.language,
        )

    def size(self) -> float:
        """Characters of the conversation."""
        prompt = self._body.system_prompt or ""
        return float(len(prompt) + sum(len(message.content or "") for message in self._body.messages))

    def useful(self, batch: Sequence[LlmEvent]) -> bool:
        """A tool call, or text that is not empty."""
        return any(not isinstance(event, TextDelta) or event.text for event in batch)

    async def respond(self, served: Served[LlmEvent], send: Send) -> None:
        """Streams the answer; everything of one read in one write."""
        candidate, failovers = served.candidate, served.failover_count
        headers = [*sse.HEADERS, *self.headers(candidate, failovers)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        events: list[OneShotEvent] = [
            CompleteMeta(
                provider=candidate.provider,
                model=candidate.model,
                failover_count=failovers,
                total_failover_count=failovers,
                scores_run_id=candidate.scores_run_id,
                hop=0,
            )
        ]
        text: list[str] = []
        calls: list[ToolCallEvent] = []
        try:
            while (batch := await served.next()) is not None:
                for event in batch:
                    if isinstance(event, TextDelta):
                        text.append(event.text)
                        events.append(DeltaEvent(event.text))
                    else:
                        calls.append(ToolCallEvent(event.id, event.name, event.args))
                        events.append(calls[-1])
                await send({"type": "http.response.body", "body": sse.encode(events), "more_body": True})
                events.clear()
        except ProviderError as error:
            events = [ErrorEvent(f"{candidate.provider}: {error.message}", self.failed_code)]
        else:
            usage = served.call.usage
            done = CompleteDone(
                text="".join(text),
                provider=candidate.provider,
                model=candidate.model,
                usage=TokenUsage(usage.input_tokens, usage.output_tokens),
                failover_count=failovers,
                scores_run_id=candidate.scores_run_id,
                tool_calls=tuple(calls) if calls else msgspec.UNSET,
            )
            events = [done]
        await send({"type": "http.response.body", "body": sse.encode(events), "more_body": False})
