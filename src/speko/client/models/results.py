"""What the three voice calls answer."""

from pydantic import Field

from speko.client.models.base import Result
from speko.client.models.params import ChatToolCall


class RoutedResult(Result):
    """Who served a call."""

    provider: str = "unknown"
    """Vendor that ran."""
    model: str = "unknown"
    failover_count: int = 0
    """Candidates that failed before this one."""
    scores_run_id: str | None = None
    """The score snapshot that the choice came from."""
    request_id: str | None = None
    """Id of this call, for `requests.get`."""


class TranscribeResult(RoutedResult):
    """The text of a recording."""

    text: str = ""
    confidence: float | None = None
    """0 to 1, when the vendor says."""


class SynthesizeResult(RoutedResult):
    """Speech."""

    audio: bytes = Field(repr=False)
    """In the format of `content_type`: usually signed 16-bit little-endian mono samples without a header."""
    content_type: str = "application/octet-stream"
    """For instance `audio/pcm;rate=24000`."""


class CompletionUsage(Result):
    """Tokens, summed over all hops."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


class CompleteResult(RoutedResult):
    """The answer of a language model."""

    text: str = ""
    usage: CompletionUsage = Field(default_factory=CompletionUsage)
    tool_calls: list[ChatToolCall] | None = None
    """Tools that the caller has to run, then ask again with their results; None when there are none."""
