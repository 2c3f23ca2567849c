"""`speko doctor`: what is configured, what is missing, what to type. It changes nothing."""

import argparse
import os
import sys
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from re import match

import httpx

from speko import ProviderStatus
from speko.cli.connection import ask_json, base_url_of
from speko.cli.exits import INSTALL_SERVER, CommandError, Exit
from speko.cli.findings import LAYERS, Finding
from speko.cli.options import add_gateway
from speko.cli.terminal import Terminal
from speko.version import __version__

EPILOG = "Exit code 0 when speech to text, language model and text to speech can all be served, else 3."
_MARKS = {"ok": "green", "missing": "red", "note": "yellow"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("--data", type=Path, metavar="DIR", help="data folder of the gateway")
    parser.add_argument("--config", type=Path, metavar="FILE", help="configuration file of the gateway")
    add_gateway(parser)


def run(args: argparse.Namespace) -> int:
    """Looks at everything, then sums up."""
    terminal = Terminal(as_json=args.as_json)
    findings = [_python(), *_packages()]
    served: dict[str, list[str]] = {layer: [] for layer in LAYERS}
    with terminal.step("looking"):
        if all(finding.state != "missing" for finding in findings):
            from speko.cli import doctor_local  # needs the gateway's packages

            local, served = doctor_local.examine(args)
            findings += local
        remote, answered = _gateway(args)
    findings += remote
    for layer, vendors in answered.items():
        served[layer] = list(dict.fromkeys([*served[layer], *vendors]))
    findings += [_layer(layer, vendors) for layer, vendors in served.items()]
    complete = all(served.values())
    for finding in findings:
        mark = terminal.styled(f"{finding.state:9}", _MARKS[finding.state])
        terminal.write(f"{mark}{finding.subject:20}{finding.detail}")
        if finding.fix:
            terminal.write(f"{'':29}type: {finding.fix}")
    terminal.document({"complete": complete, "findings": [finding.document for finding in findings], "served": served})
    return Exit.OK if complete else Exit.MISSING


def _python() -> Finding:
    found = f"speko {__version__} on Python {'.'.join(map(str, sys.version_info[:3]))}"
    return Finding("ok", "Python", found)


def _packages() -> list[Finding]:
    """The extra `server`, package by package."""
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
        return [Finding("missing", "gateway", found, f"{INSTALL_SERVER}   (in speko's own folder)")]
    return [Finding("ok", "gateway", "its packages are installed")]


def _gateway(args: argparse.Namespace) -> tuple[list[Finding], dict[str, list[str]]]:
    """A running gateway: whether it answers, knows our key, and whom it can call."""
    served: dict[str, list[str]] = {layer: [] for layer in LAYERS}
    try:
        url = base_url_of(args.base_url)
    except CommandError as error:
        return [Finding("missing", "base URL", error.message, "unset SPEKO_BASE_URL")], served
    try:
        ready = httpx.get(f"{url}/readyz", timeout=5)
    except httpx.HTTPError:
        return [Finding("note", "running gateway", f"none at {url}", "speko serve --first-key")], served
    if ready.status_code != 200:
        return [Finding("note", "running gateway", f"{url} is not ready (status {ready.status_code})")], served
    findings = [Finding("ok", "running gateway", f"{url} is ready")]
    if not os.environ.get("SPEKO_API_KEY"):
        return [*findings, Finding("note", "API key", "SPEKO_API_KEY is not set", "export SPEKO_API_KEY=…")], served
    try:
        rows = ask_json(args, "/v1/providers", list[ProviderStatus])
    except CommandError as error:
        fix = "speko keys create --name me --data DIR" if error.status == Exit.UNAUTHORIZED else None
        return [*findings, Finding("missing", "API key", error.message, fix)], served
    for row in rows:
        if row["configured"] and row["type"] in served:
            served[row["type"]].append(row["key"])
    return [*findings, Finding("ok", "API key", "SPEKO_API_KEY is accepted")], served


def _layer(layer: str, vendors: list[str]) -> Finding:
    if vendors:
        return Finding("ok", LAYERS[layer], ", ".join(vendors))
    return Finding("missing", LAYERS[layer], "nobody can serve it: it needs a vendor's key or a program, see above")
