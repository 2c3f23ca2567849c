"""Metrics of S2S sessions."""

from functools import lru_cache
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Histogram

from speko.events.s2s import EndReason
from speko.observability.labels import OTHER, Models
from speko.realtime.actions import TurnRecord

_SECONDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0)
_REASONS = frozenset(
    {
        *get_args(EndReason),
        "client_closed",
        "client_lost",
        "client_too_slow",
        "flood",
        "internal_error",
        "provider_connect_failed",
        "provider_disconnected",
    }
)


class ConversationMetrics:
    """Sessions, their turns and their engines."""

    def __init__(self, registry: CollectorRegistry, models: Models) -> None:
        self._models = models
        self._started = Counter(
            "speko_sessions_started_total", "S2S sessions that got their first socket here.", registry=registry
        )
        ended = Counter(
            "speko_sessions_ended_total", "S2S sessions that are over.", ("status", "reason"), registry=registry
        )
        who = ("provider", "model")
        turns = Counter("speko_turns_total", "Turns of S2S sessions.", (*who, "interrupted"), registry=registry)
        latency = Histogram(
            "speko_turn_latency_seconds",
            "Time from the user's end of speech to the first audio of the answer.",
            who,
            buckets=_SECONDS,
            registry=registry,
        )
        switches = Counter(
            "speko_engine_switches_total",
            "Engines that took a session over from one that was lost, the same engine connected anew included.",
            who,
            registry=registry,
        )
        remember = lru_cache(maxsize=512)
        self._ended_with = remember(ended.labels)
        self._turns_with = remember(turns.labels)
        self._latency_with = remember(latency.labels)
        self._switches_with = remember(switches.labels)

    def started(self) -> None:
        """A session begins."""
        self._started.inc()

    def switched(self, provider: str, model: str) -> None:
        """Another engine serves."""
        self._switches_with(provider, self._models.label(provider, "s2s", model)).inc()

    def turn(self, record: TurnRecord, provider: str, model: str) -> None:
        """A turn is over; by the engine that answered."""
        model = self._models.label(provider, "s2s", model)
        self._turns_with(provider, model, "yes" if record.interrupted else "no").inc()
        heard = any(stage.stage == "speech_ended" for stage in record.stages)
        first = next((stage.ms for stage in record.stages if stage.stage == "first_audio"), None)
        if heard and first is not None:  # a greeting answers nobody
            self._latency_with(provider, model).observe(max(0, first) / 1e3)

    def ended(self, status: str, reason: str) -> None:
        """A session is over."""
        self._ended_with(status, reason_label(reason)).inc()


def reason_label(reason: str) -> str:
    """Why a session ended, in the form of a label; `other` for what is not known here."""
    label = reason.lower().replace(" ", "_")
    return label if label in _REASONS else OTHER
