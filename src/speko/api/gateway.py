"""Everything that a running gateway holds, made once and passed around as one object."""

import asyncio
import logging
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from speko.api.metrics import Metrics
from speko.api.spool import Spool
from speko.providers.registry import Connectors, Registry, Runtime
from speko.routing.access import OwnKey, PlatformAccess
from speko.routing.attempts import Deadlines
from speko.routing.health import Health
from speko.routing.ledger import AttemptRow, Ledger, UsageRow
from speko.routing.router import Router
from speko.routing.score_files import load_snapshots
from speko.settings import Settings, platform_settings
from speko.storage.store import Store

log = logging.getLogger(__name__)


class InFlight:
    """Counts the calls in flight, for metrics and for draining."""

    def __init__(self) -> None:
        self.count = 0

    async def __aenter__(self) -> None:
        self.count += 1

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.count -= 1


class CountedLedger:
    """Passes rows on to storage and counts them for the metrics."""

    def __init__(self, ledger: Ledger, metrics: Metrics, embedded: frozenset[str]) -> None:
        self._ledger = ledger
        self._metrics = metrics
        self._embedded = embedded

    def attempt(self, row: AttemptRow) -> None:
        """Books an attempt."""
        self._metrics.attempt(row)
        self._ledger.attempt(row)

    def usage(self, row: UsageRow) -> None:
        """Books what was served."""
        self._metrics.served(row, embedded=row.provider in self._embedded)
        self._ledger.usage(row)


class Gateway:
    """The parts of one gateway process. `open` before the first request, `close` after the last."""

    def __init__(self, settings: Settings, registry: Registry | None = None) -> None:
        self.settings = settings
        self.registry = registry or Registry.load()
        self.runtime = Runtime(stt_workers=settings.stt_workers)
        self.connectors = Connectors(self.registry, self.runtime)
        self.metrics = Metrics()
        self.spool = Spool(settings.max_spool_bytes)
        self.in_flight = InFlight()
        self.deadlines = Deadlines(
            connect=settings.connect_timeout,
            first_byte=settings.first_byte_timeout,
            gap=settings.gap_timeout,
            total=settings.total_timeout,
            budget=settings.answer_budget,
        )
        self.router = Router(
            registry=self.registry,
            snapshots=load_snapshots(settings.scores),
            platform=platform_access(settings, self.registry),
            embedded=settings.embedded,
            health=Health(settings.breaker_failures, settings.breaker_open_seconds),
        )
        self.store: Store
        self.ledger: Ledger
        self.warm = False

    async def open(self) -> None:
        """Opens storage and warms the engines up."""
        settings = self.settings
        master_key = settings.master_key_bytes()
        self.store = await Store.open(settings.database_url, settings.data, master_key)
        embedded = frozenset(v for v, r in self.registry.vendors.items() if r.vendor.embedded)
        self.ledger = CountedLedger(self.store.ledger, self.metrics, embedded)
        await self.store.default_organization()
        if settings.embedded != "never":
            starts = [r.start(self.runtime) for r in self.registry.vendors.values() if r.start is not None]
            await asyncio.gather(*starts)
        self.warm = True

    async def close(self) -> None:
        """Closes everything; what was metered is written."""
        self.warm = False
        await self.runtime.close()
        await self.store.close()
        self.spool.close()

    def own_keys(self, organization_id: str) -> Mapping[str, OwnKey]:
        """The organisation's own vendor keys, oldest first."""
        return self.store.directory.provider_keys(organization_id)

    def not_ready(self) -> str | None:
        """What keeps the gateway from serving, or None. A vendor's state never does."""
        if not self.warm:
            return "starting"
        return self.store.problem


def platform_access(settings: Settings, registry: Registry) -> dict[str, PlatformAccess]:
    """The operator's access to every vendor, from the configuration file and the vendors' own variables."""
    found = {}
    for vendor_id, registration in registry.vendors.items():
        vendor = registration.vendor
        table = platform_settings(settings, vendor_id, vendor.key_env, vendor.base_url_env)
        found[vendor_id] = PlatformAccess(
            api_key=table.api_key.get_secret_value() if table.api_key else None,
            base_url=table.base_url,
            models=table.configured_models(),
        )
    for vendor_id in settings.providers.keys() - registry.vendors.keys():
        log.warning("configured provider is not in the catalogue", extra={"provider": vendor_id})
    return found


def gateway_of(app: Any) -> Gateway:
    """The gateway of a Litestar application."""
    gateway: Gateway = app.state.gateway
    return gateway
