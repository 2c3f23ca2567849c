"""The part of `speko doctor` that looks at this machine as the gateway would."""

import argparse
import os
from dataclasses import dataclass, field
from pathlib import Path

from speko.api.platform import platform_access
from speko.cli.configuration import settings_of
from speko.cli.exits import INSTALL_SERVER, CommandError
from speko.cli.findings import LAYERS, Finding, no_layers
from speko.console.site import is_built
from speko.providers.registry import Registration, Registry
from speko.routing.access import access
from speko.settings import Settings

_DEBIAN = {"flite": "sudo apt-get install -y flite", "espeak-ng": "sudo apt-get install -y espeak-ng"}


@dataclass(frozen=True, slots=True)
class Examination:
    """What can be seen without a running gateway."""

    findings: list[Finding]
    """About the configuration and the data folder."""
    vendors: list[Finding] = field(default_factory=list)
    """Vendors with and without credentials, then the embedded engines."""
    served: dict[str, list[str]] = field(default_factory=no_layers)
    """Who could serve each layer."""
    engines: frozenset[str] = frozenset()
    """Ids of the embedded engines."""


def examine(args: argparse.Namespace, *, running: bool) -> Examination:
    """Looks at this machine. With a `running` gateway the data folder is its own business, unless it was named."""
    registry = Registry.load()
    embedded = {vendor_id: found for vendor_id, found in registry.vendors.items() if found.vendor.embedded}
    try:
        settings = settings_of(args, data=args.data)
    except CommandError as error:
        return Examination([Finding("missing", "configuration", error.text, "correct it")], engines=frozenset(embedded))
    findings = [_configuration(args.config)]
    if args.data or not running:
        findings.append(_data_folder(settings.data))
    findings += [_console()] if settings.console and not running else []
    vendors = [*_credentials(settings, registry), *map(_engine, embedded.values())]
    platform = platform_access(settings, registry, os.environ)
    served = no_layers()
    for vendor_id, registration in registry.vendors.items():
        for layer in LAYERS:
            if access(registration, layer, None, platform[vendor_id], settings.embedded).usable:  # type: ignore[arg-type]
                served[layer].append(vendor_id)
    return Examination(findings, vendors, served, frozenset(embedded))


def _configuration(config: Path | None) -> Finding:
    file = config or Path("speko.toml")
    if file.is_file():
        return Finding("ok", "configuration", f"{file} can be read")
    return Finding("ok", "configuration", "no speko.toml here; the defaults and the environment hold")


def _data_folder(data: Path) -> Finding:
    """Whether the gateway could write there. Nothing is created."""
    if data.exists() and not data.is_dir():
        return Finding("missing", "data folder", f"{data} is no folder", "speko serve --data DIR")
    existing = next(folder for folder in (data, *data.absolute().parents) if folder.exists())
    if not os.access(existing, os.W_OK | os.X_OK):
        return Finding("missing", "data folder", f"{existing} cannot be written", "speko serve --data DIR")
    return Finding("ok", "data folder", f"{data} {'is there' if data.exists() else 'will be created'}")


def _console() -> Finding:
    """Whether the web console can be served from here."""
    if is_built():
        return Finding("ok", "web console", "is built; each start of speko serve prints a link to it")
    return Finding("note", "web console", "not in this build; the API works without", "make console   (in a checkout)")


def _engine(registration: Registration) -> Finding:
    """One embedded engine and its program."""
    vendor, missing = registration.vendor, registration.missing()
    if missing is None:
        return Finding("ok", f"engine {vendor.id}", vendor.name)
    package = f"{INSTALL_SERVER}   (in speko's own folder)"
    fix = next((line for program, line in _DEBIAN.items() if program in missing), package)
    return Finding("note", f"engine {vendor.id}", f"not found: {missing}", fix)


def _credentials(settings: Settings, registry: Registry) -> list[Finding]:
    """Which vendors have a key or an address, and from where. Values are never looked at beyond that."""
    findings = []
    without = []
    for vendor_id, registration in registry.vendors.items():
        vendor = registration.vendor
        if vendor.embedded or not any(getattr(registration, layer) for layer in LAYERS):
            continue
        table = settings.providers.get(vendor_id)
        in_file = bool(table and (table.base_url if vendor.needs == "url" else table.api_key))
        variable = vendor.base_url_env if vendor.needs == "url" else vendor.key_env
        if in_file:
            findings.append(Finding("ok", f"vendor {vendor_id}", f"[providers.{vendor_id}] in the configuration file"))
        elif variable and os.environ.get(variable):
            findings.append(Finding("ok", f"vendor {vendor_id}", f"{variable} is set"))
        else:
            without.append(vendor_id)
    if without:
        variables = [registry.vendors[vendor_id].vendor.key_env for vendor_id in without]
        variable = next((name for name in sorted(filter(None, variables), key="OPENAI_API_KEY".__ne__)), None)
        own = "speko providers set-key VENDOR"
        fix = f"export {variable}=…   (or store your own: {own})" if variable else own
        findings.append(Finding("note", "other vendors", f"no key or address for {', '.join(without)}", fix))
    return findings
