"""What the resources answer. Times are ISO-8601 text in UTC, as they come."""

from typing import Any

from pydantic import Field

from speko.client.models.base import Result


class UsageRow(Result):
    """Use of one vendor, by kind and by whose key paid."""

    provider: str
    """Vendor whose output reached the caller."""
    type: str | None = None
    """`stt`, `llm` or `tts`; absent for speech to speech."""
    metric: str
    """`stt_seconds`, `tts_characters`, `llm_tokens`, …"""
    key_source: str | None = None
    """`BYOK` or `MANAGED`."""
    charge_kind: str | None = None
    """`minutes`, `add_on`, `included`, `free` or `byok`."""
    quantity: float = 0.0
    """In the unit of `metric`."""
    cost: float = 0.0
    """USD."""


class UsageSummary(Result):
    """What the organization used in a range of time."""

    total_sessions: int = 0
    total_minutes: float = 0.0
    """Audio minutes."""
    total_cost: float = 0.0
    """USD."""
    minutes_cost: float | None = None
    """USD."""
    minutes_billed_seconds: float | None = None
    add_on_cost: float | None = None
    """USD."""
    breakdown: list[UsageRow] = Field(default_factory=list)
    balance_usd: float | None = None
    balance_micro_usd: str | None = None
    currency: str = "USD"


class CreditBalance(Result):
    """What is left of the organization's credit."""

    balance_usd: float = 0.0
    balance_micro_usd: str
    """A whole number of micro-USD; negative where more was used than credited."""
    currency: str = "USD"
    updated_at: str


class CreditEntry(Result):
    """One change of the credit."""

    id: str
    kind: str
    """`grant`, `debit`, `topup`, `refund` or `adjustment`."""
    amount_micro_usd: str
    """A whole number of micro-USD; debits are negative."""
    metric: str | None = None
    provider: str | None = None
    session_id: str | None = None
    note: str | None = None
    created_at: str


class CreditLedger(Result):
    """A page of the ledger, newest first."""

    entries: list[CreditEntry] = Field(default_factory=list)
    next_cursor: str | None = None
    """None at the end."""


class LimitedCount(Result):
    """A limit and what is used of it."""

    limit: int | None = None
    """None = there is none."""
    used: int | None = None
    """None = nobody counts."""


class LimitedMoney(Result):
    """A limit of money and what is spent in the calendar month (UTC), in whole micro-USD."""

    limit_micro_usd: str | None = None
    used_micro_usd: str = "0"
    resets_at: str


class SubjectLimits(Result):
    """The limits of an API key or an organization."""

    id: str
    requests_per_minute: LimitedCount
    concurrent_sessions: LimitedCount
    monthly_spend: LimitedMoney


class Limits(Result):
    """What holds for the caller."""

    api_key: SubjectLimits | None = None
    organization: SubjectLimits
    credits_enforced: bool = False


class UsagePoint(Result):
    """Use of one vendor on one day (UTC), by kind and by whose key paid."""

    date: str
    """As 2026-03-14."""
    provider: str
    type: str | None = None
    """`stt`, `llm` or `tts`; absent for speech to speech."""
    metric: str
    key_source: str | None = None
    """`BYOK` or `MANAGED`."""
    quantity: float = 0.0
    """In the unit of `metric`."""
    cost: float = 0.0
    """USD."""
    cost_micro_usd: int = 0
    calls: int = 0
    """Calls and sessions that it served; each counts once a day, and once for each of its metrics."""


class AttemptsPoint(Result):
    """The attempts at one vendor that began on one day (UTC)."""

    date: str
    provider: str
    made: int = 0
    """The sum of the three."""
    served: int = 0
    failed: int = 0
    cancelled: int = 0


class UsageSeries(Result):
    """What was used and tried, by day, then by vendor. A day without anything has no points."""

    from_date: str | None = Field(None, alias="from")
    to_date: str | None = Field(None, alias="to")
    by: str = "day"
    currency: str = "USD"
    usage: list[UsagePoint] = Field(default_factory=list)
    attempts: list[AttemptsPoint] = Field(default_factory=list)


