"""Routers of made-up vendors and engines."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from speko.providers.catalogue import Modality, Model, Vendor
from speko.providers.registry import Registration, Registry
from speko.routing.access import EmbeddedMode, PlatformAccess
from speko.routing.health import Health
from speko.routing.intent import AllowList, RoutingIntent
from speko.routing.router import Chain, Router
from speko.routing.snapshot import Snapshot
from tests.routing.scores import OPEN

KEY = PlatformAccess(api_key="platform-key")
NOTHING = PlatformAccess()


@dataclass(frozen=True)
class Own:
    """An organisation's own key."""

    id: str
    secret: str | None = "own-key"


@dataclass
class Program:
    """What an embedded engine needs; may come and go."""

    installed: bool = True

    def missing(self) -> str | None:
        return None if self.installed else "the program"


@dataclass
class Setup:
    """Everything that a router is made of."""

    registry: Registry = field(default_factory=Registry)
    platform: dict[str, PlatformAccess] = field(default_factory=dict)
    programs: dict[str, Program] = field(default_factory=dict)

    def vendor(
        self,
        name: str,
        *,
        platform: PlatformAccess = KEY,
        modality: Modality = "tts",
        languages: tuple[str, ...] = ("*",),
        models: Sequence[str] = ("m",),
        connector: bool = True,
        **vendor: Any,
    ) -> "Setup":
        rows = tuple(Model(modality=modality, id=model, languages=languages) for model in models)
        made: Callable[[Any], Any] | None = (lambda runtime: None) if connector else None
        self.registry.add(
            Registration(
                Vendor(id=name, name=name.title(), key_env=f"{name.upper()}_API_KEY", models=rows, **vendor),
                missing=self.programs.setdefault(name, Program()).missing,
                **{modality: made},
            )
        )
        self.platform[name] = platform
        return self

    def engine(self, name: str, *languages: str) -> "Setup":
        return self.vendor(name, platform=NOTHING, languages=languages or ("*",), embedded=True, needs="program")

    def router(
        self, *snapshots: Snapshot, embedded: EmbeddedMode = "auto", embedded_snapshots: Sequence[Snapshot] = ()
    ) -> Router:
        return Router(
            registry=self.registry,
            snapshots=snapshots,
            embedded_snapshots=embedded_snapshots,
            platform=self.platform,
            embedded=embedded,
            health=Health(),
        )


def chain(
    router: Router,
    language: str = "en",
    allowed: AllowList = OPEN,
    own_keys: Mapping[str, Own] | None = None,
    modality: Modality = "tts",
) -> Chain:
    return router.chain(modality, RoutingIntent(language), allowed, own_keys or {})


def names(found: Chain) -> list[str]:
    """The chain as `vendor:model`."""
    return [f"{c.provider}:{c.model}" for c in found.candidates]


def skipped(found: Chain) -> dict[str, str]:
    """Vendors that cannot be called, and why."""
    return {s.provider: s.reason for s in found.skipped}


def allow(*entries: str) -> AllowList:
    return AllowList.of(entries)
