"""The requests of the three voice calls, and the headers of their answers, without I/O."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from speko.client.models.params import (
    ChatMessage,
    ChatTool,
    NamedToolChoice,
    OptimizeFor,
    PipelineConstraints,
    ReasoningEffort,
    RoutingIntent,
    ToolChoice,
)
from speko.client.wire import (
    WireRequest,
    given,
    header_int,
    header_json,
    json_request,
    list_of_members,
    members_without_null,
)

Audio = bytes | bytearray | memoryview
IntentParam = RoutingIntent | Mapping[str, Any]
ConstraintsParam = PipelineConstraints | Mapping[str, Any]
MessageParam = ChatMessage | Mapping[str, Any]
ToolParam = ChatTool | Mapping[str, Any]
ToolChoiceParam = ToolChoice | Mapping[str, Any]


def transcribe_request(
    audio: Audio,
    *,
    language: str,
    region: str | None,
    optimize_for: OptimizeFor | None,
    content_type: str,
    constraints: ConstraintsParam | None,
    session_id: str | None,
    keywords: Sequence[str] | None,
    stt_language: str | None,
) -> WireRequest:
    """`POST /v1/transcribe`: the audio is the body, everything else travels in headers."""
    headers = {
        "Content-Type": content_type,
        "X-Speko-Intent": header_json(_intent(language, region, optimize_for)),
        **_session_header(session_id),
    }
    if constraints is not None:
        headers["X-Speko-Constraints"] = header_json(members_without_null(constraints, PipelineConstraints))
    options = given(keywords=None if keywords is None else list(keywords), language=stt_language)
    if options:
        headers["X-Speko-Stt-Options"] = header_json(options)
    return WireRequest("POST", "/v1/transcribe", headers=headers, content=bytes(audio))


def synthesize_request(
    text: str,
    *,
    language: str,
    region: str | None,
    optimize_for: OptimizeFor | None,
    voice: str | None,
    model: str | None,
    speed: float | None,
    instructions: str | None,
    spoken_form: bool | None,
    constraints: ConstraintsParam | None,
    session_id: str | None,
) -> WireRequest:
    """`POST /v1/synthesize`."""
    body = given(
        text=text,
        intent=_intent(language, region, optimize_for),
        voice=voice,
        model=model,
        speed=speed,
        instructions=instructions,
        spokenForm=spoken_form,
        constraints=None if constraints is None else members_without_null(constraints, PipelineConstraints),
    )
    return json_request("POST", "/v1/synthesize", body, _session_header(session_id))


def complete_request(
    *,
    messages: Sequence[MessageParam],
    intent: IntentParam,
    system_prompt: str | None,
    temperature: float | None,
    max_tokens: int | None,
    reasoning_effort: ReasoningEffort | None,
    constraints: ConstraintsParam | None,
    tools: Sequence[ToolParam] | None,
    tool_choice: ToolChoiceParam | None,
    parallel_tool_calls: bool | None,
    max_tool_hops: int | None,
    session_id: str | None,
) -> WireRequest:
    """`POST /v1/complete`."""
    body = given(
        messages=list_of_members(messages, ChatMessage),
        intent=members_without_null(intent, RoutingIntent),
        systemPrompt=system_prompt,
        temperature=temperature,
        maxTokens=max_tokens,
        reasoningEffort=reasoning_effort,
        constraints=None if constraints is None else members_without_null(constraints, PipelineConstraints),
        tools=None if tools is None else list_of_members(tools, ChatTool),
        toolChoice=_tool_choice(tool_choice),
        parallelToolCalls=parallel_tool_calls,
        maxToolHops=max_tool_hops,
    )
    return json_request("POST", "/v1/complete", body, _session_header(session_id))


def speech_metadata(headers: httpx.Headers) -> dict[str, Any]:
    """Who spoke, and in which format: members of `SynthesizeResult`, left out where the header is."""
    return given(
        provider=headers.get("x-speko-provider"),
        model=headers.get("x-speko-model"),
        failover_count=header_int(headers, "x-speko-failover-count"),
        scores_run_id=headers.get("x-speko-scores-run-id"),
        content_type=headers.get("content-type"),
        request_id=headers.get("x-request-id"),
    )


def _intent(language: str, region: str | None, optimize_for: OptimizeFor | None) -> dict[str, Any]:
    intent = RoutingIntent(language=language, region=region, optimize_for=optimize_for)
    return members_without_null(intent, RoutingIntent)


def _tool_choice(choice: ToolChoiceParam | None) -> Any:
    if choice is None or isinstance(choice, str):
        return choice
    # `type` has a default, and has to be sent nevertheless.
    return members_without_null(choice, NamedToolChoice)


def _session_header(session_id: str | None) -> dict[str, str]:
    session = (session_id or "").strip()
    return {"x-session-id": session} if session else {}
