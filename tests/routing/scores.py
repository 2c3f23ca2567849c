"""Short spellings of score rows and snapshots."""

from collections.abc import Sequence

from speko.providers.catalogue import Modality
from speko.routing.intent import AllowList, OptimizeFor, RoutingIntent
from speko.routing.policy import DEFAULT, Policy
from speko.routing.ranking import Ranking
from speko.routing.selection import rank
from speko.routing.snapshot import Mode, ScoreRow, Snapshot, Status

OPEN = AllowList()
_MODE: dict[Modality, Mode] = {"stt": "batch", "tts": "batch", "llm": "streaming", "s2s": "realtime"}


def row(
    name: str,
    quality: float | None = None,
    ms: float | None = None,
    usd: float | None = None,
    *,
    modality: Modality = "stt",
    language: str = "en",
    region: str = "global",
    stddev: float | None = None,
    status: Status = "production",
    streaming: bool = True,
    note: str = "",
    voice: str = "",
) -> ScoreRow:
    """One row of `provider:model` (the model is `m` where the name has none); speech outside `global` is streaming."""
    provider, _, model = name.partition(":")
    speech_in_region = modality in ("stt", "tts") and region != "global"
    return ScoreRow(
        modality=modality,
        provider=provider,
        model=model or "m",
        language=language,
        region=region,
        mode="streaming" if speech_in_region else _MODE[modality],
        quality=quality,
        latency_ms=ms,
        cost_per_minute=usd,
        latency_stddev_ms=stddev,
        status=status,
        streaming=streaming,
        note=note,
        voice=voice,
    )


def snapshot(*rows: ScoreRow, name: str = "run") -> Snapshot:
    """A measured snapshot whose id is its name."""
    return Snapshot(id=name, kind="measured", title=name, source="test", date=None, rows=rows)


def ranked(
    *snapshots: Snapshot,
    modality: Modality = "stt",
    language: str = "en",
    region: str = "global",
    optimize_for: OptimizeFor = "balanced",
    allowed: Sequence[str] = (),
    policy: Policy = DEFAULT,
) -> Ranking:
    """The ranking of one query."""
    intent = RoutingIntent(language, region, optimize_for)
    return rank(modality, intent, AllowList.of(tuple(allowed)), snapshots, policy)


def order(ranking: Ranking) -> list[str]:
    """The chain as `provider:model`."""
    return [f"{entry.provider}:{entry.model}" for entry in ranking.entries]


def providers(ranking: Ranking) -> list[str]:
    """The chain's providers."""
    return [entry.provider for entry in ranking.entries]


def scores(ranking: Ranking) -> list[float | None]:
    """The chain's scores."""
    return [entry.score for entry in ranking.entries]


def reasons(ranking: Ranking) -> dict[str, str]:
    """Why each provider was left out."""
    return {one.provider: one.reason for one in ranking.left_out}
