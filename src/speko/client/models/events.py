"""The events of the two streams. `type` tells them apart."""

from typing import Literal

from speko.client.models.base import Result
from speko.client.models.results import CompleteResult, RoutedResult, TranscribeResult


class StreamMeta(RoutedResult):
    """Who serves the call; the first event."""

    type: Literal["meta"] = "meta"


class CompleteMeta(StreamMeta):
    """Who serves one hop of a completion; the first event of the hop."""

    total_failover_count: int = 0
    """Over all hops so far; `failover_count` is this hop's."""
    hop: int = 0
    """From 0."""


class TranscriptEvent(Result):
    """Text of one segment. An interim one is replaced by the next, until one is final."""

    type: Literal["transcript"] = "transcript"
    text: str = ""
    is_final: bool = False
    confidence: float | None = None
    """0 to 1, when the vendor says."""


class DeltaEvent(Result):
    """The next piece of a completion's text."""

    type: Literal["delta"] = "delta"
    text: str = ""


class ToolCallEvent(Result):
    """The model asks the caller to run a tool."""

    type: Literal["tool_call"] = "tool_call"
    id: str
    name: str
    args: str
    """Complete JSON text of the arguments."""


class ServerToolCallEvent(Result):
    """The gateway runs a tool itself."""

    type: Literal["server_tool_call"] = "server_tool_call"
    id: str
    name: str
    status: str
    """`started`, `completed` or `failed`."""


class TranscribeDone(TranscribeResult):
    """The last event of a transcription that went well."""

    type: Literal["done"] = "done"

    def result(self) -> TranscribeResult:
        """The same members without `type`."""
        return TranscribeResult.model_validate(self.model_dump(exclude={"type"}))


class CompleteDone(CompleteResult):
    """The last event of a completion that went well."""

    type: Literal["done"] = "done"

    def result(self) -> CompleteResult:
        """The same members without `type`."""
        return CompleteResult.model_validate(self.model_dump(exclude={"type"}))


class StreamError(Result):
    """The call failed after streaming had begun; the last event."""

    type: Literal["error"] = "error"
    error: str = "The stream failed."
    code: str = "STREAM_ERROR"
    request_id: str | None = None
    """Id of this call, for `requests.get`."""


TranscribeEvent = StreamMeta | TranscriptEvent | TranscribeDone | StreamError
CompleteEvent = CompleteMeta | DeltaEvent | ToolCallEvent | ServerToolCallEvent | CompleteDone | StreamError

TRANSCRIBE_EVENTS: dict[str, type[TranscribeEvent]] = {
    "meta": StreamMeta,
    "transcript": TranscriptEvent,
    "done": TranscribeDone,
    "error": StreamError,
}
COMPLETE_EVENTS: dict[str, type[CompleteEvent]] = {
    "meta": CompleteMeta,
    "delta": DeltaEvent,
    "tool_call": ToolCallEvent,
    "server_tool_call": ServerToolCallEvent,
    "done": CompleteDone,
    "error": StreamError,
}
