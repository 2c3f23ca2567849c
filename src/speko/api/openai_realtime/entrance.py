"""The request that becomes a session: whose it is, and which engines its model's name stands for. No I/O.

Source: https://platform.openai.com/docs/guides/realtime-websocket
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import parse_qs

from speko.api.auth import count_request
from speko.api.context import unauthorized
from speko.api.errors import ApiError, invalid
from speko.api.intent_headers import CONSTRAINTS, INTENT, read_json
from speko.api.openai.asked import IntentHeader
from speko.api.openai.naming import named
from speko.api.openai_realtime.settings import RATE, Settings
from speko.api.realtime.candidates import candidates_of
from speko.api.socket.seam import UpgradeRequest
from speko.realtime.spec import SessionSpec
from speko.routing.intent import InvalidIntent, OptimizeFor, PipelineConstraints, RoutingIntent
from speko.storage.records import ApiKey

if TYPE_CHECKING:
    from speko.api.gateway import Gateway

SUBPROTOCOL = "realtime"
_KEY_PROTOCOL = "openai-insecure-api-key."
T = TypeVar("T")
_TOOL_TIMEOUT = 1800.0
"""Seconds: that API lets tools take as long as they like, and a session does not live longer."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """What a client may have, before it has said anything."""

    key: ApiKey
    request_id: str
    model: str
    """As the client named it."""
    pin: tuple[str, str] | None
    """Vendor and model; None = whoever routing finds best."""
    language: str
    region: str
    optimize_for: OptimizeFor
    constraints: PipelineConstraints

    @classmethod
    def of(cls, gateway: "Gateway", request: UpgradeRequest) -> "Entrance":
        """Reads a request.

        Raises:
            ApiError: 401, 429, 400, 404 `MODEL_NOT_FOUND`, or 500 when there is no engine.
        """
        key = _key_of(gateway, request)
        count_request(gateway, key)
        model = next(iter(parse_qs(request.query, max_num_fields=32).get("model", ())), "")
        if not model:
            raise invalid("Say which model: ?model=auto", ("model", "is required"))
        own_keys = gateway.own_keys(key.organization_id)
        name = named(model, "s2s", gateway.registry, lambda: gateway.router.usable_models("s2s", own_keys))
        header = _header(request, INTENT, IntentHeader) or IntentHeader()
        vendor, _, pinned = (name.pin or "").partition(":")
        entrance = cls(
            key=key,
            request_id=request.request_id,
            model=model,
            pin=(vendor, pinned) if name.pin else None,
            language=header.language or "en",
            region=header.region or "global",
            optimize_for=name.optimize_for or header.optimize_for or "balanced",
            constraints=_header(request, CONSTRAINTS, PipelineConstraints) or PipelineConstraints(),
        )
        entrance._check(gateway)
        return entrance

    def spec(self, settings: Settings, system: str = "") -> SessionSpec:
        """The session that the client has configured. `system`: what goes behind its instructions.

        Raises:
            InvalidIntent: the language is none.
        """
        vendor, model = self.pin or (None, None)
        configured = settings.configured(system)
        return SessionSpec(
            intent=RoutingIntent(settings.language or self.language, self.region, self.optimize_for),
            constraints=self.constraints,
            provider=vendor,
            model=model,
            voice=settings.voice,
            system_prompt=configured.system_prompt,
            temperature=settings.temperature,
            input_sample_rate=RATE,
            output_sample_rate=RATE,
            tools=configured.tools,
            manual_turns=settings.detection is None,
            tool_timeout_seconds=_TOOL_TIMEOUT,
        )

    def _check(self, gateway: "Gateway") -> None:
        """Whether a session could be had now. An engine may still refuse what is asked for with it."""
        if self.pin is not None:
            allowed = self.constraints.allow_list("s2s")
            registration = gateway.registry.get(self.pin[0])
            speaks = registration is not None and registration.s2s is not None
            if not speaks or not allowed.admits(*self.pin):
                issue = {"path": "model", "message": "is not served"}
                text = f"There is no speech-to-speech model {':'.join(self.pin)} for this session"
                raise ApiError(404, "MODEL_NOT_FOUND", text, issues=[issue])
        try:
            spec = self.spec(Settings(self.model))
        except InvalidIntent as error:
            raise invalid(str(error), (INTENT.title(), "is no BCP-47 tag like 'en' or 'en-US'")) from None
        candidates_of(gateway, self.key.organization_id, self.key.id, spec)


def _key_of(gateway: "Gateway", request: UpgradeRequest) -> ApiKey:
    header = request.headers.get("authorization")
    if header is not None:
        scheme, _, presented = header.partition(" ")
        if scheme.lower() != "bearer":
            raise unauthorized("The Authorization header must have the form 'Bearer <API key>'")
    else:
        offered = (entry for entry in request.subprotocols if entry.startswith(_KEY_PROTOCOL))
        presented = next(offered, "").removeprefix(_KEY_PROTOCOL)
        if not presented:
            raise unauthorized("Missing API key: send 'Authorization: Bearer sk_live_…'")
    directory = gateway.store.directory
    key = directory.authenticate(presented.strip())
    if key is None:
        raise unauthorized("Invalid API key")
    directory.touched(key.id)
    return key


def _header(request: UpgradeRequest, name: str, kind: type[T]) -> T | None:
    raw = request.headers.get(name, "").strip()
    return read_json(name, raw.encode("latin-1"), kind) if raw else None
