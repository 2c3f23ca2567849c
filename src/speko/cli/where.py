"""Commands that reach a database either through a gateway or by themselves."""

import argparse
import os
from pathlib import Path

from speko.cli.exits import UsageError
from speko.cli.options import add_gateway

EPILOG = """\
With --data or --database-url the database is used directly, also while a gateway runs on it. Else, with SPEKO_API_KEY,
the gateway is asked. Else SPEKO_DATA and SPEKO_DATABASE_URL name the database.
"""
_DATABASE_VARIABLES = ("SPEKO_DATA", "SPEKO_DATABASE_URL")


def add_database(parser: argparse.ArgumentParser) -> None:
    """Where the database is."""
    parser.add_argument("--data", type=Path, metavar="DIR", help="data folder of the gateway")
    parser.add_argument("--database-url", metavar="URL", help="database of the gateway")
    parser.add_argument("--config", type=Path, metavar="FILE", help="configuration file of the gateway")


def add_either(parser: argparse.ArgumentParser) -> None:
    """Where the database is, or else the gateway."""
    add_database(parser)
    add_gateway(parser)


def through_gateway(args: argparse.Namespace) -> bool:
    """Whether the gateway is asked. Raises UsageError where nothing is named."""
    named = args.data or args.database_url or args.config
    if not named and os.environ.get("SPEKO_API_KEY"):
        return True
    if not named and not any(os.environ.get(name) for name in _DATABASE_VARIABLES):
        raise UsageError("name the gateway's data folder with --data DIR, or set SPEKO_API_KEY to ask the gateway")
    return False
