"""`speko demo`: starts everything, shows it once, and stops it again. No key, no account, no network."""

import argparse
from pathlib import Path

from speko.cli.options import add_json

EPILOG = "Exit code 0 only when every step brought what it should."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("out/demo.wav"),
        metavar="FILE",
        help="where the spoken answer goes, and beside it conversation.wav (%(default)s)",
    )
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Plays all scenes."""
    from speko.cli.demo_show import show  # needs the gateway's packages; the help does not

    return show(args)
