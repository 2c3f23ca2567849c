"""Metrics of S2S sessions."""

from typing import get_args

from prometheus_client import CollectorRegistry

from speko.events.s2s import EndReason
from speko.observability.instruments import Counter, Histogram
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
        self._started = Counter(registry, "speko_sessions_started", "S2S sessions that got their first socket here.")
        self._ended = Counter(registry, "speko_sessions_ended", "S2S sessions that are over.", ("status", "reason"))
        who = ("provider", "model")
        self._turns = Counter(registry, "speko_turns", "Turns of S2S sessions.", (*who, "interrupted"))
        self._latency = Histogram(
            registry,
            "speko_turn_latency_seconds",
            "Time from the user's end of speech to the first audio of the answer.",
            who,
            buckets=_SECONDS,
        )
        self._switches = Counter(
            registry,
            "speko_engine_switches",
            "Engines that took a session over from one that was lost, the same engine connected anew included.",
            who,
        )

    def started(self) -> None:
        """A session begins."""
        self._started.add()

    def switched(self, provider: str, model: str) -> None:
        """Another engine serves."""
        self._switches.add(provider, self._models.label(provider, "s2s", model))

    def turn(self, record: TurnRecord, provider: str, model: str) -> None:
        """A turn is over; by the engine that answered."""
        model = self._models.label(provider, "s2s", model)
        self._turns.add(provider, model, "yes" if record.interrupted else "no")
        heard = any(stage.stage == "speech_ended" for stage in record.stages)
        first = next((stage.ms for stage in record.stages if stage.stage == "first_audio"), None)
        if heard and first is not None:  # a greeting answers nobody
            self._latency.observe(provider, model, seconds=max(0, first) / 1e3)

    def ended(self, status: str, reason: str) -> None:
        """A session is over."""
        self._ended.add(status, reason_label(reason))


def reason_label(reason: str) -> str:
    """Why a session ended, in the form of a label; `other` for what is not known here."""
    label = reason.lower().replace(" ", "_")
    return label if label in _REASONS else OTHER
