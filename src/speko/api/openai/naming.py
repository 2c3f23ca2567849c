"""Which candidates a model's name stands for: `auto`, `auto:latency`, `vendor:model`, or a bare name. No I/O."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, get_args

from msgspec import Meta

from speko.api.errors import ApiError, invalid
from speko.providers.catalogue import Modality
from speko.providers.registry import Registry
from speko.routing.access import OwnKeys
from speko.routing.intent import OptimizeFor
from speko.routing.router import Router

AUTO = "auto"
LONGEST = 200
"""Characters of a name; longer than any that a vendor has."""
ModelName = Annotated[str, Meta(examples=[AUTO, "auto:latency", "openai:gpt-4o", "gpt-4o"])]
Usable = Sequence[tuple[str, str]]
"""(vendor, model)."""
_PRESETS: tuple[OptimizeFor, ...] = get_args(OptimizeFor)
AUTO_NAMES = (AUTO, *(f"{AUTO}:{preset}" for preset in _PRESETS))


@dataclass(frozen=True, slots=True)
class Named:
    """What a name asks for."""

    pin: str | None = None
    """`vendor:model`, as in an allow-list; None = whoever routing finds best."""
    optimize_for: OptimizeFor | None = None
    """None = as the intent says."""


def named(name: str, modality: Modality, registry: Registry, usable: Callable[[], Usable]) -> Named:
    """What a caller's name of a model asks for.

    A vendor is asked for any model that the caller names with it, also one that the catalogue lacks, as in an
    allow-list. A bare name has to be in the catalogue, at one vendor only; of those that it lacks, `usable` is asked.

    Raises:
        ApiError: 400 for what is no name; 404 `MODEL_NOT_FOUND`.
    """
    if not 1 <= len(name) <= LONGEST or not name.isprintable() or name != name.strip():
        raise invalid("model must be a name", ("model", f"printable, of 1 to {LONGEST} characters"))
    head, colon, rest = name.partition(":")
    if head == AUTO:
        preset = next((preset for preset in _PRESETS if preset == rest), None)
        if colon and preset is None:
            raise _not_found(f"There is no model {name!r}: use {AUTO}, or {AUTO}: with one of {', '.join(_PRESETS)}")
        return Named(optimize_for=preset)
    if colon and rest.strip() and registry.get(head.lower()) is not None:
        return Named(f"{head.lower()}:{rest.strip()}")
    having = _catalogue(registry, modality).get(name) or tuple(pair for pair in usable() if pair[1] == name)
    pins = [f"{vendor}:{model}" for vendor, model in having]
    if not pins:
        raise _not_found(
            f"There is no model {name!r} here for this. Use {AUTO}, {AUTO}: with one of {', '.join(_PRESETS)}, "
            "vendor:model, or a name of GET /v1/models"
        )
    if len(pins) > 1:
        raise _not_found(f"Several vendors have a model {name!r}: name one of {', '.join(pins)}")
    return Named(pins[0])


def names(modality: Modality, router: Router, own_keys: OwnKeys) -> Iterator[tuple[str, str]]:
    """Every name of a model that an organisation with these keys can use now, and whose it is."""
    usable = router.usable_models(modality, own_keys)
    catalogue = _catalogue(router.registry, modality)
    vendors: dict[str, list[str]] = {}
    for vendor, model in usable:
        yield f"{vendor}:{model}", vendor
        vendors.setdefault(model, []).append(vendor)
    for model, having in vendors.items():
        if len(catalogue.get(model, ())) <= 1 and len(having) == 1:
            yield model, having[0]


@lru_cache(maxsize=16)
def _catalogue(registry: Registry, modality: Modality) -> Mapping[str, Usable]:
    """(vendor, row id) of the models that a name stands for. What the vendor itself calls a model counts where no row
    is called so."""
    rows = [(v, m) for v, r in registry.vendors.items() for m in r.vendor.models if m.modality == modality]
    by_id: dict[str, dict[tuple[str, str], None]] = {}
    by_wire_name: dict[str, dict[tuple[str, str], None]] = {}
    for vendor, model in rows:
        by_id.setdefault(model.id, {})[vendor, model.id] = None
        by_wire_name.setdefault(model.wire_name, {})[vendor, model.id] = None
    return {name: tuple(found) for name, found in {**by_wire_name, **by_id}.items()}


def _not_found(text: str) -> ApiError:
    return ApiError(404, "MODEL_NOT_FOUND", text, issues=[{"path": "model", "message": "is not served"}])