class Voice(Result):
    """A voice, to be passed as `voice` to `synthesize`."""

    vendor: str
    id: str
    name: str


class VoiceProvider(Result):
    """A vendor that speaks."""

    key: str
    name: str
    models: list[str] = Field(default_factory=list)
    voices_fetched_live: bool = False
    """The vendor's library is per account: its voices are not in the list."""


class VoiceList(Result):
    """Voices, and the vendors that have them."""

    voices: list[Voice] = Field(default_factory=list)
    providers: list[VoiceProvider] = Field(default_factory=list)


class ProviderModel(Result):
    """A model of a vendor."""

    id: str
    capabilities: Any = None
    composite: bool = False
    """The gateway's own, made of other models."""


class ProviderStatus(Result):
    """Whether a vendor can be used in one layer."""

    key: str
    """Vendor id, as in allow-lists."""
    name: str
    type: str
    """`stt`, `llm`, `tts` or `s2s`."""
    configured: bool
    """Some credential, the organization's own or the platform's, is there."""
    source: str | None = None
    """`BYOK`: the organization's own key."""
    updated_at: str | None = None
    """Last change of the organization's own key."""
    rejected_at: str | None = None
    """When the vendor last refused that key; None again when it takes it."""
    rejected_status: int | None = None
    """HTTP status of the refusal, where there was one."""
    rejection: str | None = None
    """The vendor's words, secrets removed."""
    models: list[ProviderModel] | None = None
    reason: str | None = None
    """Why it cannot be used, for machines."""
    hint: str | None = None
    """What to do about it."""
    embedded: bool = False
    """It runs inside the gateway and needs no key."""


class ProviderTest(Result):
    """What came of trying a credential."""

    provider: str
    ok: bool
    """Nothing speaks against a call."""
    source: str | None = None
    """Whose credential was used, `BYOK` or `MANAGED`; None where none was."""
    checked_at: str | None = None
    latency_ms: float | None = None
    """To the vendor's answer; None where there was none."""
    status: int | None = None
    """HTTP status of the vendor's answer."""
    message: str = ""
    """What came, or what to do, for people."""
    models: int | None = None
    """How many models the vendor lists."""
    verdict: str = "unknown"
    """What the answer says about the key: `accepted`, `rejected`, or `unknown`, also where there is none."""


class KnownProvider(Result):
    """One entry that an allow-list may hold."""

    id: str
    """To be put into the allow-list as it is."""
    vendor: str
    vendor_name: str
    model: str | None = None
    """None on the row that stands for every model of the vendor."""
    benchmarked: bool = False
    """There is a score."""


class KnownProviders(Result):
    """What allow-lists may hold, per layer."""

    stt: list[KnownProvider] = Field(default_factory=list)
    llm: list[KnownProvider] = Field(default_factory=list)
    tts: list[KnownProvider] = Field(default_factory=list)
    s2s: list[KnownProvider] = Field(default_factory=list)


class ProviderKeyStatus(Result):
    """Whether the organization's own key is stored now."""

    provider: str
    configured: bool


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


class ApiKey(Result):
    """An API key of the organization, without its secret."""

    id: str
    name: str
    key_prefix: str
    """The first characters, for telling keys apart."""
    scopes: list[str] = Field(default_factory=list)
    revoked: bool = False
    last_used_at: str | None = None
    created_at: str | None = None


class CreatedApiKey(Result):
    """A new API key. Its secret is shown this once."""

    id: str
    name: str
    key: str = Field(repr=False)
    """The secret."""
    key_prefix: str
    created_at: str | None = None


class RevokedApiKey(Result):
    """An API key that no longer works."""

    id: str
    revoked: bool


class Organization(Result):
    """Whom the API key belongs to."""

    id: str
    name: str
    slug: str | None = None
    created_at: str | None = None
    metadata: dict[str, Any] | None = None
