"""`speko providers`: which vendors can be used, your own keys for them, and whether they are good."""

import argparse
import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from speko import ProviderStatus, ProviderTest, Speko
from speko.cli.connection import ask_json, gateway
from speko.cli.exits import CommandError, Exit, UsageError
from speko.cli.options import add_action, add_gateway
from speko.cli.terminal import Terminal
from speko.cli.where import EPILOG as WHERE
from speko.cli.where import add_either, through_gateway

EPILOG = f"""\
set-key asks for the key, or reads it from standard input; never from an argument, which others could see.

set-key and remove-key: {WHERE}\
list and test ask the gateway. test ends with 1 where something speaks against a call.
"""
_SOURCES = {"BYOK": "yours, stored in the gateway", "MANAGED": "the operator's, from where the gateway was started"}
_LONGEST_KEY = 4096
"""Characters that the gateway takes."""
_MOST_READ = 2 * _LONGEST_KEY
"""Bytes of standard input: a key, and white space around it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = add_action(actions, "list", "show every vendor and layer, and what is missing")
    listing.add_argument("--configured", action="store_true", help="only those that can be called now")
    set_key = add_action(actions, "set-key", "store your own key for a vendor, encrypted")
    remove_key = add_action(actions, "remove-key", "forget your own key for a vendor")
    test = add_action(actions, "test", "ask a vendor once whether the key that calls would use is good")
    for action in (set_key, remove_key, test):
        action.add_argument("vendor", metavar="VENDOR", type=_vendor, help="id of the vendor, as in the list")
    for action in (listing, test):
        add_gateway(action)
    for action in (set_key, remove_key):
        add_either(action)


def run(args: argparse.Namespace) -> int:
    """Lists, stores, removes or tests."""
    terminal = Terminal(as_json=args.as_json)
    if args.action == "list":
        _list(terminal, args)
        return Exit.OK
    if args.action == "test":
        return _test(terminal, args)
    remote = through_gateway(args)
    if args.action == "set-key":
        secret = _read_key(args.vendor)
        status, use = _store(args, secret) if remote else _store_locally(args, secret)
        terminal.write(f"{args.vendor}: your key is stored{use}")
    else:
        status, was_there = _forget(args) if remote else _forget_locally(args)
        done = "your key is forgotten" if was_there else "you have no key stored, so there is none to forget"
        terminal.write(f"{args.vendor}: {done}")
    terminal.document(status)
    return Exit.OK


def unknown_vendor(vendor: str, code: str, **details: Any) -> CommandError:
    """What to say of a vendor that the catalogue does not know."""
    return CommandError(f"there is no vendor {vendor!r}; to see them all: speko providers list", code, **details)


@contextmanager
def _known_to(args: argparse.Namespace) -> Iterator[Speko]:
    """The gateway, asked about one vendor. Raises CommandError, for a vendor that it does not know with its name."""
    try:
        with gateway(args) as client:
            yield client
    except CommandError as error:
        if error.code == "NOT_FOUND" or (error.code == "VALIDATION_ERROR" and not _rows(args)):
            raise unknown_vendor(args.vendor, error.code, **error.details) from error
        raise


def _rows(args: argparse.Namespace) -> list[dict[str, Any]]:
    """What the gateway says of the vendor, layer by layer; nothing of one that it does not know."""
    return [row for row in ask_json(args, "/v1/providers", list[ProviderStatus]) if row["key"] == args.vendor]


def _store(args: argparse.Namespace, secret: str) -> tuple[dict[str, Any], str]:
    """The API's answer, and what becomes of the key, for people."""
    with _known_to(args) as client:
        status = client.providers.set(args.vendor, secret)
    return status.model_dump(by_alias=True), "" if args.as_json else _use_of(args)


def _forget(args: argparse.Namespace) -> tuple[dict[str, Any], bool]:
    """The API's answer, and whether there was a key, for people: the API does not say."""
    was_there = args.as_json or any(row["source"] == "BYOK" for row in _rows(args))
    with _known_to(args) as client:
        return client.providers.delete(args.vendor).model_dump(by_alias=True), was_there


def _store_locally(args: argparse.Namespace, secret: str) -> tuple[dict[str, Any], str]:
    from speko.cli.providers_local import LocalVendorKeys  # needs the gateway's packages

    keys = LocalVendorKeys(args)
    status = keys.store(args.vendor, secret)
    return status, " and used from now on" if keys.has_connector(args.vendor) else _NOBODY_USES_IT


