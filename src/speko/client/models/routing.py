"""What the resources answer about the choice of models: the stack, the scores behind it, and what was tried.

Times are ISO-8601 text in UTC, as they come.
"""

from pydantic import Field

from speko.client.models.base import Result


class StackIntent(Result):
    """The intent as the gateway understood it."""

    language: str
    region: str
    optimize_for: str


class StackAxis(Result):
    """One term of a score, which is the sum of `norm` x `weight`."""

    name: str
    raw: float | None = None
    """As measured; None = not measured."""
    norm: float | None = None
    """0 (worst of the candidates) to 1 (best)."""
    weight: float | None = None


class StackCandidate(Result):
    """A model that may serve a call."""

    provider_id: str
    model_id: str
    score: float | None = None
    """0 to 1, relative to the other candidates; None = never measured."""
    scores_run_id: str | None = None
    usable: bool | None = None
    """A credential, a base URL or a program is there, whichever it needs. One that is not usable is skipped."""
    health: str | None = None
    """`closed` (well), `open` (skipped) or `half_open` (probed)."""
    reason: str | None = None
    """Why it is not usable, for machines."""
    hint: str | None = None
    """What to do about it."""
    axes: list[StackAxis] | None = None
    """With `explain` only."""


class StackLayer(StackCandidate):
    """The first choice of one layer, and who would follow if it failed."""

    runners_up: list[StackCandidate] = Field(default_factory=list)


class FilteredCandidate(Result):
    """A model that was left out."""

    modality: str
    provider_id: str
    model_id: str
    mode: str | None = None
    """What was measured, such as `batch` or `streaming.us-east4`."""
    reason: str
    """For people."""
    scores_run_id: str | None = None


class RoutingStack(Result):
    """What the gateway would choose for an intent. A layer without any candidate is None."""

    intent: StackIntent
    scores_run_id: str | None = None
    """Of the first layer present, in the order stt, llm, tts, s2s."""
    stt: StackLayer | None = None
    llm: StackLayer | None = None
    tts: StackLayer | None = None
    s2s: StackLayer | None = None
    filtered_out: list[FilteredCandidate] = Field(default_factory=list, alias="filtered_out")
    notes: list[str] = Field(default_factory=list)


class ScoreSnapshot(Result):
    """The figures of one harness."""

    id: str
    date: str | None = None
    source: str | None = None
    own: bool = False
    """The operator's own, which ranks before those that come with the gateway."""


class ScoreRow(Result):
    """One measurement. What was not measured is None."""

    snapshot_id: str
    modality: str
    """`stt`, `llm`, `tts` or `s2s`."""
    provider: str
    provider_name: str | None = None
    model: str
    voice: str | None = None
    language: str | None = None
    """BCP-47, or `*`."""
    region: str | None = None
    mode: str | None = None
    """`batch`, `streaming` or `realtime`."""
    quality_metric: str | None = None
    """`wer_pct` and `round_trip_cer_pct` (lower is better), `quality_score` and `task_success_pct` (higher is)."""
    quality: float | None = None
    latency_metric: str | None = None
    latency_ms: float | None = None
    cost_usd_per_minute: float | None = None
    status: str | None = None
    """`production`, `warned` or `provisional`."""
    note: str | None = None


class BenchmarkScores(Result):
    """Snapshots in the order in which they rank, and their rows in that order."""

    snapshots: list[ScoreSnapshot] = Field(default_factory=list)
    rows: list[ScoreRow] = Field(default_factory=list)


class Attempt(Result):
    """One try at one model."""

    provider: str
    model: str
    modality: str | None = None
    """`stt`, `llm`, `tts` or `s2s`."""
    endpoint: str | None = None
    position: int | None = None
    """0 for the first candidate that was tried."""
    outcome: str
    """`served`, `failed` or `cancelled`."""
    cause: str | None = None
    """Why it did not serve."""
    status: int | None = None
    """The vendor's HTTP status."""
    key_source: str | None = None
    """`BYOK` or `MANAGED`."""
    started_at: str | None = None
    first_byte_ms: float | None = None
    total_ms: float | None = None
    cost_micro_usd: int | None = None
    """What the vendor is likely to bill."""
    usage_estimated: bool = False
    """The vendor did not say what was used; it was reckoned from what went over the wire."""
    message: str | None = None
    """The vendor's complaint."""
    scores_run_id: str | None = None


class RequestAttempts(Result):
    """All tries of one call, in order."""

    request_id: str
    attempts: list[Attempt] = Field(default_factory=list)
