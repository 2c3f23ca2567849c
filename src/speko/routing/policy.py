"""How scores are weighed and what is refused: data with defaults in code (contract: routing, sections 5 and 6)."""

from math import isclose
from typing import Literal

from msgspec import Struct

from speko.providers.catalogue import Modality
from speko.routing.intent import OptimizeFor

TieBreaker = Literal["latency_ms", "latency_stddev_ms", "cost_per_minute"]
"""A figure of a row; lower comes first, not measured comes last."""


class Weights(Struct, frozen=True, forbid_unknown_fields=True):
    """What each axis counts. All at least 0 and 1 in sum, so that scores stay within 0..1."""

    quality: float
    latency: float
    cost: float

    def __post_init__(self) -> None:
        parts = (self.quality, self.latency, self.cost)
        if min(parts) < 0 or not isclose(sum(parts), 1.0, abs_tol=1e-9):
            raise ValueError(f"weights must be at least 0 and 1 in sum, not {parts}")


class Presets(Struct, frozen=True, forbid_unknown_fields=True):
    """Weights by what the caller optimises for."""

    balanced: Weights = Weights(0.5, 0.3, 0.2)
    accuracy: Weights = Weights(0.8, 0.15, 0.05)
    latency: Weights = Weights(0.2, 0.7, 0.1)
    cost: Weights = Weights(0.15, 0.15, 0.7)

    def of(self, optimize_for: OptimizeFor) -> Weights:
        """The weights of one preset."""
        weights: Weights = getattr(self, optimize_for)
        return weights


class ModalityPolicy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Weights, hard filters and near ties of one modality."""

    presets: Presets = Presets()
    max_latency_ms: float | None = None
    """Milliseconds; slower rows are refused, equal ones pass. Rows of mode `batch` are exempt."""
    min_quality: float | None = None
    """In the quality axis' own unit, where higher is better; lower rows are refused, equal ones pass."""
    tie_margin: float = 0.0
    """Scores this close to the leader's count as equal."""
    batch_tie: tuple[TieBreaker, ...] = ()
    live_tie: tuple[TieBreaker, ...] = ()
    """What decides among equals, in mode `batch` and in the others."""


_SPEECH_TIE: tuple[TieBreaker, ...] = ("latency_ms",)
_BATCH_TIE: tuple[TieBreaker, ...] = ("cost_per_minute",)


class Policy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One policy per modality."""

    stt: ModalityPolicy = ModalityPolicy(
        max_latency_ms=3000, tie_margin=0.01, batch_tie=_BATCH_TIE, live_tie=_SPEECH_TIE
    )
    tts: ModalityPolicy = ModalityPolicy(
        max_latency_ms=1500, tie_margin=0.01, batch_tie=_BATCH_TIE, live_tie=_SPEECH_TIE
    )
    llm: ModalityPolicy = ModalityPolicy()
    s2s: ModalityPolicy = ModalityPolicy(
        presets=Presets(balanced=Weights(0.4, 0.4, 0.2)),
        max_latency_ms=6000,
        min_quality=50,
        tie_margin=0.02,
        live_tie=("latency_ms", "latency_stddev_ms"),
    )

    def of(self, modality: Modality) -> ModalityPolicy:
        """The policy of one modality."""
        policy: ModalityPolicy = getattr(self, modality)
        return policy


DEFAULT = Policy()
