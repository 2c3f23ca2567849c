"""What a selection says: the chain of candidates, and why the others are not in it."""

from typing import Literal

from msgspec import Struct

from speko.providers.catalogue import Modality
from speko.routing.intent import RoutingIntent
from speko.routing.snapshot import ScoreRow

Cause = Literal["language", "not_allowed", "no_data", "provisional", "warned", "no_protocol", "cutoff"]
"""Why a candidate was left out, for programs: no row for the language, outside the allow-list, no row for the mode,
not measured yet, measured and flagged, no streaming or realtime protocol, too slow or too bad."""


class Axis(Struct, frozen=True):
    """One axis of one candidate."""

    name: str
    """`wer_pct`, `ttfp_p50_ms`, `usd_per_minute`, …: the unit is part of the name."""
    raw: float | None
    """As measured; None = not measured."""
    norm: float
    """0 (worst of the candidates that were compared) to 1 (best); 0.5 where nothing was measured."""
    weight: float


class Entry(Struct, frozen=True, kw_only=True):
    """A candidate in the chain."""

    provider: str
    model: str
    score: float | None
    """0..1 relative to the candidates of the same snapshot, not rounded; None = declared, never scored."""
    scores_run_id: str
    """The snapshot that put it here."""
    axes: tuple[Axis, ...]
    """Quality, latency, cost; empty where there is no score."""
    row: ScoreRow
    """The row that won."""
    reason: str = ""
    """Of a candidate without a score: why the measured snapshots did not score it."""


class LeftOut(Struct, frozen=True, kw_only=True):
    """A candidate that some snapshot knows and the chain lacks."""

    modality: Modality
    provider: str
    model: str
    mode: str
    """The mode key that was asked for: `batch`, `streaming.us-east4`, `realtime.us-east4`, `streaming_sse`."""
    cause: Cause
    reason: str
    """For people."""
    scores_run_id: str
    """The snapshot that left it out."""


class Ranking(Struct, frozen=True, kw_only=True):
    """The result of one selection."""

    modality: Modality
    intent: RoutingIntent
    entries: tuple[Entry, ...]
    """The primary, then the runners-up, in the order in which they are tried."""
    left_out: tuple[LeftOut, ...]
    """By provider and model. No candidate is both here and in `entries`."""
    notes: tuple[str, ...]
    """For people, each beginning with the modality."""

    @property
    def scores_run_id(self) -> str | None:
        """The primary's snapshot, which is also the first one that put anybody into the chain; None without entries."""
        return self.entries[0].scores_run_id if self.entries else None
