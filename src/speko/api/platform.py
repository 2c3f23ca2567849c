"""The operator's own access to vendors."""

import logging
from collections.abc import Mapping

from speko.providers.registry import Registry
from speko.routing.access import PlatformAccess
from speko.settings import Settings, platform_settings

log = logging.getLogger(__name__)


def platform_access(
    settings: Settings, registry: Registry, environment: Mapping[str, str]
) -> dict[str, PlatformAccess]:
    """The operator's access to every vendor, from the configuration file and the vendors' own variables; in the order
    of the file, then of the catalogue."""
    found = {}
    for vendor_id in dict.fromkeys([*settings.providers, *registry.vendors]):
        registration = registry.get(vendor_id)
        if registration is None:
            log.warning("configured provider is not in the catalogue", extra={"provider": vendor_id})
            continue
        vendor = registration.vendor
        table = platform_settings(settings, vendor_id, vendor.key_env, vendor.base_url_env, environment)
        found[vendor_id] = PlatformAccess(
            api_key=table.api_key.get_secret_value() if table.api_key else None,
            base_url=table.base_url,
            models=table.configured_models(),
        )
    return found
