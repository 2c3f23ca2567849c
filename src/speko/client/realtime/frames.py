"""The text frames of the socket, without I/O: the gateway's as dicts, the caller's as text."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypedDict

SAMPLE_RATES = (16000, 24000)
"""Hz."""


class AudioFrame(TypedDict):
    """The agent's voice: signed 16-bit little-endian mono samples, at `sample_rate` Hz."""

    type: Literal["audio"]
    pcm: bytes
    sample_rate: int


class ReadyFrame(TypedDict):
    """The engine is there. Rates in Hz, final."""

    type: Literal["ready"]
    input_sample_rate: int
    output_sample_rate: int


class TranscriptFrame(TypedDict):
    """The words of one utterance so far; each replaces the one before, until one is final."""

    type: Literal["transcript"]
    role: Literal["user", "assistant"]
    text: str
    final: bool


class ToolCallFrame(TypedDict):
    """Answer with `send_tool_result`. `arguments` is JSON text."""

    type: Literal["tool_call"]
    call_id: str
    name: str
    arguments: str


class ServerToolCallFrame(TypedDict):
    """A tool that the gateway runs; `status` is `started`, `completed` or `failed`."""

    type: Literal["server_tool_call"]
    id: str
    name: str
    status: str


class UsageFrame(TypedDict):
    """Tokens of one response; to be added up."""

    type: Literal["usage"]
    input_audio_tokens: int
    output_audio_tokens: int


class InterruptionFrame(TypedDict):
    """The response is over: drop what was not played. `at`: whoever ended it."""

    type: Literal["interruption"]
    at: Literal["user", "assistant"]


class TurnFrame(TypedDict):
    """A stage of a turn; `ms` since the user's end of speech, negative before it."""

    type: Literal["turn"]
    stage: str
    ms: float
    provider: str | None
    model: str | None


class ErrorFrame(TypedDict):
    """Something went wrong; `close` follows when it was fatal. `WS_ERROR`: the connection broke."""

    type: Literal["error"]
    code: str
    message: str


class CloseFrame(TypedDict):
    """The session is over; the last frame."""

    type: Literal["close"]
    reason: str


RealtimeFrame = (
    AudioFrame
    | ReadyFrame
    | TranscriptFrame
    | ToolCallFrame
    | ServerToolCallFrame
    | UsageFrame
    | InterruptionFrame
    | TurnFrame
    | ErrorFrame
    | CloseFrame
)


def read_frame(text: str) -> RealtimeFrame | None:
    """A text frame of the gateway; None for what is no JSON object, or of a kind that this version does not know.

    Missing members, and members of another type, get their default. A rate of `ready` that no socket has is 0.
    """
    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        return None
    kind = members.get("t") if isinstance(members, dict) else None
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    return reader(members) if reader is not None else None


def write_frame(kind: str, **members: Any) -> str:
    """A text frame of the caller. Raises ValueError for what JSON cannot carry."""
    return json.dumps({"t": kind, **members}, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _text(members: Mapping[str, Any], name: str, default: str = "") -> str:
    value = members.get(name)
    return value if isinstance(value, str) else default


def _count(members: Mapping[str, Any], name: str) -> int:
    value = members.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _number(members: Mapping[str, Any], name: str) -> float:
    value = members.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else 0


def _maybe(members: Mapping[str, Any], name: str) -> str | None:
    return _text(members, name) or None


def _rate(members: Mapping[str, Any], name: str) -> int:
    rate = _count(members, name)
    return rate if rate in SAMPLE_RATES else 0


def _ready(members: Mapping[str, Any]) -> RealtimeFrame:
    return {
        "type": "ready",
        "input_sample_rate": _rate(members, "inputSampleRate"),
        "output_sample_rate": _rate(members, "outputSampleRate"),
    }


def _transcript(members: Mapping[str, Any]) -> RealtimeFrame:
    return {
        "type": "transcript",
        "role": "user" if members.get("role") == "user" else "assistant",
        "text": _text(members, "text"),
        "final": members.get("final") is True,
    }


def _tool_call(members: Mapping[str, Any]) -> RealtimeFrame:
    return {
        "type": "tool_call",
        "call_id": _text(members, "callId"),
        "name": _text(members, "name"),
        "arguments": _text(members, "arguments"),
    }


def _server_tool_call(members: Mapping[str, Any]) -> RealtimeFrame:
    return {
        "type": "server_tool_call",
        "id": _text(members, "id"),
        "name": _text(members, "name"),
        "status": _text(members, "status", "started"),
    }


def _usage(members: Mapping[str, Any]) -> RealtimeFrame:
    return {
        "type": "usage",
        "input_audio_tokens": _count(members, "inputAudioTokens"),
        "output_audio_tokens": _count(members, "outputAudioTokens"),
    }


def _interruption(members: Mapping[str, Any]) -> RealtimeFrame:
    return {"type": "interruption", "at": "assistant" if members.get("at") == "assistant" else "user"}


def _turn(members: Mapping[str, Any]) -> RealtimeFrame:
    return {
        "type": "turn",
        "stage": _text(members, "stage"),
        "ms": _number(members, "ms"),
        "provider": _maybe(members, "provider"),
        "model": _maybe(members, "model"),
    }


def _error(members: Mapping[str, Any]) -> RealtimeFrame:
    return {"type": "error", "code": _text(members, "code") or "UNKNOWN", "message": _text(members, "message")}


def _end(members: Mapping[str, Any]) -> RealtimeFrame:
    return {"type": "close", "reason": _text(members, "reason")}


_READERS: dict[str, Callable[[Mapping[str, Any]], RealtimeFrame]] = {
    "ready": _ready,
    "transcript": _transcript,
    "tool_call": _tool_call,
    "server_tool_call": _server_tool_call,
    "usage": _usage,
    "interruption": _interruption,
    "turn": _turn,
    "error": _error,
    "end": _end,
}
