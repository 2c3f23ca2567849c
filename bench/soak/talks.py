"""The books of conversations beside what the engines told and what the callers were told."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from speko.providers.call import Usage
from speko.providers.pricing import estimate_micro_usd
from speko.providers.registry import Registry

_HEARD, _SPOKEN, _CUT = "s2s_input_audio_tokens", "s2s_output_audio_tokens", "s2s_seconds"
Line = tuple[str, float, int]
"""Metric, quantity and micro-USD of a row of usage."""


@dataclass
class Talked:
    """A conversation as its caller saw it."""

    session_id: str
    input_audio_tokens: int = 0
    output_audio_tokens: int = 0
    """Sums of the frames `usage`."""
    whole: bool = False
    """Whether the caller read to the end: then there was no more."""


def talk_problems(
    usage: Iterable[sqlite3.Row],
    talks: Iterable[Talked],
    told: Mapping[str, list[dict[str, Any]]],
    engines: Mapping[str, int],
) -> Iterator[str]:
    """What does not fit, in sentences.

    Args:
        usage: rows of conversations.
        talks: what the callers saw.
        told: by vendor, the member `usage` of each `response.done`.
        engines: by vendor, how many connections were made. With each, the last response may be lost.
    """
    rows = list(usage)
    yield from _callers(rows, talks)
    yield from _engines(rows, told, engines)


def _callers(rows: list[sqlite3.Row], talks: Iterable[Talked]) -> Iterator[str]:
    booked: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        booked[row["session_id"]][row["metric"]] += row["quantity"]
    for talk in talks:
        own = booked.pop(talk.session_id, Counter())
        for metric, heard in ((_HEARD, talk.input_audio_tokens), (_SPOKEN, talk.output_audio_tokens)):
            if own[metric] < heard or (talk.whole and own[metric] != heard):
                yield f"{talk.session_id}: {own[metric]:.0f} {metric}, the caller was told of {heard}"
    for session_id in booked:
        yield f"{session_id}: is in the books, and nobody had that conversation"


def _engines(
    rows: list[sqlite3.Row], told: Mapping[str, list[dict[str, Any]]], engines: Mapping[str, int]
) -> Iterator[str]:
    """Every row is half of a response that its engine told of, at its price to the micro-USD, and no two are the same
    half of the same response; or the seconds of a response that was cut short with its connection."""
    registry = Registry.load()
    booked: dict[tuple[str, str], Counter[Line]] = defaultdict(Counter)
    for row in rows:
        booked[row["provider"], row["model"]][row["metric"], row["quantity"], row["cost_micro_usd"]] += 1
    for (vendor, name), lines in booked.items():
        connections = engines.get(vendor, 0)
        model = registry.model(vendor, "s2s", name)
        price = model.price if model else None
        served: Counter[Line] = Counter()
        for response in told.get(vendor, []):
            if not response["total_tokens"]:
                continue  # failed before it was anything
            heard, spoken = _halves(response)
            served[_HEARD, float(heard.input_audio_tokens), estimate_micro_usd(price, heard)] += 1
            served[_SPOKEN, float(spoken.output_audio_tokens), estimate_micro_usd(price, spoken)] += 1
        cut = 0
        for (metric, quantity, cost), count in (lines - served).items():
            if metric == _CUT and cost == estimate_micro_usd(price, Usage(audio_ms=round(quantity * 1e3))):
                cut += count
            else:
                yield f"{vendor}: {count} times {quantity:.0f} {metric} for {cost} micro-USD, which it never told of"
        lost = (served - lines).total() // 2
        if lost + cut > connections:
            yield f"{vendor}: {lost} responses are not in the books, {cut} were cut, with {connections} connections"


def _halves(response: Mapping[str, Any]) -> tuple[Usage, Usage]:
    """What a response heard and what it said."""
    heard, spoken = response["input_token_details"], response["output_token_details"]
    return Usage(
        input_tokens=response["input_tokens"],
        cached_tokens=heard["cached_tokens"],
        input_audio_tokens=heard["audio_tokens"],
        cached_audio_tokens=heard["cached_tokens_details"]["audio_tokens"],
    ), Usage(output_tokens=response["output_tokens"], output_audio_tokens=spoken["audio_tokens"])
