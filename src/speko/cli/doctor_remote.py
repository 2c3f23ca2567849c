"""The part of `speko doctor` that asks a running gateway."""

import argparse
import os
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import httpx

from speko import ProviderStatus
from speko.cli.connection import ask_json, base_url_of
from speko.cli.exits import CommandError, Exit
from speko.cli.findings import LAYERS, Finding, no_layers

_TO_BE_CONFIGURED = ("NO_CREDENTIAL", "NO_BASE_URL")
_NOBODY_CAN_HELP = "NO_CONNECTOR"


def ask(args: argparse.Namespace) -> tuple[list[Finding], list[dict[str, Any]] | None]:
    """Whether a gateway answers and knows our key, and its rows of vendors; None where it does not say them."""
    try:
        url = base_url_of(args.base_url)
    except CommandError as error:
        return [Finding("missing", "base URL", error.message, "unset SPEKO_BASE_URL")], None
    try:
        ready = httpx.get(f"{url}/readyz", timeout=5)
    except httpx.HTTPError:
        return [Finding("note", "running gateway", f"none at {url}", "speko serve --first-key")], None
    if ready.status_code != 200:
        return [Finding("note", "running gateway", f"{url} is not ready (status {ready.status_code})")], None
    findings = [_ready(url, ready)]
    if not os.environ.get("SPEKO_API_KEY"):
        return [*findings, Finding("note", "API key", "SPEKO_API_KEY is not set", "export SPEKO_API_KEY=…")], None
    try:
        rows: list[dict[str, Any]] = ask_json(args, "/v1/providers", list[ProviderStatus])
    except CommandError as error:
        fix = "speko keys create --name me --data DIR" if error.status == Exit.UNAUTHORIZED else None
        return [*findings, Finding("missing", "API key", error.message, fix)], None
    return [*findings, Finding("ok", "API key", "SPEKO_API_KEY is accepted")], rows


def _ready(url: str, answer: httpx.Response) -> Finding:
    try:
        problem = answer.json().get("problem")
    except (ValueError, AttributeError):  # something else serves there
        problem = None
    if problem is None:
        return Finding("ok", "running gateway", f"{url} is ready")
    return Finding("note", "running gateway", f"{url} is ready, but {problem}")


def served(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Who can serve each layer."""
    found = no_layers()
    for row in rows:
        if row["configured"] and row["type"] in found:
            found[row["type"]].append(row["key"])
    return found


def vendors(rows: Sequence[Mapping[str, Any]], engines: Collection[str]) -> list[Finding]:
    """One finding per vendor that can be called, or that lacks more than a key; one for all that lack that."""
    findings: dict[str, Finding] = {}
    without: list[str] = []
    for row in sorted(rows, key=lambda row: (row["key"] in engines, not row["configured"])):
        vendor, reason = row["key"], row.get("reason")
        if vendor in findings or vendor in without or row["type"] not in LAYERS or reason == _NOBODY_CAN_HELP:
            continue
        subject = f"{'engine' if vendor in engines else 'vendor'} {vendor}"
        if row["configured"]:
            own = "your own key" if row["source"] == "BYOK" else "the gateway's own key or address"
            findings[vendor] = Finding("ok", subject, row["name"] if vendor in engines else own)
        elif reason in _TO_BE_CONFIGURED:
            without.append(vendor)
        else:
            findings[vendor] = Finding("note", subject, row.get("hint") or reason or "cannot be called")
    others = f"no key or address for {', '.join(without)}"
    rest = [Finding("note", "other vendors", others, "speko providers set-key VENDOR")] if without else []
    return [*findings.values(), *rest]
