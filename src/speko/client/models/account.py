"""What the resources answer about the organization: its keys, its limits, its credit and what it used.

Times are ISO-8601 text in UTC, as they come.
"""

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
