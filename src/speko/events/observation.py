"""The events of `/v1/sessions/{id}/stream`. Source: contract, sessions 3 and 6."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from msgspec import Struct


class StatusEvent(Struct, frozen=True, rename="camel"):
    """How the session stands; sent first and on change."""

    event: ClassVar[str] = "status"
    status: str
    ended_at: str | None


class TurnEvent(Struct, frozen=True, rename="camel", kw_only=True):
    """What one side said in one turn. Times in ms."""

    event: ClassVar[str] = "transcript"
    id: str
    index: int
    source: Literal["user", "agent", "system"]
    text: str
    started_at: str
    ended_at: str | None
    """None: it goes on."""
    provider: str | None
    model: str | None
    eou_ms: float | None
    llm_ttft_ms: float | None
    tts_ttfb_ms: float | None
    conversational_latency_ms: float | None
    latency_status: Literal["partial", "complete", "interrupted", "error"] | None
    tool_calls: tuple[Mapping[str, Any], ...]


class EndEvent(Struct, frozen=True):
    """Last event: the session is over, or the client has to come again with its cursor."""

    event: ClassVar[str] = "end"
    reason: Literal["session_ended", "timeout"]


ObservationEvent = StatusEvent | TurnEvent | EndEvent
