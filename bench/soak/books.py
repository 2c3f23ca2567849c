"""The gateway's books beside what callers and vendors saw. Everything is compared, to the micro-USD."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from bench.soak.talks import Talked, talk_problems
from bench.soak.traffic import Seen
from speko.providers.call import Usage
from speko.providers.pricing import estimate_micro_usd
from speko.providers.registry import Registry

_NEVER_ASKED = ("connect", "busy", "unsupported")
"""Causes of failed attempts of which the vendor never heard."""
_ATTEMPTS = """SELECT request_id, session_id, modality, position, provider, model, outcome, cause, audio_ms, characters,
    input_tokens, output_tokens, cached_tokens, input_audio_tokens, output_audio_tokens, cached_audio_tokens,
    cost_micro_usd, first_byte_ms FROM attempts"""


def read_rows(data: Path) -> tuple[list[sqlite3.Row], list[sqlite3.Row]]:
    """Attempts and usage of a gateway that has stopped."""
    with closing(sqlite3.connect(data / "speko.sqlite3")) as database:
        database.row_factory = sqlite3.Row
        attempts = database.execute(_ATTEMPTS).fetchall()
        usage = database.execute("SELECT * FROM usage").fetchall()
        return attempts, usage


def problems(
    attempts: list[sqlite3.Row],
    usage: list[sqlite3.Row],
    seen: Iterable[Seen],
    heard: Mapping[str, int],
    *,
    talks: Iterable[Talked] = (),
    told: Mapping[str, list[dict[str, Any]]] | None = None,
    hedged: bool = False,
) -> Iterator[str]:
    """What does not fit, in sentences. `heard`: by vendor, the requests that it says it has read; `told`: the usage
    that it says its responses in conversations had. `hedged`: two vendors may have been asked at once, and one may fail
    in the moment in which the other answers: that is no failover."""
    calls = [row for row in attempts if row["session_id"] is None]
    yield from _calls(calls, [row for row in usage if row["session_id"] is None], list(seen), int(hedged))
    yield from _vendors(attempts, heard)
    yield from _money(attempts, usage)
    engines = Counter(row["provider"] for row in attempts if row["session_id"] is not None)
    yield from talk_problems([row for row in usage if row["session_id"] is not None], talks, told or {}, engines)


def _calls(attempts: list[sqlite3.Row], usage: list[sqlite3.Row], seen: list[Seen], more: int) -> Iterator[str]:
    tried: dict[str, list[sqlite3.Row]] = defaultdict(list)
    used: dict[str, list[sqlite3.Row]] = defaultdict(list)
    for row in attempts:
        tried[row["request_id"]].append(row)
    for row in usage:
        used[row["request_id"]].append(row)
    for call in seen:
        yield from _call(call, tried.pop(call.request_id, []), used.pop(call.request_id, []), more)
    for request_id in {*tried, *used}:
        yield f"{request_id}: is in the books, and nobody made that call"


def _call(call: Seen, tried: list[sqlite3.Row], used: list[sqlite3.Row], more: int) -> Iterator[str]:
    name = f"{call.request_id} ({call.endpoint}, {call.outcome})"
    outcomes = Counter(row["outcome"] for row in tried)
    if sorted(row["position"] for row in tried) != list(range(len(tried))):
        yield f"{name}: positions of its attempts are not 0, 1, 2, …"
    # Two vendors that heard nothing are two that failed, and the last of them answers with an empty text.
    served = {"served": 1, "silent": 0}.get(call.outcome)
    if served is not None and call.failovers is not None:
        beyond = outcomes["failed"] - call.failovers - (1 - served)
        if outcomes["served"] != served or not 0 <= beyond <= more:
            yield f"{name}: {dict(outcomes)} attempts beside {call.failovers} failovers"
    if call.outcome in ("failed", "broken") and (outcomes["served"] or not outcomes["failed"]):
        yield f"{name}: {dict(outcomes)} attempts"
    rows = {"served": (1, 1), "silent": (1, 1), "broken": (1, 1), "failed": (0, 0), "left": (0, 1)}[call.outcome]
    if not rows[0] <= len(used) <= rows[1]:
        yield f"{name}: {len(used)} rows of usage"
    for row in used:
        if call.provider is not None and row["provider"] != call.provider:
            yield f"{name}: usage at {row['provider']}, the caller was served by {call.provider}"
        if call.quantity is not None and row["quantity"] != call.quantity:
            yield f"{name}: {row['quantity']} {row['metric']}, the caller counted {call.quantity}"


def _vendors(attempts: list[sqlite3.Row], heard: Mapping[str, int]) -> Iterator[str]:
    """Requests whose connection broke before the vendor had read them are the only ones that may be missing there, and
    those that were called off before it answered: a race that another has won, a caller who left."""
    reached, lost = Counter[str](), Counter[str]()
    for row in attempts:
        if row["cause"] not in _NEVER_ASKED:
            reached[row["provider"]] += 1
            called_off = row["outcome"] == "cancelled" and row["first_byte_ms"] is None
            lost[row["provider"]] += called_off or row["cause"] == "connection_lost"
    for vendor, said in heard.items():
        if not reached[vendor] - lost[vendor] <= said <= reached[vendor]:
            yield f"{vendor}: was asked {said} times, {reached[vendor]} attempts ({lost[vendor]} lost)"


def _money(attempts: list[sqlite3.Row], usage: list[sqlite3.Row]) -> Iterator[str]:
    """Every attempt once more by the price list; what a call costs is what the attempt at that vendor cost."""
    registry = Registry.load()
    costs: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    for row in attempts:
        model = registry.model(row["provider"], row["modality"], row["model"])
        again = estimate_micro_usd(model.price if model else None, _usage(row))
        if again != row["cost_micro_usd"]:
            yield f"{row['request_id']}: an attempt costs {row['cost_micro_usd']}, by the price list {again}"
        costs[row["request_id"], row["provider"], row["model"]].add(again)
    for row in usage:
        if row["session_id"] is None:
            known = costs[row["request_id"], row["provider"], row["model"]]
            if row["cost_micro_usd"] not in known:
                yield f"{row['request_id']}: {row['cost_micro_usd']} micro-USD in usage, {known} by its attempts"


def _usage(row: sqlite3.Row) -> Usage:
    return Usage(
        audio_ms=row["audio_ms"],
        characters=row["characters"],
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        cached_tokens=row["cached_tokens"],
        input_audio_tokens=row["input_audio_tokens"],
        output_audio_tokens=row["output_audio_tokens"],
        cached_audio_tokens=row["cached_audio_tokens"],
    )
