"""Makes the request of `/chat/completions` out of ours."""

import hashlib
import re

from msgspec import structs

from speko.providers.llm import ChatMessage, LlmRequest
from speko.providers.openai_compatible import chat_wire as wire
from speko.providers.openai_compatible.profile import Profile

_NINE = re.compile(r"[a-zA-Z0-9]{9}")


def chat_request(request: LlmRequest, profile: Profile) -> wire.ChatRequest:
    """The request in the form that the vendor takes. What the model does not know is left out."""
    nine = profile.tool_call_ids == "nine"
    messages = [_message(message, nine=nine) for message in request.messages]
    if request.system_prompt is not None:
        messages.insert(0, wire.Message("system", request.system_prompt))
    tools = [wire.Tool(wire.Function(tool.name, tool.description, tool.parameters)) for tool in request.tools]
    limit, effort = request.max_tokens, request.reasoning_effort
    made = wire.ChatRequest(
        model=request.model,
        messages=messages,
        stream=True,
        stream_options=wire.StreamOptions(include_usage=True) if profile.stream_usage else None,
        temperature=request.temperature if profile.temperature else None,
        max_tokens=limit if profile.max_tokens_field == "max_tokens" else None,
        max_completion_tokens=limit if profile.max_tokens_field == "max_completion_tokens" else None,
        reasoning_effort=profile.nearest_effort(effort) if effort else None,
        tools=tools or None,
        # Both are refused where there are no tools.
        tool_choice=request.tool_choice if tools else None,
        parallel_tool_calls=request.parallel_tool_calls if tools else None,
    )
    return made if request.options is None else structs.replace(made, **structs.asdict(request.options))


def _message(message: ChatMessage, *, nine: bool) -> wire.Message:
    if message.role == "tool":
        # There is no error flag on the wire.
        content = f"Error: {message.content}" if message.is_error else message.content
        return wire.Message("tool", content, tool_call_id=_call_id(message.tool_call_id or "", nine=nine))
    if not message.tool_calls:
        return wire.Message(message.role, message.content)
    calls = [
        wire.ToolCall(_call_id(call.id, nine=nine), wire.FunctionCall(call.name, call.args))
        for call in message.tool_calls
    ]
    return wire.Message(message.role, message.content or None, tool_calls=calls)


def _call_id(call_id: str, *, nine: bool) -> str:
    """The id of a tool call, which may be another vendor's: made over for a vendor that wants nine characters."""
    if not nine or _NINE.fullmatch(call_id):
        return call_id
    return hashlib.blake2b(call_id.encode(), digest_size=5).hexdigest()[:9]
