"""`/v1/providers`: credential status and an organisation's own keys. Source: contract, routing 7.1."""

from typing import Annotated, Any

from litestar import Request, delete, get, put
from litestar.params import FromPath
from msgspec import Meta, Struct

from speko.api.body import BODY, read_body
from speko.api.context import context_of
from speko.api.errors import invalid, not_found
from speko.api.gateway import Gateway, gateway_of
from speko.api.wire import optional_timestamp
from speko.providers.catalogue import MODALITIES, Modality, Vendor
from speko.providers.own_key import problem_with_key


class ModelView(Struct, frozen=True):
    """A model of a vendor and what it declares."""

    id: str
    capabilities: dict[str, Any]
    composite: bool
    """The gateway's own, made of other models (additive)."""


class ProviderView(Struct, frozen=True, rename="camel", kw_only=True):
    """One vendor in one layer."""

    key: str
    name: str
    type: Modality
    configured: bool
    """It can be called now, with the own or the platform's credential."""
    source: str | None
    """`BYOK`, or null for the platform's or none."""
    updated_at: str | None
    rejected_at: str | None
    """When the vendor last refused the own key; null again when a call or a test with it goes well (additive, like the
    next two)."""
    rejected_status: int | None
    """HTTP status of that refusal; null where there was none."""
    rejection: str | None
    """The vendor's words, secrets removed."""
    models: tuple[ModelView, ...]
    reason: str | None
    """Why it is not configured (additive)."""
    hint: str | None
    embedded: bool
    """It runs inside the gateway: no key can be stored for it (additive)."""


class KnownEntry(Struct, frozen=True, rename="camel", kw_only=True):
    """An allow-list entry."""

    id: str
    vendor: str
    vendor_name: str
    model: str | None
    benchmarked: bool


class KnownView(Struct, frozen=True):
    """All allow-list entries, by layer."""

    stt: tuple[KnownEntry, ...]
    llm: tuple[KnownEntry, ...]
    tts: tuple[KnownEntry, ...]
    s2s: tuple[KnownEntry, ...]


class ProviderKeyBody(Struct, frozen=True, rename="camel"):
    """A key to store."""

    provider: Annotated[str, Meta(min_length=1, max_length=64)]
    api_key: Annotated[str, Meta(min_length=1, max_length=4096)]


class ProviderKeyView(Struct, frozen=True):
    """Whether a key is stored. The key itself is never returned."""

    provider: str
    configured: bool


@get("/v1/providers", summary="Credential status")
async def list_providers(request: Request[Any, Any, Any]) -> list[ProviderView]:
    """One row per vendor and layer."""
    gateway = gateway_of(request.app)
    organization_id = context_of(request).organization_id
    own_keys = gateway.store.directory.provider_keys(organization_id)
    rejections = await gateway.store.rejections(organization_id) if own_keys else {}
    rows = []
    for registration in gateway.registry.vendors.values():
        vendor = registration.vendor
        own_key = own_keys.get(vendor.id)
        refused = rejections.get(vendor.id) if own_key else None
        for modality in MODALITIES:
            if not _offers(gateway, vendor, modality):
                continue
            found = gateway.router.access(vendor.id, modality, own_keys)
            rows.append(
                ProviderView(
                    key=vendor.id,
                    name=vendor.name,
                    type=modality,
                    configured=found.usable,
                    source="BYOK" if own_key else None,
                    updated_at=optional_timestamp(own_key.stored_at if own_key else None),
                    rejected_at=optional_timestamp(refused.at if refused else None),
                    rejected_status=refused.status if refused else None,
                    rejection=refused.message if refused else None,
                    models=_models(vendor, modality),
                    reason=found.reason,
                    hint=found.hint,
                    embedded=vendor.embedded,
                )
            )
    return rows


@get("/v1/providers/known", summary="Allow-list entries")
async def known_providers(request: Request[Any, Any, Any]) -> KnownView:
    """A wildcard row per vendor and a row per model."""
    gateway = gateway_of(request.app)
    layers: dict[str, tuple[KnownEntry, ...]] = {}
    for modality in MODALITIES:
        scored = gateway.router.scored_models(modality)
        entries = []
        for registration in gateway.registry.vendors.values():
            vendor = registration.vendor
            models = [model.id for model in vendor.models if model.modality == modality]
            if not models and not _offers(gateway, vendor, modality):
                continue
            for model in (None, *models):
                benchmarked = any(v == vendor.id and model in (None, m) for v, m in scored)
                entries.append(
                    KnownEntry(
                        id=vendor.id if model is None else f"{vendor.id}:{model}",
                        vendor=vendor.id,
                        vendor_name=vendor.name,
                        model=model,
                        benchmarked=benchmarked,
                    )
                )
        layers[modality] = tuple(entries)
    return KnownView(**layers)


@put("/v1/providers", opt={BODY: ProviderKeyBody}, summary="Store an own key")
async def set_provider_key(request: Request[Any, Any, Any]) -> ProviderKeyView:
    """Stores the organisation's own key for a vendor, encrypted; calls use it from now on."""
    data = await read_body(request, ProviderKeyBody)
    gateway = gateway_of(request.app)
    vendor_id, secret = data.provider.strip().lower(), data.api_key.strip()
    problem = problem_with_key(gateway.registry.get(vendor_id), secret)
    if problem is not None:
        raise invalid(problem.text, (problem.member, problem.issue))
    await gateway.store.set_provider_key(context_of(request).organization_id, vendor_id, secret)
    return ProviderKeyView(vendor_id, True)


@delete("/v1/providers/{provider:str}", status_code=200, summary="Drop an own key")
async def remove_provider_key(request: Request[Any, Any, Any], provider: FromPath[str]) -> ProviderKeyView:
    """Drops the key; repeatable."""
    gateway = gateway_of(request.app)
    vendor_id = provider.strip().lower()
    if gateway.registry.get(vendor_id) is None:
        raise not_found("Unknown provider")
    await gateway.store.remove_provider_key(context_of(request).organization_id, vendor_id)
    return ProviderKeyView(vendor_id, False)


def _offers(gateway: Gateway, vendor: Vendor, modality: Modality) -> bool:
    registration = gateway.registry.vendors[vendor.id]
    return any(m.modality == modality for m in vendor.models) or getattr(registration, modality, None) is not None


def _models(vendor: Vendor, modality: Modality) -> tuple[ModelView, ...]:
    return tuple(
        ModelView(
            model.id,
            {
                "languages": list(model.languages),
                "streaming": model.streaming,
                **({"reasoning": model.reasoning} if modality == "llm" else {}),
                **({"voices": [voice.id for voice in model.voices]} if modality in ("tts", "s2s") else {}),
            },
            model.composite,
        )
        for model in vendor.models
        if model.modality == modality
    )
