"""The two ledgers: every attempt, and what was served.

`attempts` says what was tried, why it ended and what the vendor is likely to bill. `usage` says whose output reached
the caller; it is what customers are shown.
"""

from datetime import datetime
from typing import Literal, Protocol

from msgspec import Struct

from speko.providers.call import KeySource, Usage
from speko.providers.catalogue import Modality

Outcome = Literal["served", "failed", "cancelled"]
Metric = Literal[
    "stt_seconds", "tts_characters", "llm_tokens", "s2s_input_audio_tokens", "s2s_output_audio_tokens", "s2s_seconds"
]
ChargeKind = Literal["minutes", "add_on", "included", "free", "byok"]


class AttemptRow(Struct, frozen=True, kw_only=True):
    """One attempt at one candidate."""

    id: str
    request_id: str
    organization_id: str
    session_id: str | None
    endpoint: str
    """`transcribe`, `synthesize`, `complete` or `session`, also of a call that came by another door."""
    modality: Modality
    position: int
    """0 for the first candidate that was tried in this call."""
    provider: str
    model: str
    key_source: KeySource
    outcome: Outcome
    cause: str | None
    """`ProviderError.cause`; of a cancelled one `caller_left`, `caller_stalled`, `gateway_stopped`, `hedged` (another
    candidate was faster) or `crash`; None when all went well."""
    status: int | None
    """The vendor's HTTP status."""
    message: str | None
    """The vendor's complaint, secrets removed."""
    started_at: datetime
    first_byte_ms: float | None
    total_ms: float
    usage: Usage
    cost_micro_usd: int
    """Estimated: what the vendor is likely to bill."""
    scores_run_id: str | None
    api_key_id: str | None = None
    """The API key that the call came with; None = from the web console."""
    named_session_id: str | None = None
    """The session that the caller says a call belongs to, known to nobody yet: it is stored as `session_id` where the
    organisation has such a session."""
    credential_id: str = "platform"
    """Which vendor key was used: `platform`, or the id of the organisation's own. Not stored."""
    hedge: bool = False
    """It was asked beside another candidate that was slow. Not stored."""
    traceparent: str | None = None
    """The span of the call in the caller's or our own trace (W3C Trace Context). Not stored."""


class UsageRow(Struct, frozen=True, kw_only=True):
    """What one call served."""

    id: str
    request_id: str
    organization_id: str
    session_id: str | None
    provider: str
    model: str
    type: Literal["stt", "llm", "tts", "s2s"]
    metric: Metric
    quantity: float
    key_source: KeySource
    charge_kind: ChargeKind
    cost_micro_usd: int
    """What the organisation pays: 0 for its own keys and for embedded engines."""
    audio_ms: int
    """Audio heard or spoken, for the sum of minutes."""
    estimated: bool
    created_at: datetime
    api_key_id: str | None = None
    """As in `AttemptRow`; the next likewise."""
    named_session_id: str | None = None


class Ledger(Protocol):
    """Takes rows without waiting; somebody else writes them down."""

    def attempt(self, row: AttemptRow) -> None: ...

    def usage(self, row: UsageRow) -> None: ...
