"""`speko route`: a decision as tables, with everything that went into it. The gateway computes, this prints."""

import argparse
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from speko import RoutingStack
from speko.cli.connection import ask_json
from speko.cli.exits import Exit, UsageError
from speko.cli.options import add_allow, add_gateway, add_intent
from speko.cli.terminal import Terminal

LAYERS = {"stt": "speech to text", "llm": "language model", "tts": "text to speech", "s2s": "speech to speech"}
_DATE_AND_HASH = re.compile(r"_\d{4}-\d\d-\d\d_[0-9a-f]{12}$")
EPILOG = """\
An entry of --allow is for the layers of --modality; without --modality it names its layer itself (llm:openai:gpt-4o).
Calls go down the ranking and skip what is not usable; credentials and health never change the ranking.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("language", metavar="LANGUAGE", help="BCP-47 tag such as en or pt-BR")
    parser.add_argument("--modality", action="append", choices=tuple(LAYERS), help="only this layer; may be repeated")
    add_intent(parser, language=False)
    add_allow(parser)
    add_gateway(parser)


def run(args: argparse.Namespace) -> int:
    """Explains."""
    terminal = Terminal(as_json=args.as_json)
    layers = [layer for layer in LAYERS if args.modality is None or layer in args.modality]
    query = [("language", args.language), ("explain", "1")]
    query += [("region", args.region)] if args.region else []
    query += [("optimize_for", args.optimize_for)] if args.optimize_for else []
    query += [("allow", entry) for entry in _allowed(args.allow, args.modality)]
    stack: dict[str, Any] = ask_json(args, "/v1/benchmarks/stack", RoutingStack, query)
    left_out = [item for item in stack["filtered_out"] if item["modality"] in layers]
    terminal.document({**stack, **{other: None for other in LAYERS if other not in layers}, "filtered_out": left_out})
    intent = stack["intent"]
    terminal.write(f"language {intent['language']}, region {intent['region']}, optimised for {intent['optimizeFor']}")
    for note in stack["notes"]:
        if note.partition(":")[0] not in set(LAYERS).difference(layers):
            terminal.write(f"note: {note}")
    chains = {layer: _chain(stack[layer]) for layer in layers}
    names = _names(entry["scoresRunId"] for chain in chains.values() for entry in chain)
    for layer in layers:
        terminal.write(terminal.styled(f"\n{layer} – {LAYERS[layer]}", "bold"))
        _ranking(terminal, chains[layer], names)
        _left_out(terminal, [item for item in left_out if item["modality"] == layer])
    if short := {name: snapshot for snapshot, name in names.items() if name != snapshot}:
        terminal.write("\nsnapshots: " + ", ".join(f"{name} = {snapshot}" for name, snapshot in short.items()))
    return Exit.OK


def _allowed(entries: list[str], modalities: list[str] | None) -> list[str]:
    """Entries as the gateway takes them: with their layer in front."""
    if modalities is not None:
        return [f"{layer}:{entry}" for layer in modalities for entry in entries]
    if wrong := next((entry for entry in entries if entry.partition(":")[0] not in LAYERS), None):
        raise UsageError(f"which layer is {wrong!r} for? Name it with --modality, or write llm:{wrong}")
    return entries


def _chain(layer: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The candidates of a layer; who is asked first stands first."""
    return [layer, *layer["runnersUp"]] if layer is not None else []


def _names(snapshots: Iterable[str]) -> dict[str, str]:
    """Snapshot ids to what the table shows: their names without date and hash, where these tell them apart."""
    ids = list(dict.fromkeys(snapshots))
    found = {snapshot: _DATE_AND_HASH.sub("", snapshot) for snapshot in ids}
    return found if len(set(found.values())) == len(ids) else {snapshot: snapshot for snapshot in ids}


def _ranking(terminal: Terminal, chain: list[dict[str, Any]], names: dict[str, str]) -> None:
    """One layer, and below it what to do about those that are not usable."""
    if not chain:
        terminal.write("no candidate")
        return
    weights = {axis["name"]: axis["weight"] for entry in chain for axis in entry.get("axes") or ()}
    header = ["rank", "provider", "model", "score"]
    for name in weights:
        header += [name, "norm"]
    rows = []
    for rank, entry in enumerate(chain, 1):
        axes = {axis["name"]: axis for axis in entry.get("axes") or ()}
        row: list[object] = [rank, entry["providerId"], entry["modelId"], _fixed(entry["score"], 4)]
        for name in weights:
            axis = axes.get(name) or {}
            row += [_short(axis.get("raw")), _fixed(axis.get("norm"), 2)]
        usable = "yes" if entry["usable"] else f"no: {entry.get('reason', '')}"
        rows.append([*row, usable, entry["health"], names[entry["scoresRunId"]]])
    terminal.table([*header, "usable", "health", "snapshot"], rows, right=("rank", "score", "norm", *weights))
    if weights:
        terminal.write("weights: " + ", ".join(f"{name} {weight:g}" for name, weight in weights.items()))
    for hint in dict.fromkeys(entry["hint"] for entry in chain if entry.get("hint")):
        terminal.write(f"not usable: {hint}")


def _left_out(terminal: Terminal, items: list[dict[str, Any]]) -> None:
    """Who is not in the ranking, and why."""
    if items:
        terminal.write("")
        rows = [[item["providerId"], item["modelId"], item["mode"], item["reason"]] for item in items]
        terminal.table(["left out", "model", "mode", "reason"], rows)


def _fixed(value: float | None, digits: int) -> str | None:
    return None if value is None else f"{value:.{digits}f}"


def _short(value: float | None) -> str | None:
    """Six significant digits, never with an exponent: prices are small."""
    return None if value is None else f"{Decimal(f'{value:g}'):f}"
