"""Rates between two readings of a gateway's metrics. A metric that is missing makes a figure None."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from speko.cli.watching.scrape import Scrape

_BREAKER = {0.0: "closed", 1.0: "half open", 2.0: "open"}
_SECONDS_PER_HOUR = 3600
_WHO = ("provider", "model")
Buckets = Mapping[float, float]
"""Observations up to a bound in seconds (cumulative, the last is infinity)."""


@dataclass(frozen=True)
class Line:
    """One model of one provider, over the time between the readings."""

    provider: str
    model: str
    calls_per_second: float
    """Attempts that ended."""
    errors_per_second: float
    p50_ms: float | None
    """To the first byte; like the next, None without any in the time."""
    p95_ms: float | None
    failovers_per_second: float | None
    """Attempts that were made here because one elsewhere had failed."""
    breaker: str | None
    cost_per_hour_usd: float | None
    """Of the whole provider: in the line of its busiest model alone."""

    @property
    def error_rate(self) -> float | None:
        """Part of the attempts that failed, 0 to 1."""
        return self.errors_per_second / self.calls_per_second if self.calls_per_second else None


@dataclass(frozen=True)
class Figures:
    """A gateway over the time between two readings."""

    seconds: float
    calls_per_second: float
    """Calls that reached a provider; however many they tried."""
    errors_per_second: float
    """Attempts that failed."""
    failovers_per_second: float | None
    in_flight: float | None
    live_sessions: float | None
    p50_ms: float | None
    p95_ms: float | None
    cost_per_hour_usd: float | None
    lines: tuple[Line, ...]

    @property
    def document(self) -> dict[str, Any]:
        """For machines: members in camel case."""
        return {_camel(name): value for name, value in asdict(self).items() if name != "lines"} | {
            "lines": [{_camel(name): value for name, value in asdict(line).items()} for line in self.lines]
        }


def figures(before: Scrape, now: Scrape) -> Figures:
    """What happened between two readings."""
    seconds = max(now.at - before.at, 1e-9)
    attempts = _risen(before, now, "speko_attempts_total")
    failed = _risen(before, now, "speko_attempts_total", outcome="failed")
    failovers = _risen(before, now, "speko_failovers_total") if "speko_failovers_total" in now.samples else None
    moved = sum(failovers.values()) if failovers is not None else 0.0
    cost = _cost_per_hour(before, now, seconds)
    buckets = _buckets(before, now)
    everything = _sum(buckets.values())
    breakers = now.worst("speko_breaker_state", *_WHO)
    lines: list[Line] = []
    for key in sorted(attempts, key=lambda key: (-attempts[key], key)):
        provider, model = key
        first = provider not in {line.provider for line in lines}
        lines.append(
            Line(
                provider=provider,
                model=model,
                calls_per_second=attempts[key] / seconds,
                errors_per_second=failed.get(key, 0.0) / seconds,
                p50_ms=_ms(quantile(0.5, buckets.get(key, {}))),
                p95_ms=_ms(quantile(0.95, buckets.get(key, {}))),
                failovers_per_second=None if failovers is None else failovers.get(key, 0.0) / seconds,
                breaker=_BREAKER.get(breakers.get(key, -1.0)),
                cost_per_hour_usd=cost.get(provider, 0.0) if first and cost is not None else None,
            )
        )
    return Figures(
        seconds=seconds,
        calls_per_second=max(0.0, sum(attempts.values()) - moved) / seconds,
        errors_per_second=sum(failed.values()) / seconds,
        failovers_per_second=None if failovers is None else moved / seconds,
        in_flight=now.total("speko_calls_in_flight"),
        live_sessions=now.total("speko_sessions_live"),
        p50_ms=_ms(quantile(0.5, everything)),
        p95_ms=_ms(quantile(0.95, everything)),
        cost_per_hour_usd=None if cost is None else sum(cost.values(), 0.0),
        lines=tuple(lines),
    )


def quantile(part: float, buckets: Buckets) -> float | None:
    """The value below which that part of the observations lies, in seconds; within a bucket they count as evenly
    spread, and beyond the last bound as that bound. None without observations."""
    bounds = sorted(buckets)
    if not bounds or not buckets[bounds[-1]] > 0:
        return None
    wanted = part * buckets[bounds[-1]]
    low, below = 0.0, 0.0
    for bound in bounds:
        here = buckets[bound]
        if here >= wanted and here > below:
            return low if math.isinf(bound) else low + (bound - low) * (wanted - below) / (here - below)
        low, below = bound, max(below, here)
    return None


def _risen(
    before: Scrape, now: Scrape, name: str, labels: tuple[str, ...] = _WHO, **wanted: str
) -> dict[tuple[str, ...], float]:
    """How far counters have gone up. One that has gone down has begun anew."""
    old = before.by(name, *labels, **wanted)
    return {
        key: value - old.get(key, 0.0) if value >= old.get(key, 0.0) else value
        for key, value in now.by(name, *labels, **wanted).items()
    }


def _cost_per_hour(before: Scrape, now: Scrape, seconds: float) -> dict[str, float] | None:
    """USD by provider."""
    name = "speko_cost_micro_usd_total"
    if name not in now.samples:
        return None
    risen = _risen(before, now, name, ("provider",))
    return {key[0]: micro_usd / 1e6 / seconds * _SECONDS_PER_HOUR for key, micro_usd in risen.items()}


def _buckets(before: Scrape, now: Scrape) -> dict[tuple[str, ...], dict[float, float]]:
    found: dict[tuple[str, ...], dict[float, float]] = {}
    for (*who, bound), count in _risen(before, now, "speko_first_byte_seconds_bucket", (*_WHO, "le")).items():
        found.setdefault(tuple(who), {})[float(bound)] = count
    return found


def _sum(several: Iterable[Buckets]) -> dict[float, float]:
    sums: dict[float, float] = {}
    for buckets in several:
        for bound, count in buckets.items():
            sums[bound] = sums.get(bound, 0.0) + count
    return sums


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1e3


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)
