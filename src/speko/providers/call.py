"""What accompanies one attempt at a vendor: the credential it uses and the usage it runs up."""

from dataclasses import dataclass, field
from typing import Literal

from msgspec import Struct

KeySource = Literal["BYOK", "MANAGED"]
FinishReason = Literal["stop", "length", "content_filter"]
"""Why a model ended: it had said everything, or called a tool; its token limit was reached; the vendor withheld the
rest."""


@dataclass(frozen=True, slots=True)
class Credential:
    """How to reach a vendor for one organisation. The key never shows in a repr."""

    api_key: str | None = field(default=None, repr=False)
    base_url: str | None = None
    """Base URL as configured: `/chat/completions`, `/audio/…` are appended to it as it stands."""
    source: KeySource = "MANAGED"


class Usage(Struct):
    """What an attempt used so far. A connector keeps it true at every moment, because an attempt that fails or is
    cancelled is metered with what stands here then. Fields that do not apply stay 0."""

    audio_ms: int = 0
    """Milliseconds of audio heard (speech to text)."""
    characters: int = 0
    """Characters of text spoken (text to speech)."""
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    """Part of `input_tokens` that the vendor billed as cached."""
    input_audio_tokens: int = 0
    """Part of `input_tokens` that was audio (speech to speech)."""
    output_audio_tokens: int = 0
    """Part of `output_tokens` that was audio."""
    cached_audio_tokens: int = 0
    """Part of `cached_tokens` that was audio."""
    estimated: bool = False
    """True where the vendor reported nothing and we counted."""


MOST_TOKENS = 100_000_000
"""In one answer. No model takes or gives as many."""


def believable(*tokens: int | None) -> bool:
    """Whether a vendor's report can be true; None = it does not say. Usage is money: the vendor's mistake must neither
    pay a caller back nor ruin him."""
    return all(count is None or 0 <= count <= MOST_TOKENS for count in tokens)


@dataclass(slots=True)
class Call:
    """One attempt, as the attempt loop hands it to a connector.

    The loop owns all deadlines but one: only the connector can tell connecting from waiting, so it has to raise
    `DeadlineExceeded(stage="connect")` when it is not connected within `connect_timeout` seconds.
    """

    credential: Credential
    connect_timeout: float = 3.0
    usage: Usage = field(default_factory=Usage)
    request_id: str = ""
    finish_reason: FinishReason = "stop"
    """A model's connector sets it before the end of a whole answer."""
