"""`speko doctor`: what is configured, what is missing, what to type. It changes nothing."""

import argparse
import sys
from collections.abc import Collection, Iterable
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from re import match

from speko.cli import doctor_remote
from speko.cli.exits import INSTALL_SERVER, Exit
from speko.cli.findings import LAYERS, Finding, no_layers
from speko.cli.options import add_gateway
from speko.cli.terminal import Terminal
from speko.version import __version__

EPILOG = """\
The vendors are those of the running gateway where it answers and takes SPEKO_API_KEY, else those of this environment.
Exit code 0 when speech to text, language model and text to speech can all be served and nothing that was looked at is
wrong, else 3.
"""
_MARKS = {"ok": "green", "missing": "red", "note": "yellow"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("--data", type=Path, metavar="DIR", help="data folder of the gateway")
    parser.add_argument("--config", type=Path, metavar="FILE", help="configuration file of the gateway")
    add_gateway(parser)


def run(args: argparse.Namespace) -> int:
    """Looks at everything, then sums up."""
    terminal = Terminal(as_json=args.as_json)
    with terminal.step("looking"):
        asked, rows = doctor_remote.ask(args)
        packages = _packages(needed=rows is None)
        findings, vendors, served, engines = [_python(), packages], list[Finding](), no_layers(), frozenset[str]()
        if packages.state == "ok":
            from speko.cli import doctor_local  # needs the gateway's packages

            local = doctor_local.examine(args, running=rows is not None)
            findings += local.findings
            vendors, served, engines = local.vendors, local.served, local.engines
        findings += asked
        if rows is not None:
            vendors, served = doctor_remote.vendors(rows, engines), doctor_remote.served(rows)
    source = "running gateway" if rows is not None else "environment"
    layers = [_layer(layer, found, engines) for layer, found in served.items()]
    _show(terminal, findings)
    seen_by = "the running gateway sees them" if rows is not None else "a gateway that is started here would see them"
    terminal.write(f"\nVendors, as {seen_by}:")
    _show(terminal, [*vendors, *layers])
    complete = all(finding.state != "missing" for finding in (*findings, *layers))
    everything = [finding.document for finding in (*findings, *vendors, *layers)]
    terminal.document({"complete": complete, "source": source, "findings": everything, "served": served})
    return Exit.OK if complete else Exit.MISSING


def _show(terminal: Terminal, findings: Iterable[Finding]) -> None:
    for finding in findings:
        mark = terminal.styled(f"{finding.state:9}", _MARKS[finding.state])
        terminal.write(f"{mark}{finding.subject:20}{finding.detail}")
        if finding.fix:
            terminal.write(f"{'':29}type: {finding.fix}")


def _python() -> Finding:
    found = f"speko {__version__} on Python {'.'.join(map(str, sys.version_info[:3]))}"
    return Finding("ok", "Python", found)


def _packages(*, needed: bool) -> Finding:
    """The extra `server`, package by package. It is not needed where a gateway runs already."""
    missing = []
    for requirement in requires("speko") or ():
        name = match(r"[A-Za-z0-9._-]+", requirement)
        if name is None or not requirement.rstrip().endswith(('extra == "server"', "extra == 'server'")):
            continue
        try:
            version(name[0])
        except PackageNotFoundError:
            missing.append(name[0])
    if missing:
        found = f"the SDK alone; {len(missing)} packages missing, such as {missing[0]}"
        fix = f"{INSTALL_SERVER}   (in speko's own folder)"
        return Finding("missing" if needed else "note", "gateway", found, fix)
    return Finding("ok", "gateway", "its packages are installed")


def _layer(layer: str, served: list[str], engines: Collection[str]) -> Finding:
    """Who can serve one layer, the embedded engines last."""
    if not served:
        return Finding("missing", LAYERS[layer], "nobody can serve it: it needs a vendor's key or a program, see above")
    vendors = ", ".join(vendor for vendor in served if vendor not in engines)
    embedded = ", ".join(vendor for vendor in served if vendor in engines)
    if vendors and embedded:
        return Finding("ok", LAYERS[layer], f"{vendors}; embedded, under `auto` they step aside: {embedded}")
    return Finding("ok", LAYERS[layer], vendors or f"embedded: {embedded}")
