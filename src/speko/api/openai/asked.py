"""What a request of OpenAI's API asks of routing: the model's name, the language, and our own headers."""

from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Request
from msgspec import Meta, Struct, structs

from speko.api.context import context_of
from speko.api.errors import ApiError, invalid
from speko.api.gateway import gateway_of
from speko.api.intent_headers import CONSTRAINTS, INTENT, json_header
from speko.api.openai.naming import Named, named
from speko.providers.catalogue import Modality
from speko.routing.intent import AllowedProviders, InvalidIntent, OptimizeFor, PipelineConstraints, RoutingIntent

_LANGUAGE = "en"
_NO_CONSTRAINTS = PipelineConstraints()


class IntentHeader(Struct, frozen=True, rename="camel"):
    """Header `X-Speko-Intent` on these paths: every member may be missing."""

    language: str | None = None
    region: Annotated[str, Meta(min_length=1)] | None = None
    optimize_for: OptimizeFor | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """For `RoutedCall`."""

    intent: RoutingIntent
    constraints: PipelineConstraints


def asked_of(request: Request[Any, Any, Any], modality: Modality, model: str, language: str | None) -> Asked:
    """What a request asks for. `language`: the body's own; else the header's counts, else English.

    Raises:
        ApiError: 400 for a language or a header that cannot be read; 404 `MODEL_NOT_FOUND` for a model that is not
            known, or that the request's own constraints forbid.
    """
    gateway = gateway_of(request.app)
    own_keys = gateway.own_keys(context_of(request).organization_id)
    header = json_header(request, INTENT, IntentHeader) or IntentHeader()
    constraints = json_header(request, CONSTRAINTS, PipelineConstraints) or _NO_CONSTRAINTS
    name = named(model, modality, gateway.registry, lambda: gateway.router.usable_models(modality, own_keys))
    return Asked(_intent(header, language, name), _pinned(constraints, modality, name))


def _intent(header: IntentHeader, language: str | None, name: Named) -> RoutingIntent:
    where = "language" if language else INTENT.title()
    try:
        return RoutingIntent(
            language or header.language or _LANGUAGE,
            header.region or "global",
            name.optimize_for or header.optimize_for or "balanced",
        )
    except InvalidIntent as error:
        raise invalid(str(error), (where, "is no BCP-47 tag like 'en' or 'en-US'")) from None


def _pinned(constraints: PipelineConstraints, modality: Modality, name: Named) -> PipelineConstraints:
    """The constraints with the layer narrowed to the model that was named."""
    if name.pin is None:
        return constraints
    vendor, _, model = name.pin.partition(":")
    if not constraints.allow_list(modality).admits(vendor, model):
        text = f"{name.pin} is not among the allowed providers of {CONSTRAINTS.title()}"
        raise ApiError(404, "MODEL_NOT_FOUND", text, issues=[{"path": "model", "message": "is not allowed"}])
    allowed = structs.replace(constraints.allowed_providers or AllowedProviders(), **{modality: (name.pin,)})
    return PipelineConstraints(allowed)
