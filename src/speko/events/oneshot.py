"""The events of `/v1/transcribe` and `/v1/complete`. Source: contract, one-shot 1 and 3."""

from typing import ClassVar, Literal

from msgspec import UNSET, Struct, UnsetType


class TranscribeMeta(Struct, frozen=True, rename="camel"):
    """Who is answering. First event of `/v1/transcribe`."""

    event: ClassVar[str] = "meta"
    provider: str
    model: str
    failover_count: int
    scores_run_id: str | None


class TranscriptEvent(Struct, frozen=True, rename="camel"):
    """Words of one segment; one that is not final is replaced by the next."""

    event: ClassVar[str] = "transcript"
    text: str
    is_final: bool
    confidence: float | None


class TranscribeDone(Struct, frozen=True, rename="camel"):
    """The whole text. Last event on success."""

    event: ClassVar[str] = "done"
    text: str
    provider: str
    model: str
    confidence: float | None
    failover_count: int
    scores_run_id: str | None


class CompleteMeta(Struct, frozen=True, rename="camel"):
    """Who answers this hop. First event of each hop."""

    event: ClassVar[str] = "meta"
    provider: str
    model: str
    failover_count: int
    total_failover_count: int
    scores_run_id: str | None
    hop: int


class DeltaEvent(Struct, frozen=True, gc=False):
    """A piece of the answer."""

    event: ClassVar[str] = "delta"
    text: str


class ToolCallEvent(Struct, frozen=True):
    """A tool that the caller is asked to run; `args` is JSON text."""

    event: ClassVar[str] = "tool_call"
    id: str
    name: str
    args: str


class ServerToolCallEvent(Struct, frozen=True):
    """A tool that the gateway runs itself."""

    event: ClassVar[str] = "server_tool_call"
    id: str
    name: str
    status: Literal["started", "completed", "failed"]


class TokenUsage(Struct, frozen=True, rename="camel"):
    """Tokens over all hops."""

    prompt_tokens: int
    completion_tokens: int


class CompleteDone(Struct, frozen=True, rename="camel"):
    """The whole answer. Last event on success; `tool_calls` only when there are some to run."""

    event: ClassVar[str] = "done"
    text: str
    provider: str
    model: str
    usage: TokenUsage
    failover_count: int
    scores_run_id: str | None
    tool_calls: tuple[ToolCallEvent, ...] | UnsetType = UNSET


class ErrorEvent(Struct, frozen=True):
    """The answer broke. Last event on failure."""

    event: ClassVar[str] = "error"
    error: str
    code: str


OneShotEvent = (
    TranscribeMeta
    | TranscriptEvent
    | TranscribeDone
    | CompleteMeta
    | DeltaEvent
    | ToolCallEvent
    | ServerToolCallEvent
    | CompleteDone
    | ErrorEvent
)
