"""Options that several commands share."""

import argparse
from typing import Any

OPTIMIZE_FOR = ("balanced", "accuracy", "latency", "cost")


def add_json(parser: argparse.ArgumentParser) -> None:
    """`--json`."""
    parser.add_argument("--json", action="store_true", dest="as_json", help="print one JSON document and nothing else")


def add_gateway(parser: argparse.ArgumentParser) -> None:
    """`--json` and where the gateway is."""
    parser.add_argument(
        "--base-url", metavar="URL", help="address of the gateway (SPEKO_BASE_URL, else http://127.0.0.1:8787)"
    )
    add_json(parser)


def add_intent(parser: argparse.ArgumentParser, *, language: bool = True) -> None:
    """The routing intent."""
    if language:
        parser.add_argument(
            "--language", default="en", metavar="TAG", help="BCP-47 tag such as en or pt-BR (%(default)s)"
        )
    parser.add_argument("--region", metavar="NAME", help="region whose measurements count (global)")
    parser.add_argument("--optimize-for", choices=OPTIMIZE_FOR, help="what to rank by (balanced)")


def add_allow(parser: argparse.ArgumentParser) -> None:
    """`--allow`."""
    parser.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="VENDOR[:MODEL]",
        help="only this vendor or model may be called; may be repeated",
    )


def add_action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, summary: str
) -> argparse.ArgumentParser:
    """A subcommand of a subcommand."""
    description = summary[0].upper() + summary[1:] + "."
    return actions.add_parser(name, help=summary, description=description)


def constraints(layer: str, allow: list[str]) -> dict[str, Any] | None:
    """The constraints on one layer as the wire has them, or None without any."""
    return {"allowedProviders": {layer: allow}} if allow else None
