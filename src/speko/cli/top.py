"""`speko top`: a running gateway as a live table."""

import argparse

from speko.cli.options import add_gateway

SORTS = ("calls", "errors", "p95", "failovers", "cost", "name")
EPILOG = """\
Reads /metrics: from the gateway's own machine without a token, from elsewhere with SPEKO_ADMIN_TOKEN. Rates are those
of the last ten seconds, quantiles those of the buckets of its histograms. $/h is what a whole vendor is likely to bill;
it stands beside the vendor's busiest model. --json implies --once; without a terminal each reading is one line.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("--sort", choices=SORTS, default="calls", help="what comes first (%(default)s)")
    parser.add_argument(
        "--interval", type=_interval, default=1.0, metavar="SECONDS", help="seconds between readings (%(default)g)"
    )
    parser.add_argument("--once", action="store_true", help="read twice, print the table once, and end")
    parser.add_argument("--admin-token", metavar="TOKEN", help="admin token of the gateway (SPEKO_ADMIN_TOKEN)")
    add_gateway(parser)


def run(args: argparse.Namespace) -> int:
    """Watches."""
    from speko.cli.watching.loop import run_top  # needs a parser of the gateway's packages; the help does not

    return run_top(args)


def _interval(text: str) -> float:
    seconds = float(text)
    if not 0.1 <= seconds <= 3600:
        raise argparse.ArgumentTypeError("seconds are 0.1 to 3600")
    return seconds