def _forget_locally(args: argparse.Namespace) -> tuple[dict[str, Any], bool]:
    from speko.cli.providers_local import LocalVendorKeys  # needs the gateway's packages

    return LocalVendorKeys(args).forget(args.vendor)


_NOBODY_USES_IT = ", but this build has no connector for this vendor: nothing uses it yet"


def _use_of(args: argparse.Namespace) -> str:
    """What becomes of a key that was stored: many vendors are listed that this build cannot call."""
    rows = _rows(args)
    if any(row["configured"] for row in rows):
        return f" and used from now on; to see whether it is good: speko providers test {args.vendor}"
    if all(row.get("reason") == "NO_CONNECTOR" for row in rows):
        return _NOBODY_USES_IT
    return ", but cannot be used yet: " + "; ".join(dict.fromkeys(row["hint"] for row in rows if row.get("hint")))


def _list(terminal: Terminal, args: argparse.Namespace) -> None:
    rows: list[dict[str, Any]] = ask_json(args, "/v1/providers", list[ProviderStatus])
    shown = [row for row in rows if row["configured"] or not args.configured]
    terminal.document(shown)
    cells = []
    refused = []
    for row in shown:
        models = ", ".join(model["id"] for model in row.get("models") or ())
        state = ("rejected" if row.get("rejectedAt") else "yes") if row["configured"] else "no"
        source = {"BYOK": "your key"}.get(row["source"] or "", "platform" if row["configured"] else None)
        missing = "a key that the vendor takes" if row.get("rejectedAt") else row.get("hint") or row.get("reason")
        cells.append([row["key"], row["type"], state, source, missing, models])
        if row.get("rejectedAt"):
            refused.append(f"{row['key']} refused your key at {row['rejectedAt']}: {_one_line(row.get('rejection'))}")
    terminal.table(["provider", "layer", "usable", "by", "what is missing", "models"], cells)
    # Below: a vendor's words are as wide as all columns together. They are the same for each of its layers.
    for line in dict.fromkeys(refused):
        terminal.write(f"\n{terminal.styled(line, 'yellow')}")


def _one_line(text: object) -> str:
    """A vendor's words; control characters of foreign texts would move the cursor."""
    return "".join(character if character.isprintable() else " " for character in str(text))


def _test(terminal: Terminal, args: argparse.Namespace) -> int:
    with _known_to(args) as client:
        found = client.providers.test(args.vendor)
    terminal.document(found.model_dump(by_alias=True))
    terminal.write(
        f"{terminal.styled(*(('works', 'green') if found.ok else ('does not work', 'red')))}: {found.message}"
    )
    facts = [("key", _key(found)), ("models", None if found.models is None else str(found.models))]
    if found.latency_ms is not None:
        facts.append(
            ("answered in", f"{found.latency_ms:.0f} ms" + (f" (HTTP {found.status})" if found.status else ""))
        )
    facts.append(("next", _advice(found)))
    for name, value in facts:
        if value is not None:
            terminal.write(f"  {name}: {value}")
    return Exit.OK if found.ok else Exit.FAILED


def _key(found: ProviderTest) -> str | None:
    source = _SOURCES.get(found.source or "")
    told = {"accepted": "accepted", "rejected": "rejected"}.get(found.verdict)
    return ", ".join(filter(None, (told, source))) or None


def _advice(found: ProviderTest) -> str | None:
    """What to do next; None where the message says it."""
    store = f"speko providers set-key {found.provider}"
    if found.ok:
        return "calls use it; who is asked first is shown by: speko route"
    if found.verdict == "rejected":
        where = (
            "" if found.source == "BYOK" else "set the operator's key anew where the gateway starts, or bring yours; "
        )
        return f"{where}make a key in the vendor's console, then: {store}"
    if found.source is None:
        return None
    return "calls go to the next provider meanwhile; the vendor's status page or your account there may say more"


def _read_key(vendor: str) -> str:
    """The key, without showing it."""
    if sys.stdin.isatty():
        key = getpass.getpass(f"Key for {vendor}: ", stream=sys.stderr).strip()
    else:
        # Bytes: what is no text in this machine's encoding is no key either, and no reason to fail.
        key = sys.stdin.buffer.read(_MOST_READ + 1).decode("latin-1").strip()
    if not key:
        raise UsageError("no key was given")
    if len(key) > _LONGEST_KEY:
        raise CommandError(f"this is longer than any key: {_LONGEST_KEY} characters at most", "VALIDATION_ERROR")
    if not key.isascii():
        raise CommandError("the key holds a character that no key has", "VALIDATION_ERROR")
    return key


def _vendor(text: str) -> str:
    return text.strip().lower()
