"""`speko export`: an organisation's sessions, words, timings, attempts, usage and credits, as JSON Lines."""

import argparse
from pathlib import Path

from speko.cli.options import add_json

EPILOG = """\
One JSON object a line; its member "record" is session, words, timing, attempt, usage or credit. Words and timings
follow their session. There are no keys in the file, but people's words are: only its owner can read it.
The database is read directly, also while a gateway runs on it. A day without a time of day is the whole day, in UTC.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="file to write; must not exist yet")
    parser.add_argument(
        "--organization", default="default", metavar="NAME", help="id or slug of the organization (%(default)s)"
    )
    parser.add_argument("--from", dest="start", metavar="DATE", help="first day or moment, ISO-8601 (the beginning)")
    parser.add_argument("--to", dest="end", metavar="DATE", help="last day or moment, ISO-8601 (now)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="data folder of the gateway")
    parser.add_argument("--database-url", metavar="URL", help="database of the gateway")
    parser.add_argument("--config", type=Path, metavar="FILE", help="configuration file of the gateway")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Exports."""
    from speko.cli.exporting import run_export  # needs the gateway's packages; the help does not

    return run_export(args)
