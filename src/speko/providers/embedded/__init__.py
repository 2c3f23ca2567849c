"""Engines that run inside the gateway or beside it: no key, no account, no network."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from speko.providers.registry import Registry


def register(registry: "Registry") -> None:
    """Adds the embedded engines. Imports late: worker processes load parts of this package without the rest."""
    from speko.providers.embedded.registrations import registrations

    for registration in registrations():
        registry.add(registration)
