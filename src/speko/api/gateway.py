"""Everything that a running gateway holds, made once and passed around as one object."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from speko.api.console.console import Console
from speko.api.limiting import Limiting
from speko.api.metrics import Metrics
from speko.api.realtime.live import LiveSessions
from speko.api.realtime.tokens import KEY_LABEL, SessionTokens
from speko.api.request_watch import RequestWatch
from speko.api.spool import Spool
from speko.api.state import state_of
from speko.api.workers.attaching import bury_the_dead
from speko.api.workers.place import Place
from speko.api.workers.siblings import Siblings
from speko.api.workers.told import Told, told_by
from speko.api.wrong_keys import Turns
from speko.console import site
from speko.limits.limits import Limits
from speko.observability.sessions import WatchedSession
from speko.observability.span_sender import sender_of
from speko.observability.tracing import SessionSpan, Tracing
from speko.providers.registry import Connectors, Registration, Registry, Runtime
from speko.realtime.bridge import Observer
from speko.routing.access import OwnKey, PlatformAccess
from speko.routing.attempts import Deadlines
from speko.routing.health import Health
from speko.routing.ledger import AttemptRow, Ledger, UsageRow
from speko.routing.router import Router
from speko.routing.score_files import packaged_snapshot, read_snapshot
from speko.routing.usual_latency import UsualLatency
from speko.settings import Settings, platform_settings
from speko.storage.retention import Rules
from speko.storage.store import Store
from speko.version import __version__

log = logging.getLogger(__name__)


class InFlight:
    """The tasks of calls in flight: counted for metrics, and ended when the gateway stops."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    @contextmanager
    def here(self) -> Iterator[None]:
        """The running task is a call for as long as the context lasts."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine that runs has one
        self._tasks.add(task)
        try:
            yield
        finally:
            self._tasks.discard(task)

    @property
    def count(self) -> int:
        """Calls in flight."""
        return len(self._tasks)

    async def end(self) -> None:
        """Cancels all calls and waits until each of them is booked."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel("gateway_stopped")
        await asyncio.gather(*tasks, return_exceptions=True)


class CountedLedger:
    """Passes rows on to storage, counts them for the metrics, and makes a span of each attempt."""

    def __init__(
        self,
        ledger: Ledger,
        metrics: Metrics,
        embedded: frozenset[str],
        tracing: Tracing | None = None,
        *,
        booked: Callable[[UsageRow], None],
    ) -> None:
        """`booked` hears of every usage row: limits count what is spent."""
        self._ledger = ledger
        self._metrics = metrics
        self._embedded = embedded
        self._tracing = tracing
        self._booked = booked

    def attempt(self, row: AttemptRow) -> None:
        """Books an attempt."""
        self._metrics.attempt(row)
        if self._tracing is not None:
            self._tracing.attempt(row)
        self._ledger.attempt(row)

    def usage(self, row: UsageRow) -> None:
        """Books what was served."""
        self._metrics.served(row, embedded=row.provider in self._embedded)
        self._ledger.usage(row)
        self._booked(row)


