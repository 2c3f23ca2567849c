"""The one door through which vendors come in, ours and other packages' alike.

A package names a function in the entry point group `speko.providers`; it is called once with the `Registry` and adds
its vendors. Connectors are made when they are first needed, one per vendor and modality, and share one `Runtime`.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import entry_points
from typing import Any, Literal

import aiohttp
from msgspec import structs

from speko.providers.catalogue import Modality, Model, Vendor
from speko.providers.check import CredentialCheck
from speko.providers.llm import LanguageModel
from speko.providers.s2s import SpeechToSpeech
from speko.providers.stt import SpeechToText
from speko.providers.tts import TextToSpeech

GROUP = "speko.providers"
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Runtime:
    """What connectors share: one HTTP client with warm connections, and a place to leave what must be closed."""

    stt_workers: int = 2
    """Worker processes for embedded recognition."""
    agent_processes: int = 1
    """Processes of the gateway's own voice agent, kept warm."""
    agent_sessions: int = 10
    """Conversations that one of them holds at most."""
    agent_turn_detection: Literal["vad", "model"] = "vad"
    """What their conversations will use, loaded before the first one."""
    embedded: bool = True
    """Whether embedded engines may serve, so that agent processes start theirs."""
    _http: aiohttp.ClientSession | None = None
    _closers: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    @property
    def http(self) -> aiohttp.ClientSession:
        """The shared HTTP client. No timeout of its own: the attempt loop owns the deadlines."""
        if self._http is None:
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=75, ttl_dns_cache=60)
            self._http = aiohttp.ClientSession(
                connector=connector,
                timeout=aiohttp.ClientTimeout(total=None),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=True,
            )
        return self._http

    def on_close(self, closer: Callable[[], Awaitable[None]]) -> None:
        """Has `closer` awaited when the gateway stops."""
        self._closers.append(closer)

    async def close(self) -> None:
        """Closes everything, newest first."""
        while self._closers:
            try:
                await self._closers.pop()()
            except Exception as error:
                log.error("closing an engine failed", extra={"type": type(error).__name__})
        if self._http is not None:
            await self._http.close()
            self._http = None


@dataclass(frozen=True, slots=True)
class Registration:
    """One vendor and what this build can do with it. A modality without a factory is listed but never usable."""

    vendor: Vendor
    stt: Callable[[Runtime], SpeechToText] | None = None
    tts: Callable[[Runtime], TextToSpeech] | None = None
    llm: Callable[[Runtime], LanguageModel] | None = None
    s2s: Callable[[Runtime], SpeechToSpeech] | None = None
    check: Callable[[Runtime], CredentialCheck] | None = None
    """Tries a credential without a call that costs. A vendor without one cannot be tested, only called."""
    missing: Callable[[], str | None] = lambda: None
    """For embedded engines: the program or package that is not there (asked at each need), or None."""
    start: Callable[[Runtime], Awaitable[None]] | None = None
    """Warms the engine up before the gateway reports ready. Must not raise: an engine that fails stays `missing`."""


class Registry:
    """All vendors, by id."""

    def __init__(self) -> None:
        self._vendors: dict[str, Registration] = {}

    def add(self, registration: Registration) -> None:
        """Adds a vendor.

        Raises:
            ValueError: the id is taken, or not lower case.
        """
        vendor_id = registration.vendor.id
        if vendor_id != vendor_id.lower() or ":" in vendor_id or not vendor_id:
            raise ValueError(f"vendor id {vendor_id!r} must be lower case and without a colon")
        if vendor_id in self._vendors:
            raise ValueError(f"vendor {vendor_id!r} is registered twice")
        self._vendors[vendor_id] = registration

    def extend(self, vendor_id: str, model: Model, **factories: Any) -> None:
        """Adds a model, and what serves it (fields of `Registration`), to a vendor that another package has added.

        Raises:
            KeyError: there is no such vendor.
            ValueError: it has that model, or a factory of that kind, already.
        """
        before = self._vendors[vendor_id]
        taken = [name for name in factories if name != "missing" and getattr(before, name) is not None]
        if taken or before.vendor.model(model.modality, model.id) is not None:
            raise ValueError(f"vendor {vendor_id!r} has {', '.join(taken) or model.id} already")
        vendor = structs.replace(before.vendor, models=(*before.vendor.models, model))
        self._vendors[vendor_id] = replace(before, vendor=vendor, **factories)

    def get(self, vendor_id: str) -> Registration | None:
        """The vendor of that id, or None."""
        return self._vendors.get(vendor_id)

    @property
    def vendors(self) -> Mapping[str, Registration]:
        """All vendors in the order in which they were added."""
        return self._vendors

    def model(self, vendor_id: str, modality: Modality, model_id: str) -> Model | None:
        """The catalogue's row of a model, or None."""
        registration = self._vendors.get(vendor_id)
        return registration.vendor.model(modality, model_id) if registration else None

    @classmethod
    def load(cls) -> "Registry":
        """Everything that is installed. A package that fails to load is left out and said in the log."""
        registry = cls()
        for entry in sorted(entry_points(group=GROUP), key=lambda e: (e.value.split(".")[0] != "speko", e.name)):
            try:
                entry.load()(registry)
            except Exception:
                log.exception("provider package failed to load", extra={"entry_point": entry.name})
        return registry


class Connectors:
    """The connectors in use, made when first asked for."""

    def __init__(self, registry: Registry, runtime: Runtime) -> None:
        self.registry = registry
        self.runtime = runtime
        self._made: dict[tuple[str, str], object] = {}

    def stt(self, vendor_id: str) -> SpeechToText:
        """The recogniser of a vendor. Raises KeyError where this build has none."""
        return self._make(vendor_id, "stt")  # type: ignore[return-value]

    def tts(self, vendor_id: str) -> TextToSpeech:
        """The voice of a vendor. Raises KeyError where this build has none."""
        return self._make(vendor_id, "tts")  # type: ignore[return-value]

    def llm(self, vendor_id: str) -> LanguageModel:
        """The model connector of a vendor. Raises KeyError where this build has none."""
        return self._make(vendor_id, "llm")  # type: ignore[return-value]

    def s2s(self, vendor_id: str) -> SpeechToSpeech:
        """The speech-to-speech engine of a vendor. Raises KeyError where this build has none."""
        return self._make(vendor_id, "s2s")  # type: ignore[return-value]

    def check(self, vendor_id: str) -> CredentialCheck:
        """What tries a credential for a vendor. Raises KeyError where this build has nothing that does."""
        return self._make(vendor_id, "check")  # type: ignore[return-value]

    def _make(self, vendor_id: str, what: str) -> object:
        made = self._made.get((vendor_id, what))
        if made is None:
            factory = getattr(self.registry.vendors[vendor_id], what)
            if factory is None:
                raise KeyError((vendor_id, what))
            made = self._made[vendor_id, what] = factory(self.runtime)
        return made
