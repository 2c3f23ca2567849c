"""One gateway process: its parts, opened and closed in order."""

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from speko.api.console.console import Console
from speko.api.counted_ledger import CountedLedger
from speko.api.limiting import Limiting
from speko.api.parts import Parts
from speko.api.realtime.live import LiveSessions
from speko.api.realtime.tokens import KEY_LABEL, SessionTokens
from speko.api.workers.lost_processes import bury_the_dead
from speko.api.workers.place import Place
from speko.api.workers.siblings import Siblings
from speko.api.workers.told import Told, told_by
from speko.console import site
from speko.providers.registry import Registration, Registry
from speko.settings import Settings
from speko.storage.retention import Rules
from speko.storage.store import Store
from speko.version import __version__

log = logging.getLogger(__name__)


class Gateway(Parts):
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
        super().__init__(settings, registry, environment, place, live_sessions=lambda: self.sockets.count)
        self.sockets = LiveSessions(self)
        self.siblings: Siblings | None = None
        """Other processes of this machine; None: the database serves one only."""
        self.console: Console | None = None
        self._console_files = console_files
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
            await bury_the_dead(self.store.sessions, self.siblings)
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

    def _told(self) -> Told:
        return told_by(self.metrics.registry, str(self.place.number))

    def not_ready(self) -> Literal["starting", "draining"] | None:
        """What keeps the gateway from serving, or None. A vendor's state never does, nor does a database that is away:
        calls go on from memory, and all replicas share it."""
        if self.draining:
            return "draining"
        return None if self.warm else "starting"


def gateway_of(app: Any) -> Gateway:
    """The gateway of a Litestar application."""
    gateway: Gateway = app.state.gateway
    return gateway
