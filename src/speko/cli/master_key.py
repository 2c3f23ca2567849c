"""`speko master-key`: the key that encrypts vendor keys, and a new one in its place while gateways run."""

import argparse

from speko.cli.exits import Exit
from speko.cli.options import add_action, add_json
from speko.cli.terminal import Terminal
from speko.cli.where import add_database

EPILOG = """\
rotate may be run while gateways serve, and again when it broke off. With the key in SPEKO_MASTER_KEY, give every
gateway and this command the new key there and the old one in SPEKO_PREVIOUS_MASTER_KEY before.
"""
_AFTERWARDS_FILE = "back up the new master key; when nobody needs the old one: speko master-key drop-previous"
_AFTERWARDS_ENVIRONMENT = (
    "back up the new master key; when every gateway has it in SPEKO_MASTER_KEY and nobody needs the old one: take "
    "SPEKO_PREVIOUS_MASTER_KEY away and start the gateways again"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    status = add_action(actions, "status", "show which master keys there are, and how many vendor keys each encrypts")
    rotate = add_action(actions, "rotate", "encrypt all vendor keys with a new master key")
    rotate.add_argument(
        "--leave-unreadable",
        action="store_true",
        help="go on where vendor keys are stored that no master key at hand opens",
    )
    drop = add_action(actions, "drop-previous", "remove earlier master keys: what they signed counts no more")
    for action in (status, rotate, drop):
        add_database(action)
        add_json(action)


def run(args: argparse.Namespace) -> int:
    """Shows, rotates or drops."""
    from speko.cli.master_key_local import LocalMasterKey  # needs the gateway's packages

    terminal = Terminal(as_json=args.as_json)
    keys = LocalMasterKey(args)
    if args.action == "status":
        found = keys.status()
        terminal.write(
            f"master key {found['name']} ({'in ' + str(found['file']) if found['file'] else 'from SPEKO_MASTER_KEY'})\n"
            f"previous keys that are accepted: {', '.join(found['previous']) or 'none'}\n"
            f"vendor keys: {found['vendorKeys']}, of them {found['older']} with a previous master key, "
            f"{found['unreadable']} unreadable"
        )
        if found["unfinished"]:
            terminal.write("a rotation has not been finished; type: speko master-key rotate")
        terminal.document(found)
        return Exit.OK
    if args.action == "rotate":
        with terminal.step("rotating the master key"):
            done = keys.rotate(leave_unreadable=args.leave_unreadable)
        what = "a rotation that had broken off is finished" if done["resumed"] else "the master key is rotated"
        terminal.write(f"{what}; encrypted anew: {done['reencrypted']} vendor keys")
        if done["unreadable"]:
            terminal.write(f"left as they are: {done['unreadable']} that no master key at hand opens")
        terminal.write(_AFTERWARDS_FILE if keys.in_file else _AFTERWARDS_ENVIRONMENT)
        terminal.document(done)
    else:
        gone = keys.drop_previous()
        terminal.write(f"previous master keys removed: {gone}")
        terminal.document({"dropped": gone})
    return Exit.OK
