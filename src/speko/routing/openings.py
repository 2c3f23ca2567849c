"""Who would serve a call that nobody can serve now, if somebody gave the gateway what it lacks."""

from speko.providers.catalogue import Modality, speaks
from speko.routing.access import OwnKeys
from speko.routing.intent import AllowList, RoutingIntent
from speko.routing.router import Router, Skipped


def openings(
    router: Router, modality: Modality, intent: RoutingIntent, allowed: AllowList, own_keys: OwnKeys
) -> list[Skipped]:
    """A model of each vendor that declares the language, is allowed, and wants only a key or a base URL; in the
    catalogue's order."""
    found = []
    for vendor_id, registration in router.registry.vendors.items():
        access = router.access(vendor_id, modality, own_keys)
        if access.reason not in ("NO_CREDENTIAL", "NO_BASE_URL"):
            continue
        for model in registration.vendor.models:
            fits = model.modality == modality and speaks(model.languages, intent.language)
            if fits and allowed.admits(vendor_id, model.id):
                found.append(Skipped(vendor_id, model.id, access.reason, access.hint))
                break
    return found


def told(found: list[Skipped]) -> str:
    """All of them in one sentence, for people; empty where there is none."""
    with_key = ", ".join(one.provider for one in found if one.reason == "NO_CREDENTIAL")
    with_url = ", ".join(one.provider for one in found if one.reason == "NO_BASE_URL")
    ways = []
    if with_key:
        ways.append(f"with a key (speko providers set-key VENDOR): {with_key}")
    if with_url:
        ways.append(f"with a base URL: {with_url}")
    return f"these would, {'; '.join(ways)}" if ways else ""
