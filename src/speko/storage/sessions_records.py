"""What the storage hands out and takes about sessions."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from msgspec import Struct, structs

from speko.realtime.spec import SessionSpec

Kind = Literal["s2s", "cascade"]
Status = Literal["created", "connecting", "active", "ended", "failed"]
Source = Literal["user", "agent", "system"]
LatencyStatus = Literal["partial", "complete", "interrupted", "error"]

LOST_AFTER = timedelta(minutes=1)
"""How long after its expiry a session that still counts as live is taken for one whose gateway died."""
EXPIRED = "expired"
LOST = "gateway_lost"


class SessionRow(Struct, frozen=True, kw_only=True):
    """One session. Source of the statuses: contract, sessions 2."""

    id: str
    """A uuid."""
    organization_id: str
    kind: Kind
    status: Status = "created"
    agent_id: str | None = None
    request_id: str
    """Of the request that created it; its attempts are booked under that."""
    spec: SessionSpec
    metadata: Mapping[str, Any] = {}
    webhook_tags: Mapping[str, str] = {}
    provider: str | None = None
    """The engine in service, or the last one that was; None before the first. Like the next."""
    model: str | None = None
    created_at: datetime
    expires_at: datetime
    ready_at: datetime | None = None
    """When the first engine was ready."""
    ended_at: datetime | None = None
    end_reason: str | None = None
    socket_owner: str | None = None
    """The process that has claimed it."""
    api_key_id: str | None = None
    """The API key it was created with; None = from the web console."""

    @property
    def over(self) -> bool:
        """Whether nothing more will happen in it."""
        return self.status in ("ended", "failed")


def as_of(row: SessionRow, now: datetime) -> SessionRow:
    """The row with what time alone has changed: a session that nobody joined is over when it expires, and one that
    outlives its expiry belongs to a gateway that died."""
    if row.status == "created" and row.expires_at <= now:
        return structs.replace(row, status="ended", ended_at=row.expires_at, end_reason=EXPIRED)
    live = row.status in ("connecting", "active") and row.kind == "s2s"
    if live and row.expires_at + LOST_AFTER <= now:
        return structs.replace(row, status="failed", ended_at=row.expires_at, end_reason=LOST)
    return row


class Claim(Struct, frozen=True):
    """The answer to who wants to serve a session's socket."""

    state: Literal["claimed", "in_use", "ended", "unknown"]
    row: SessionRow | None = None
    """Of a session that was claimed just now."""
    end_reason: str | None = None
    """Of one that has ended."""


class Once(Struct, frozen=True):
    """A creation that may be asked for again."""

    key: str
    """The caller's own."""
    body_sha256: str
    """Hex; of what was asked for."""
    response: Mapping[str, Any]
    """What is answered; without the token."""


class SessionFilter(Struct, frozen=True, kw_only=True):
    """Which sessions are listed. None = any; the range includes both ends."""

    status: str | None = None
    kind: str | None = None
    agent_id: str | None = None
    start: datetime | None = None
    end: datetime | None = None


Place = tuple[datetime, str]
"""Creation and id of a session: where it stands in the list."""


class Turn(Struct, frozen=True, kw_only=True):
    """What was said in one turn of one side. Source: contract, sessions 3. Times in ms."""

    id: str
    index: int
    source: Source
    text: str
    started_at: datetime
    ended_at: datetime | None = None
    provider: str | None = None
    model: str | None = None
    eou_ms: float | None = None
    llm_ttft_ms: float | None = None
    tts_ttfb_ms: float | None = None
    conversational_latency_ms: float | None = None
    latency_status: LatencyStatus | None = None
    tool_calls: tuple[Mapping[str, Any], ...] = ()