class Gateway:
    """The parts of one gateway process. `open` before the first request, `close` after the last."""

    def __init__(
        self,
        settings: Settings,
        registry: Registry | None = None,
        environment: Mapping[str, str] | None = None,
        console_files: Path | None = None,
        place: Place | None = None,
    ) -> None:
        """`environment` is where the vendors' usual variables are looked up; None = nowhere. `console_files`: the
        folder of the console's build; None = the package's own. `place`: among several processes; None = alone."""
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
            live_sessions=lambda: self.sockets.count,
            knows=lambda provider, modality, model: self.registry.model(provider, modality, model) is not None,
            state=lambda: state_of(self),
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
        self.store: Store
        self.ledger: Ledger
        self.limiting: Limiting
        self.session_tokens: SessionTokens
        self.siblings: Siblings | None = None
        """Other processes of this machine; None: the database serves one only."""
        self.console: Console | None = None
        self._console_files = console_files
        self.sockets = LiveSessions(self)
        self._embedded_told: set[tuple[str, str]] = set()
        self.warm = False
        self.draining = False
        """Whether the end has begun: calls go on, and whoever only watches is sent away."""

    async def open(self) -> None:
        """Opens storage, and reads the console's files."""
        settings = self.settings
        master_key = settings.master_key_bytes()
        previous = settings.previous_master_key_bytes()
        self.store = await Store.open(
            settings.database_url,
            settings.data,
            master_key,
            previous_master_key=previous,
            initial_credit=settings.initial_credit,
        )
        self.limiting = Limiting(settings, self.store, self.router.health, self.sockets.end_soon, self.metrics.refused)
        embedded = frozenset(v for v, r in self.registry.vendors.items() if r.vendor.embedded)
        self.ledger = CountedLedger(self.store.ledger, self.metrics, embedded, self.tracing, booked=self.limits.booked)
        self.store.keep_by(Rules(settings.transcript_days, settings.attempt_days))
        self.session_tokens = SessionTokens(self.store.derived_keys(KEY_LABEL))
        organization = await self.store.default_organization()
        if not self.store.is_sqlite:
            self.siblings = Siblings(settings.data, self.place, self._told)
            await bury_the_dead(self, self.siblings)
            await self.store.beat_as(self.place.owner)
        await self.limiting.open()
        if settings.console:
            files = await asyncio.to_thread(site.load, self._console_files)
            now = self.store.sessions.now
            self.console = Console(settings, files, self.store, organization, now, link=self.place.link)

    async def warm_up(self) -> None:
        """Starts the pools of the engines."""
        self.metrics.loop_lag.start(asyncio.get_running_loop())
        if self.spans is not None:
            self.spans.start()
        starting = {
            v: r.start(self.runtime)
            for v, r in self.registry.vendors.items()
            if r.start is not None and self._may_serve(r)
        }
        results = await asyncio.gather(*starting.values(), return_exceptions=True)
        for vendor, result in zip(starting, results, strict=True):
            if isinstance(result, Exception):
                log.error("engine failed to start", extra={"provider": vendor, "type": type(result).__name__})
        self.warm = True
        log.info(
            "gateway is ready",
            extra={"version": __version__, "sqlite": self.store.is_sqlite, "traces": self.tracing is not None},
        )

    def _may_serve(self, registration: Registration) -> bool:
        """Whether a vendor with something to start is of use: embedded ones are as the setting says, and the gateway's
        own agent may be made of others."""
        composite = any(model.composite for model in registration.vendor.models)
        return self.settings.embedded != "never" or not registration.vendor.embedded or composite

    def request_watch(self) -> RequestWatch:
        """What sees every request at the edge."""
        return RequestWatch(self.metrics.requests, self.tracing)

    def watched(self, session_id: str, observer: Observer, span: SessionSpan | None) -> Observer:
        """The observer of a session's bridge, with metrics and traces before it."""
        return WatchedSession(session_id, observer, self.metrics.conversations, span)

    def drain(self) -> None:
        """The end has begun."""
        self.draining = True
        log.info("gateway drains", extra={"calls": self.in_flight.count, "sessions": self.sockets.count})

    async def close(self) -> None:
        """Closes everything; what was metered is written."""
        self.warm = False
        self.metrics.loop_lag.stop()
        try:
            await self.sockets.end_all()
            await self.in_flight.end()
            if self.siblings is not None:
                await self.siblings.close()
            await self.runtime.close()
        finally:
            await self.limiting.close()
            try:
                if self.spans is not None:
                    await self.spans.close()
            finally:
                await self.store.close()
                log.info("gateway has stopped")

    @property
    def limits(self) -> Limits:
        """What callers may use at most."""
        return self.limiting.limits

    def _told(self) -> Told:
        return told_by(self.metrics.registry, str(self.place.number))

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

    def not_ready(self) -> Literal["starting", "draining"] | None:
        """What keeps the gateway from serving, or None. A vendor's state never does, nor does a database that is away:
        calls go on from memory, and all replicas share it."""
        if self.draining:
            return "draining"
        return None if self.warm else "starting"


def platform_access(
    settings: Settings, registry: Registry, environment: Mapping[str, str]
) -> dict[str, PlatformAccess]:
    """The operator's access to every vendor, from the configuration file and the vendors' own variables; in the order
    of the file, then of the catalogue."""
    found = {}
    for vendor_id in dict.fromkeys([*settings.providers, *registry.vendors]):
        registration = registry.get(vendor_id)
        if registration is None:
            log.warning("configured provider is not in the catalogue", extra={"provider": vendor_id})
            continue
        vendor = registration.vendor
        table = platform_settings(settings, vendor_id, vendor.key_env, vendor.base_url_env, environment)
        found[vendor_id] = PlatformAccess(
            api_key=table.api_key.get_secret_value() if table.api_key else None,
            base_url=table.base_url,
            models=table.configured_models(),
        )
    return found


def gateway_of(app: Any) -> Gateway:
    """The gateway of a Litestar application."""
    gateway: Gateway = app.state.gateway
    return gateway
