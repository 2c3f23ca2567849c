"""`speko organizations`: the tenants of a gateway, in its database."""

import argparse

from speko.cli.options import add_action, add_json
from speko.cli.where import add_database

EPILOG = """\
Keys, limits, credits and exports belong to an organization; what names none belongs to "default". The database is used
directly; a gateway that runs on it sees a change within a second.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    create = add_action(actions, "create", "make an organization")
    create.add_argument("name", metavar="NAME", help="what it is called; 1 to 100 characters")
    create.add_argument(
        "--slug", metavar="SLUG", help="its short name: a-z, 0-9 and single hyphens between (made from NAME)"
    )
    listing = add_action(actions, "list", "show all organizations")
    for action in (create, listing):
        add_database(action)
        add_json(action)


def run(args: argparse.Namespace) -> int:
    """Creates or lists."""
    from speko.cli.organizations_local import run_organizations  # needs the gateway's packages; the help does not

    return run_organizations(args)
