"""`GET /v1/benchmarks/stack`: what routing would do, and why. Source: contract, routing 10."""

from typing import Annotated, Any, TypeVar

from litestar import Request, get
from litestar.params import FromQuery, QueryParameter
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from speko.api.context import context_of
from speko.api.errors import ApiError, log_crash
from speko.api.gateway import Gateway, gateway_of
from speko.api.realtime.candidates import why_no_agent
from speko.api.wire import parse_intent
from speko.providers.catalogue import MODALITIES, Modality
from speko.realtime.spec import SessionSpec
from speko.routing.access import OwnKeys
from speko.routing.health import Health
from speko.routing.intent import AllowList, RoutingIntent
from speko.routing.ranking import Entry
from speko.routing.router import Chain


class AxisView(Struct, frozen=True, rename="camel"):
    """One axis of a score."""

    name: str
    raw: float | None
    norm: float
    weight: float


class EntryView(Struct, frozen=True, rename="camel", kw_only=True):
    """A candidate. `usable`: it would be called; `health`: its breaker."""

    provider_id: str
    model_id: str
    score: float | None
    scores_run_id: str
    usable: bool
    health: str
    reason: str | UnsetType = UNSET
    """Why it is not usable."""
    hint: str | UnsetType = UNSET
    axes: tuple[AxisView, ...] | UnsetType = UNSET


class LayerView(EntryView, frozen=True, rename="camel", kw_only=True):
    """The primary, and the runners-up in order."""

    runners_up: tuple[EntryView, ...]


_Entry = TypeVar("_Entry", bound=EntryView)


class FilteredView(Struct, frozen=True, rename="camel"):
    """A candidate that is not in the ranking."""

    modality: Modality
    provider_id: str
    model_id: str
    mode: str
    reason: str
    scores_run_id: str


class IntentView(Struct, frozen=True, rename="camel"):
    """The intent as it was understood."""

    language: str
    region: str
    optimize_for: str


class StackView(Struct, frozen=True, kw_only=True):
    """The whole preview. Its members are in the contract's own mixed casing."""

    intent: IntentView
    scoresRunId: str | None
    stt: LayerView | None
    llm: LayerView | None
    tts: LayerView | None
    s2s: LayerView | None
    filtered_out: tuple[FilteredView, ...]
    notes: tuple[str, ...]


@get("/v1/benchmarks/stack", summary="Preview a routing decision")
async def stack(  # noqa: PLR0917 - the framework passes them by name
    request: Request[Any, Any, Any],
    language: FromQuery[str | None] = None,
    region: FromQuery[str | None] = None,
    optimize_for: FromQuery[str | None] = None,
    optimize_alias: Annotated[str | None, QueryParameter(name="optimizeFor")] = None,
    explain: FromQuery[str | None] = None,
    allow: Annotated[list[str] | None, QueryParameter(description="`layer:vendor[:model]`, repeatable")] = None,
) -> StackView:
    """Runs the same selection as a real call and records nothing."""
    gateway = gateway_of(request.app)
    intent = parse_intent(language, region, optimize_for or optimize_alias)
    explained = _flag(explain)
    own_keys = gateway.own_keys(context_of(request).organization_id)
    allowed = _allowed(allow or [])
    now = gateway.now()
    chains: dict[Modality, Chain] = {}
    try:
        for modality in MODALITIES:
            chains[modality] = gateway.router.chain(modality, intent, allowed[modality], own_keys)
    except Exception as error:
        log_crash(error, "/v1/benchmarks/stack")
        raise ApiError(500, "PROVIDER_SELECTION_FAILED", "The selection failed; the log says where") from None
    layers = {m: _layer(chain, gateway.router.health, now, explained) for m, chain in chains.items()}
    layers["s2s"] = _with_agent(gateway, layers["s2s"], own_keys, intent)
    first = next((layers[m] for m in MODALITIES if layers[m] is not None), None)
    return StackView(
        intent=IntentView(intent.language, intent.region, intent.optimize_for),
        scoresRunId=first.scores_run_id if first else None,
        stt=layers["stt"],
        llm=layers["llm"],
        tts=layers["tts"],
        s2s=layers["s2s"],
        filtered_out=tuple(f for chain in chains.values() for f in _filtered(chain)),
        notes=tuple(note for chain in chains.values() for note in chain.ranking.notes),
    )


def _with_agent(
    gateway: Gateway, layer: LayerView | None, own_keys: OwnKeys, intent: RoutingIntent
) -> LayerView | None:
    """With the gateway's own agent as unusable where one of its stages has nobody: a session would be refused."""
    if layer is None or not any(_is_agent(gateway, entry) and entry.usable for entry in (layer, *layer.runners_up)):
        return layer
    missing = why_no_agent(gateway, own_keys, SessionSpec(intent=intent))
    if missing is None:
        return layer

    def told(entry: _Entry) -> _Entry:
        if not _is_agent(gateway, entry):
            return entry
        return replace(entry, usable=False, reason="NO_CREDENTIAL", hint=missing)

    return replace(told(layer), runners_up=tuple(map(told, layer.runners_up)))


def _is_agent(gateway: Gateway, entry: EntryView) -> bool:
    model = gateway.registry.model(entry.provider_id, "s2s", entry.model_id)
    return model is not None and model.composite


def _flag(value: str | None) -> bool:
    if value not in (None, "", "0", "1", "true", "false"):
        raise ApiError(400, "INVALID_INTENT", "explain must be 1 or 0")
    return value in ("1", "true")


def _allowed(entries: list[str]) -> dict[Modality, AllowList]:
    by_layer: dict[Modality, list[str]] = {modality: [] for modality in MODALITIES}
    for entry in entries:
        name, colon, rest = entry.partition(":")
        layer = next((m for m in MODALITIES if colon and m == name), None)
        if layer is None or not rest or len(rest) > 200 or len(entries) > 64:
            raise ApiError(400, "INVALID_INTENT", "allow must be like 'llm:openai' or 'llm:openai:gpt-4o'")
        by_layer[layer].append(rest)
    return {layer: AllowList.of(tuple(found)) for layer, found in by_layer.items()}


def _layer(chain: Chain, health: Health, now: float, explained: bool) -> LayerView | None:
    entries = chain.ranking.entries
    if not entries:
        return None
    primary, *rest = [_members(chain, entry, health, now, explained) for entry in entries]
    return LayerView(**primary, runners_up=tuple(EntryView(**members) for members in rest))


def _members(chain: Chain, entry: Entry, health: Health, now: float, explained: bool) -> dict[str, Any]:
    skipped = next((s for s in chain.skipped if (s.provider, s.model) == (entry.provider, entry.model)), None)
    members: dict[str, Any] = {
        "provider_id": entry.provider,
        "model_id": entry.model,
        "score": entry.score,
        "scores_run_id": entry.scores_run_id,
        "usable": skipped is None,
        "health": health.state(entry.provider, entry.model, now),
    }
    if skipped is not None:
        members["reason"] = skipped.reason
        if skipped.hint:
            members["hint"] = skipped.hint
    if explained:
        members["axes"] = tuple(AxisView(a.name, a.raw, a.norm, a.weight) for a in entry.axes)
    return members


def _filtered(chain: Chain) -> list[FilteredView]:
    return [
        FilteredView(f.modality, f.provider, f.model, f.mode, f.reason, f.scores_run_id) for f in chain.ranking.left_out
    ]
