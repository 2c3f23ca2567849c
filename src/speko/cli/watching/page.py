"""The figures of a gateway as lines of a terminal."""

from collections.abc import Callable, Mapping, Sequence

from speko.cli.terminal import cut, layout
from speko.cli.watching.figures import Figures, Line

_HEADER = ("provider", "model", "calls/s", "err %", "p50 ms", "p95 ms", "failover", "breaker", "$/h")
_RIGHT = frozenset({"calls/s", "err %", "p50 ms", "p95 ms", "failover", "$/h"})
SORTS: Mapping[str, Callable[[Line], tuple[object, ...]]] = {
    "calls": lambda line: (-line.calls_per_second,),
    "errors": lambda line: (-line.errors_per_second, -line.calls_per_second),
    "p95": lambda line: (-(line.p95_ms or 0.0), -line.calls_per_second),
    "failovers": lambda line: (-(line.failovers_per_second or 0.0), -line.calls_per_second),
    "cost": lambda line: (-(line.cost_per_hour_usd or 0.0), -line.calls_per_second),
    "name": lambda line: (),
}
"""What comes first; equals stand by name."""


def page(figures: Figures, sort: str, width: int, height: int) -> list[str]:
    """Summary, a blank line, header and as many lines as fit; those that do not are counted."""
    ordered = sorted(figures.lines, key=lambda line: (*SORTS[sort](line), line.provider, line.model))
    # The last of the screen stays free, so that nothing scrolls.
    room = max(1, height - len(summary(figures)) - 3)
    shown = ordered if len(ordered) <= room else ordered[: max(0, room - 1)]
    rows = layout(_HEADER, [_cells(line) for line in shown], _RIGHT, width)
    rest = [f"… and {len(ordered) - len(shown)} more"] if len(shown) < len(ordered) else []
    if not ordered:
        rest = ["no provider has been asked yet"]
    return [cut(line, width) for line in (*summary(figures), "", *rows, *rest)]


def summary(figures: Figures) -> tuple[str, str]:
    """The gateway as a whole."""
    cost = "–" if figures.cost_per_hour_usd is None else f"${figures.cost_per_hour_usd:.2f}"
    return (
        f"{figures.calls_per_second:.1f} calls/s   {_count(figures.in_flight)} in flight   "
        f"{_count(figures.live_sessions)} live sessions   {cost}/h",
        f"first byte p50 {_ms(figures.p50_ms)} ms, p95 {_ms(figures.p95_ms)} ms   "
        f"{figures.errors_per_second:.1f} errors/s   {_rate(figures.failovers_per_second)} failovers/s",
    )


def plain(figures: Figures) -> str:
    """Everything worth a line in a log."""
    return "   ".join(summary(figures))


def _cells(line: Line) -> Sequence[str]:
    return (
        line.provider,
        line.model,
        f"{line.calls_per_second:.1f}",
        "–" if line.error_rate is None else f"{100 * line.error_rate:.0f}",
        _ms(line.p50_ms),
        _ms(line.p95_ms),
        _rate(line.failovers_per_second),
        line.breaker or "–",
        "" if line.cost_per_hour_usd is None else f"{line.cost_per_hour_usd:.2f}",
    )


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}"


def _rate(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _count(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}"
