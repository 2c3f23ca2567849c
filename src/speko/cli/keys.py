"""`speko keys`: API keys, through the gateway or, with a data folder, straight in its database."""

import argparse
from typing import Any, Protocol

from speko.cli.connection import gateway
from speko.cli.exits import Exit, UsageError
from speko.cli.options import add_action
from speko.cli.terminal import Terminal
from speko.cli.where import EPILOG as WHERE
from speko.cli.where import add_either, through_gateway

EPILOG = WHERE


class KeyRing(Protocol):
    """Where the keys are. Keys have the members that the API gives them."""

    def create(self, name: str, organization: str | None) -> dict[str, Any]:
        """Makes a key; the result has the key itself as `key`. Raises CommandError for an unknown organization."""

    def list(self) -> list[dict[str, Any]]:
        """All keys, revoked ones too; in the database those of all organizations, with its slug as `organization`."""

    def revoke(self, key_id: str) -> None:
        """Ends a key; raises CommandError `NOT_FOUND`."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    create = add_action(actions, "create", "make a key and show it this once")
    create.add_argument("--name", required=True, help="what the key is for; 1 to 100 characters")
    create.add_argument(
        "--organization", metavar="NAME", help="id or slug of its organization, in the database alone (default)"
    )
    listing = add_action(actions, "list", "show all keys, without their secrets")
    revoke = add_action(actions, "revoke", "end a key at once")
    revoke.add_argument("id", metavar="ID", help="id of the key, as in the list")
    for action in (create, listing, revoke):
        add_either(action)


def run(args: argparse.Namespace) -> int:
    """Creates, lists or revokes."""
    terminal = Terminal(as_json=args.as_json)
    keys = _key_ring(args)
    if args.action == "create":
        name = args.name.strip()
        if not 1 <= len(name) <= 100:
            raise UsageError("--name takes 1 to 100 characters")
        created = keys.create(name, args.organization)
        of = f" of the organization {args.organization}" if args.organization else ""
        terminal.write(created["key"])
        terminal.document(created)
        if not terminal.as_json:  # beside the key, so that KEY=$(speko keys create …) holds nothing else
            terminal.note(f"This is {created['id']}{of}; it is shown this once.")
    elif args.action == "list":
        found = keys.list()
        columns = {"id": "id", "name": "name", "keyPrefix": "key", "createdAt": "created", "lastUsedAt": "last used"}
        if any("organization" in key for key in found):  # through the gateway all are of the caller's
            columns["organization"] = "organization"
        rows = [[*(key[member] for member in columns), _state(key)] for key in found]
        terminal.table([*columns.values(), "state"], rows)
        terminal.document(found)
    else:
        keys.revoke(args.id)
        terminal.write(f"{args.id} does not work any more")
        terminal.document({"id": args.id, "revoked": True})
    return Exit.OK


def _key_ring(args: argparse.Namespace) -> KeyRing:
    if through_gateway(args):
        return _Remote(args)
    from speko.cli.keys_local import LocalKeys  # needs the gateway's packages

    return LocalKeys(args)


def _state(key: dict[str, Any]) -> str:
    return "revoked" if key["revoked"] else "active"


class _Remote:
    """Keys through the gateway."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args

    def create(self, name: str, organization: str | None) -> dict[str, Any]:
        if organization is not None:
            raise UsageError("--organization needs the gateway's database: name its data folder with --data DIR")
        with gateway(self._args) as client:
            return client.api_keys.create(name).model_dump(by_alias=True)

    def list(self) -> list[dict[str, Any]]:
        with gateway(self._args) as client:
            return [key.model_dump(by_alias=True) for key in client.api_keys.list()]

    def revoke(self, key_id: str) -> None:
        with gateway(self._args) as client:
            client.api_keys.revoke(key_id)
