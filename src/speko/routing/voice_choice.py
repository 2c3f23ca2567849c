"""Which voice and model each candidate speaks with. Source: contract, one-shot 2."""

from dataclasses import replace

from speko.providers.catalogue import Vendor
from speko.providers.registry import Registry
from speko.routing.attempts import Candidate


def choose_voice(registry: Registry, candidate: Candidate, wanted: str | None, *, primary: bool) -> str:
    """The vendor's voice id for a candidate; empty = the engine's own default.

    A voice belongs to the vendor whose catalogue names it. One that no catalogue names (a cloned voice) can only be
    meant for the primary.
    """
    vendor = registry.vendors[candidate.provider].vendor
    if wanted:
        if _has_voice(vendor, wanted):
            return wanted
        if primary and not any(_has_voice(r.vendor, wanted) for r in registry.vendors.values()):
            return wanted
    if candidate.spec is not None:
        return candidate.spec.default_voice or ""
    # A model that the catalogue lacks is likely to know the voices of the vendor's other models.
    return next((m.default_voice for m in vendor.models if m.modality == "tts" and m.default_voice), "")


def override_model(registry: Registry, candidates: tuple[Candidate, ...], wanted: str) -> tuple[Candidate, ...]:
    """The chain with another model for the primary. `vendor:model` counts when the vendor is the primary's."""
    if not candidates:
        return candidates
    primary = candidates[0]
    vendor, colon, model = wanted.partition(":")
    if not colon:
        model = wanted
    elif vendor.lower() != primary.provider:
        if registry.get(vendor.lower()) is not None:
            return candidates
        model = wanted  # a model name with a colon of its own, like `llama3:8b`
    spec = registry.model(primary.provider, primary.modality, model)
    if spec is None and primary.embedded:
        return candidates  # an embedded engine is what it is
    wire_model = spec.wire_name if spec else model
    changed = replace(primary, model=model, wire_model=wire_model, spec=spec, scores_run_id=None)
    rest = [c for c in candidates[1:] if (c.provider, c.model) != (primary.provider, model)]
    return (changed, *rest) if model != primary.model else candidates


def _has_voice(vendor: Vendor, voice: str) -> bool:
    return any(v.id == voice for m in vendor.models if m.modality == "tts" for v in m.voices)
