"""`GET /v1/benchmarks/scores`: the figures that routing goes by. Source: contract, routing 3."""

from collections.abc import Iterator
from typing import Any

from litestar import Request, get
from litestar.params import FromQuery
from msgspec import Struct

from speko.api.errors import ApiError
from speko.api.gateway import Gateway, gateway_of
from speko.api.openapi import SCORES
from speko.providers.catalogue import Modality, speaks
from speko.routing.intent import InvalidIntent, normalize_language
from speko.routing.metrics import QUALITY_METRIC, latency_metric
from speko.routing.snapshot import Mode, ScoreRow, Snapshot, Status


class SnapshotView(Struct, frozen=True):
    """The figures of one harness, never mixed with another's."""

    id: str
    date: str | None
    """ISO date of the measurement."""
    source: str | None
    own: bool
    """The operator's own (setting `scores`), which ranks before those of the package."""


class ScoreRowView(Struct, frozen=True, rename="camel", kw_only=True):
    """One measurement. What was not measured is null."""

    snapshot_id: str
    modality: Modality
    provider: str
    provider_name: str
    model: str
    voice: str | None
    language: str
    """BCP-47, or `*`."""
    region: str
    mode: Mode
    quality_metric: str
    """`wer_pct` and `round_trip_cer_pct` (lower is better), `quality_score` and `task_success_pct` (higher is)."""
    quality: float | None
    latency_metric: str
    latency_ms: float | None
    cost_usd_per_minute: float | None
    status: Status
    note: str | None


class ScoresView(Struct, frozen=True):
    """Snapshots in the order in which they rank, and their rows in that order."""

    snapshots: tuple[SnapshotView, ...]
    rows: tuple[ScoreRowView, ...]


@get("/v1/benchmarks/scores", **SCORES)
async def scores(
    request: Request[Any, Any, Any],
    modality: FromQuery[Modality | None] = None,
    language: FromQuery[str | None] = None,
) -> ScoresView:
    """Every row of every measured snapshot, whether or not its vendor can be called. `language`: rows that can speak
    for it, which are also those of its primary tag and of `*`."""
    gateway = gateway_of(request.app)
    tag = _tag(language) if language else None
    own = len(gateway.settings.scores)
    snapshots = (*gateway.router.snapshots, *gateway.router.embedded_snapshots)
    return ScoresView(
        tuple(_snapshot(snapshot, own=place < own) for place, snapshot in enumerate(snapshots)),
        tuple(_row(gateway, snapshot, row) for snapshot, row in _rows(snapshots, modality, tag)),
    )


def _tag(language: str) -> str:
    try:
        return normalize_language(language)
    except InvalidIntent as error:
        raise ApiError(400, "INVALID_INTENT", str(error)) from None


def _rows(
    snapshots: tuple[Snapshot, ...], modality: Modality | None, tag: str | None
) -> Iterator[tuple[Snapshot, ScoreRow]]:
    for snapshot in snapshots:
        for row in snapshot.rows:
            if modality in (None, row.modality) and (tag is None or speaks((row.language,), tag)):
                yield snapshot, row


def _snapshot(snapshot: Snapshot, *, own: bool) -> SnapshotView:
    date = snapshot.date.isoformat() if snapshot.date else None
    return SnapshotView(snapshot.id, date, snapshot.source or None, own)


def _row(gateway: Gateway, snapshot: Snapshot, row: ScoreRow) -> ScoreRowView:
    registration = gateway.registry.get(row.provider)
    return ScoreRowView(
        snapshot_id=snapshot.id,
        modality=row.modality,
        provider=row.provider,
        provider_name=registration.vendor.name if registration else row.provider,
        model=row.model,
        voice=row.voice or None,
        language=row.language,
        region=row.region,
        mode=row.mode,
        quality_metric=QUALITY_METRIC[row.modality],
        quality=row.quality,
        latency_metric=latency_metric(row.modality, row.mode == "batch"),
        latency_ms=row.latency_ms,
        cost_usd_per_minute=row.cost_per_minute,
        status=row.status,
        note=row.note or None,
    )
