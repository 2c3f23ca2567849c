"""`speko limits`: what API keys and organisations may use at most, in the gateway's database."""

import argparse

from speko.cli.options import add_action, add_json
from speko.cli.where import add_database

EPILOG = """\
SUBJECT is the id of an API key, or the id or slug of an organization (default: the organization "default"). A limit is
a number, `none` (no limit whatever the settings say) or `default` (as the settings say); what is not named stays.
The database is used directly; a gateway that runs on it sees a change within a second.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    show = add_action(actions, "show", "show what is set, and what holds")
    setting = add_action(actions, "set", "set limits of a key or an organization")
    clear = add_action(actions, "clear", "let the settings decide again")
    for action in (show, setting, clear):
        action.add_argument(
            "subject", metavar="SUBJECT", nargs="?", default="default", help="whose limits (%(default)s)"
        )
    setting.add_argument("--requests-per-minute", metavar="N", help="requests a minute")
    setting.add_argument("--concurrent-sessions", metavar="N", help="sessions at a time")
    setting.add_argument("--monthly-spend-usd", metavar="USD", help="USD a calendar month (UTC) on platform keys")
    for action in (show, setting, clear):
        add_database(action)
        add_json(action)


def run(args: argparse.Namespace) -> int:
    """Shows, sets or clears."""
    from speko.cli.limits_local import run_limits  # needs the gateway's packages; the help does not

    return run_limits(args)
