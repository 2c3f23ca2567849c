"""Vendors with a speech-to-speech model, for tests in which nobody talks."""

from typing import Any

from speko.providers.catalogue import Model, Vendor
from speko.providers.registry import Registration, Registry

PINNED: dict[str, Any] = {"mode": "s2s", "s2s": {"provider": "alpha", "model": "voice"}}
ROUTED: dict[str, Any] = {"mode": "s2s", "intent": {"language": "en"}}


def registry_of(*vendors: str, deaf: tuple[str, ...] = ()) -> Registry:
    """Vendors with an engine, and `deaf` ones that have none and no model for one."""
    registry = Registry()
    for name in vendors:
        vendor = Vendor(
            id=name, name=name.title(), key_env=f"{name.upper()}_API_KEY", models=(Model(modality="s2s", id="voice"),)
        )
        registry.add(Registration(vendor, s2s=lambda runtime: None))  # type: ignore[arg-type, return-value]
    for name in deaf:
        registry.add(Registration(Vendor(id=name, name=name, models=(Model(modality="llm", id="brain"),))))
    return registry
