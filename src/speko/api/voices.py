"""`GET /v1/voices`. Source: contract, one-shot 4."""

from typing import Any

from litestar import Request, get
from litestar.params import FromQuery
from msgspec import Struct

from speko.api.gateway import gateway_of


class VoiceView(Struct, frozen=True):
    """A voice."""

    vendor: str
    id: str
    name: str


class VoiceProviderView(Struct, frozen=True, rename="camel"):
    """A vendor that speaks."""

    key: str
    name: str
    models: tuple[str, ...]
    voices_fetched_live: bool
    """The vendor's library is per account and not listed."""


class VoicesView(Struct, frozen=True):
    """The catalogue of voices."""

    voices: tuple[VoiceView, ...]
    providers: tuple[VoiceProviderView, ...]


@get("/v1/voices", summary="List voices")
async def list_voices(request: Request[Any, Any, Any], provider: FromQuery[str | None] = None) -> VoicesView:
    """Voices by vendor; an unknown vendor has none."""
    wanted = provider.strip().lower().removesuffix("-tts") if provider else None
    voices: list[VoiceView] = []
    providers: list[VoiceProviderView] = []
    for registration in gateway_of(request.app).registry.vendors.values():
        vendor = registration.vendor
        models = [model for model in vendor.models if model.modality == "tts"]
        if not models or (wanted and vendor.id != wanted):
            continue
        names = tuple(model.id for model in models)
        providers.append(VoiceProviderView(vendor.id, vendor.name, names, vendor.voices_fetched_live))
        if not vendor.voices_fetched_live:
            found = {voice.id: voice.name for model in models for voice in model.voices}
            voices += [VoiceView(vendor.id, voice_id, name) for voice_id, name in found.items()]
    return VoicesView(tuple(voices), tuple(providers))
