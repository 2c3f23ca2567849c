"""`speko providers`: which vendors can be used, and your own keys for them."""

import argparse
import getpass
import sys
from typing import Any

from speko import ProviderStatus
from speko.cli.connection import ask_json, gateway
from speko.cli.exits import Exit, UsageError
from speko.cli.options import add_action, add_gateway
from speko.cli.terminal import Terminal

EPILOG = "set-key asks for the key, or reads it from standard input; never from an argument, which others could see."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = add_action(actions, "list", "show every vendor and layer, and what is missing")
    listing.add_argument("--configured", action="store_true", help="only those that can be called now")
    set_key = add_action(actions, "set-key", "store your own key for a vendor, encrypted")
    remove_key = add_action(actions, "remove-key", "forget your own key for a vendor")
    for action in (set_key, remove_key):
        action.add_argument("vendor", metavar="VENDOR", help="id of the vendor, as in the list")
    for action in (listing, set_key, remove_key):
        add_gateway(action)


def run(args: argparse.Namespace) -> int:
    """Lists, stores or removes."""
    terminal = Terminal(as_json=args.as_json)
    if args.action == "list":
        _list(terminal, args)
        return Exit.OK
    if args.action == "set-key":
        secret = _read_key(args.vendor)
        with gateway(args) as client:
            status = client.providers.set(args.vendor, secret)
        if not args.as_json:
            terminal.write(f"{status.provider}: your key is stored{_use_of(args, status.provider)}")
    else:
        with gateway(args) as client:
            status = client.providers.delete(args.vendor)
        terminal.write(f"{status.provider}: your key is forgotten")
    terminal.document(status.model_dump(by_alias=True))
    return Exit.OK


def _use_of(args: argparse.Namespace, vendor: str) -> str:
    """What becomes of a key that was stored: many vendors are listed that this build cannot call."""
    rows = [row for row in ask_json(args, "/v1/providers", list[ProviderStatus]) if row["key"] == vendor]
    if any(row["configured"] for row in rows):
        return " and used from now on"
    if all(row.get("reason") == "NO_CONNECTOR" for row in rows):
        return ", but this build has no connector for this vendor: nothing uses it yet"
    return ", but cannot be used yet: " + "; ".join(dict.fromkeys(row["hint"] for row in rows if row.get("hint")))


def _list(terminal: Terminal, args: argparse.Namespace) -> None:
    rows: list[dict[str, Any]] = ask_json(args, "/v1/providers", list[ProviderStatus])
    shown = [row for row in rows if row["configured"] or not args.configured]
    terminal.document(shown)
    cells = []
    for row in shown:
        models = ", ".join(model["id"] for model in row.get("models") or ())
        state = "yes" if row["configured"] else "no"
        source = {"BYOK": "your key"}.get(row["source"] or "", "platform" if row["configured"] else None)
        cells.append([row["key"], row["type"], state, source, row.get("hint") or row.get("reason"), models])
    terminal.table(["provider", "layer", "usable", "by", "what is missing", "models"], cells)


def _read_key(vendor: str) -> str:
    """The key, without showing it."""
    asked = getpass.getpass(f"Key for {vendor}: ", stream=sys.stderr) if sys.stdin.isatty() else sys.stdin.read()
    key = asked.strip()
    if not key:
        raise UsageError("no key was given")
    return key
