"""The messages that `POST /v1/chat/completions` sends: one completion, or a stream of chunks.

Source: https://platform.openai.com/docs/api-reference/chat/object and .../chat/streaming
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from speko.simulators.answer import EVENT_STREAM, Answer
from speko.simulators.script import FinishReason, ScriptedUsage

_DONE = b"data: [DONE]\n\n"
_BROKEN = b'data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":\n\n'
_ARGUMENTS_PER_CHUNK = 12
"""Characters."""


@dataclass(frozen=True, slots=True)
class Call:
    """A model calls a tool; `arguments` is sent as it stands."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Said:
    """A model's answer: text in the pieces that a stream sends one by one, then calls of tools."""

    pieces: tuple[str, ...]
    calls: tuple[Call, ...]
    finish_reason: FinishReason
    usage: ScriptedUsage | None
    """None = not reported."""


@dataclass(frozen=True, slots=True)
class Heading:
    """What all messages of one answer have in common. `created` is in seconds since 1970."""

    id: str
    created: int
    model: str


def completion(said: Said, heading: Heading) -> Answer:
    """The answer in one piece."""
    text = "".join(said.pieces)
    message: dict[str, Any] = {
        "role": "assistant",
        "content": None if said.calls and not text else text,
        "refusal": None,
        "annotations": [],
    }
    if said.calls:
        message["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in said.calls
        ]
    body = _head("chat.completion", heading)
    body["choices"] = [{"index": 0, "message": message, "logprobs": None, "finish_reason": said.finish_reason}]
    if said.usage is not None:
        body["usage"] = _usage(said.usage)
    return Answer((msgspec.json.encode(body),))


def stream(said: Said, heading: Heading, *, include_usage: bool) -> Answer:
    """The answer as events. The finish reason, the usage and `[DONE]` are its end mark."""
    chunks = tuple(_event(_chunk(heading, include_usage, delta)) for delta in _deltas(said))
    end = _event(_chunk(heading, include_usage, {}, said.finish_reason))
    if include_usage and said.usage is not None:
        last = _head("chat.completion.chunk", heading)
        end += _event({**last, "choices": [], "usage": _usage(said.usage)})
    end += _DONE
    return Answer(chunks, EVENT_STREAM, streamed=True, end=end, broken=_BROKEN, joined=b"".join(chunks) + end)


def _deltas(said: Said) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": None if said.calls and not said.pieces else "", "refusal": None}
    for piece in said.pieces:
        yield {"content": piece}
    for index, call in enumerate(said.calls):
        function = {"name": call.name, "arguments": ""}
        yield {"tool_calls": [{"index": index, "id": call.id, "type": "function", "function": function}]}
        for start in range(0, len(call.arguments), _ARGUMENTS_PER_CHUNK):
            part = call.arguments[start : start + _ARGUMENTS_PER_CHUNK]
            yield {"tool_calls": [{"index": index, "function": {"arguments": part}}]}


def _chunk(
    heading: Heading, include_usage: bool, delta: dict[str, Any], finish_reason: str | None = None
) -> dict[str, Any]:
    chunk = _head("chat.completion.chunk", heading)
    chunk["choices"] = [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}]
    if include_usage:
        chunk["usage"] = None
    return chunk


def _head(object_name: str, heading: Heading) -> dict[str, Any]:
    return {
        "id": heading.id,
        "object": object_name,
        "created": heading.created,
        "model": heading.model,
        "service_tier": "default",
        "system_fingerprint": None,
    }


def _usage(usage: ScriptedUsage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _event(data: dict[str, Any]) -> bytes:
    return b"data: " + msgspec.json.encode(data) + b"\n\n"
