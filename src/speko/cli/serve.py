"""`speko serve`: the gateway in the foreground. Logs go to stderr, what a person needs to stdout: the address, the
console's link and a first key."""

import argparse
from pathlib import Path

from speko.cli.options import add_json

EPILOG = """\
SIGTERM finishes the calls in flight; SIGINT (Ctrl-C) or a second SIGTERM ends at once.
The default database is SQLite in the data folder and serves one process; several need PostgreSQL (--database-url).
With --workers N, this process serves nobody itself: it starts N others and replaces one that dies.
Every setting: docs/reference/settings.md.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command. What is not given comes from the environment and the configuration file."""
    parser.add_argument("--host", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, help="port to listen on; 0 picks a free one (8787)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="data folder, created when missing (.speko)")
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="configuration file (speko.toml, where there is one)"
    )
    parser.add_argument(
        "--embedded", choices=("auto", "always", "never"), help="when the embedded engines serve (auto)"
    )
    parser.add_argument("--database-url", metavar="URL", help="database in place of SQLite in the data folder")
    parser.add_argument(
        "--workers", type=int, metavar="N", help="gateway processes that share the port; above 1: on PostgreSQL (1)"
    )
    parser.add_argument("--log-level", choices=("debug", "info", "warning", "error"), help="least level logged (info)")
    parser.add_argument("--log-format", choices=("text", "json"), help="form of a log line (text)")
    parser.add_argument(
        "--first-key",
        action="store_true",
        help="when there is no API key yet, make one and print it once, with examples",
    )
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Serves until a signal."""
    from speko.cli.serving import run_gateway  # needs the gateway's packages; the help does not

    return run_gateway(args)
