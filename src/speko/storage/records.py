"""What the storage hands out: plain values, timestamps aware and in UTC, money in micro-USD."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from speko.providers.call import KeySource
from speko.routing.ledger import ChargeKind


def new_id(prefix: Literal["org", "key", "byok", "turn"]) -> str:
    """A fresh id: the prefix, an underscore and 16 hex."""
    return f"{prefix}_{secrets.token_hex(8)}"


class Organization(Struct, frozen=True, kw_only=True):
    """A tenant. Everything else belongs to one."""

    id: str
    name: str
    slug: str
    """Lower case, unique."""
    created_at: datetime
    metadata: Mapping[str, Any] = {}


class ApiKey(Struct, frozen=True, kw_only=True):
    """An API key as it is known after it was made: without the key."""

    id: str
    organization_id: str
    name: str
    prefix: str
    """For display: `sk_live_abc1234...`."""
    created_at: datetime
    last_used_at: datetime | None
    """Kept to the minute."""
    revoked: bool


@dataclass(frozen=True, slots=True)
class OwnKey:
    """A vendor key that an organisation brought. The secret never shows in a repr."""

    id: str
    """Changes when another key is stored for the vendor."""
    vendor: str
    secret: str | None = field(repr=False)
    """None: the master key does not open it."""
    stored_at: datetime


class UsageLine(Struct, frozen=True, kw_only=True):
    """The sum over one (provider, type, metric, key source)."""

    provider: str
    type: Literal["stt", "llm", "tts", "s2s"]
    metric: str
    key_source: KeySource
    charge_kind: ChargeKind | None
    """None where rows of several kinds were summed."""
    quantity: float
    cost_micro_usd: int


class UsageSummary(Struct, frozen=True, kw_only=True):
    """What an organisation used in a range of time."""

    total_sessions: int
    """Distinct sessions; a call outside any session adds none."""
    total_minutes: float
    """Minutes of audio heard and spoken."""
    total_cost_micro_usd: int
    minutes_cost_micro_usd: int | None
    """Cost of what was charged by the minute; None when nothing was."""
    minutes_billed_seconds: float | None
    """Seconds of audio that were charged by the minute; None when nothing was."""
    add_on_cost_micro_usd: int | None
    """None when there were no add-ons."""
    breakdown: tuple[UsageLine, ...]
