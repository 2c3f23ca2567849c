"""What the calls and sessions of one gateway process are made of, as one object that is passed around."""

import logging
import time
from collections.abc import Callable, Mapping

from speko.api.in_flight import InFlight
from speko.api.limiting import Limiting
from speko.api.metrics import Metrics
from speko.api.platform import platform_access
from speko.api.realtime.tokens import SessionTokens
from speko.api.request_watch import RequestWatch
from speko.api.spool import Spool
from speko.api.state import state_of
from speko.api.workers.place import Place
from speko.api.wrong_keys import Turns
from speko.limits.limits import Limits
from speko.observability.sessions import WatchedSession
from speko.observability.span_sender import sender_of
from speko.observability.tracing import SessionSpan, Tracing
from speko.providers.registry import Connectors, Registry, Runtime
from speko.realtime.observer import Observer
from speko.routing.access import OwnKey
from speko.routing.attempts import Deadlines
from speko.routing.health import Health
from speko.routing.ledger import Ledger
from speko.routing.router import Router
from speko.routing.score_files import packaged_snapshot, read_snapshot
from speko.routing.usual_latency import UsualLatency
from speko.settings import Settings
from speko.storage.store import Store

log = logging.getLogger(__name__)


class Parts:
    """The parts. Those without a value are there as soon as the gateway is open."""

    store: Store
    ledger: Ledger
    limiting: Limiting
    session_tokens: SessionTokens

    def __init__(
        self,
        settings: Settings,
        registry: Registry | None,
        environment: Mapping[str, str] | None,
        place: Place | None,
        live_sessions: Callable[[], int],
    ) -> None:
        """As for `Gateway`; `live_sessions` counts those that are held here."""
        self.settings = settings
        self.place = place or Place()
        self.registry = registry or Registry.load()
        self.runtime = Runtime(
            stt_workers=settings.stt_workers,
            agent_processes=settings.agent_processes,
            agent_sessions=settings.agent_sessions,
            agent_turn_detection=settings.agent_turn_detection,
            embedded=settings.embedded != "never",
        )
        self.connectors = Connectors(self.registry, self.runtime)
        self.metrics = Metrics(
            calls_in_flight=lambda: self.in_flight.count,
            live_sessions=live_sessions,
            knows=lambda provider, modality, model: self.registry.model(provider, modality, model) is not None,
            state=lambda: state_of(self.store, self.router.health.unwell(self.now()), self.spans),
        )
        self.spans = sender_of(settings, environment or {})
        """Sends spans to a collector; None = nobody traces."""
        self.tracing = Tracing(self.spans.put, settings.trace_ratio) if self.spans is not None else None
        self.spool = Spool(settings.max_spool_bytes)
        self.wrong_keys = Turns(self.now)
        self.in_flight = InFlight()
        self.deadlines = Deadlines(
            connect=settings.connect_timeout,
            first_byte=settings.first_byte_timeout,
            gap=settings.gap_timeout,
            total=settings.total_timeout,
            budget=settings.answer_budget,
        )
        self.usual = UsualLatency(settings.hedge_least_seconds) if settings.hedge == "p95" else None
        """What candidates usually take, for hedging; None = off."""
        self.router = Router(
            registry=self.registry,
            snapshots=[*map(read_snapshot, settings.scores), packaged_snapshot("published")],
            embedded_snapshots=[packaged_snapshot("embedded")],
            platform=platform_access(settings, self.registry, environment or {}),
            embedded=settings.embedded,
            health=Health(settings.breaker_failures, settings.breaker_open_seconds),
        )
        self._embedded_told: set[tuple[str, str]] = set()

    @property
    def limits(self) -> Limits:
        """What callers may use at most."""
        return self.limiting.limits

    def request_watch(self) -> RequestWatch:
        """What sees every request at the edge."""
        return RequestWatch(self.metrics.requests, self.tracing)

    def watched(self, session_id: str, observer: Observer, span: SessionSpan | None) -> Observer:
        """The observer of a session's bridge, with metrics and traces before it."""
        return WatchedSession(session_id, observer, self.metrics.conversations, span)

    def own_keys(self, organization_id: str) -> Mapping[str, OwnKey]:
        """The organisation's own vendor keys, oldest first."""
        return self.store.directory.provider_keys(organization_id)

    def embedded_serves(self, endpoint: str, provider: str) -> None:
        """Says in the log that an embedded engine serves: once for each endpoint and engine."""
        if (endpoint, provider) not in self._embedded_told:
            self._embedded_told.add((endpoint, provider))
            log.info("served by an embedded engine", extra={"endpoint": endpoint, "provider": provider})

    def now(self) -> float:
        """The clock of breakers and deadlines, in seconds."""
        return time.monotonic()
