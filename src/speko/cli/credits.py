"""`speko credits`: what organisations were credited and have left, in the gateway's database."""

import argparse

from speko.cli.options import add_action, add_json
from speko.cli.where import add_database

EPILOG = """\
Credit is counted always, and enforced where the setting `enforce_credits` says so. The database is used directly; a
gateway that runs on it sees a change within a second.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    show = add_action(actions, "show", "show the balance, what was credited, and debits by day")
    grant = add_action(actions, "grant", "credit an organization")
    grant.add_argument("amount", metavar="USD", help="amount, up to six decimals; an adjustment may be negative")
    grant.add_argument(
        "--kind",
        choices=("grant", "topup", "refund", "adjustment"),
        default="grant",
        help="kind of the entry (%(default)s)",
    )
    grant.add_argument("--note", metavar="TEXT", help="what it is for; the organization can read it")
    for action in (show, grant):
        action.add_argument(
            "--organization", default="default", metavar="NAME", help="id or slug of the organization (%(default)s)"
        )
        add_database(action)
        add_json(action)


def run(args: argparse.Namespace) -> int:
    """Shows or grants."""
    from speko.cli.credits_local import run_credits  # needs the gateway's packages; the help does not

    return run_credits(args)
