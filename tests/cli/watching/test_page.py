"""The table."""

import pytest

from speko.cli import top
from speko.cli.terminal import display_width
from speko.cli.watching.figures import Figures, Line
from speko.cli.watching.page import SORTS, page, plain


def _line(provider: str, model: str = "m", **changes: object) -> Line:
    fields: dict[str, object] = {
        "provider": provider,
        "model": model,
        "calls_per_second": 1.0,
        "errors_per_second": 0.0,
        "p50_ms": 100.0,
        "p95_ms": 200.0,
        "failovers_per_second": 0.0,
        "breaker": "closed",
        "cost_per_hour_usd": 0.5,
    }
    return Line(**(fields | changes))  # type: ignore[arg-type]


def _figures(*lines: Line) -> Figures:
    return Figures(
        seconds=1.0,
        calls_per_second=12.34,
        errors_per_second=0.5,
        failovers_per_second=None,
        in_flight=3.0,
        live_sessions=None,
        p50_ms=100.4,
        p95_ms=None,
        cost_per_hour_usd=1.234,
        lines=lines,
    )


def test_a_page() -> None:
    lines = page(
        _figures(_line("acme", errors_per_second=0.25), _line("b", breaker=None, p50_ms=None)), "calls", 80, 24
    )
    assert lines == [
        "12.3 calls/s   3 in flight   – live sessions   $1.23/h",
        "first byte p50 100 ms, p95 – ms   0.5 errors/s   – failovers/s",
        "",
        "provider  model  calls/s  err %  p50 ms  p95 ms  failover  breaker   $/h",
        "acme      m          1.0     25     100     200       0.0  closed   0.50",
        "b         m          1.0      0       –     200       0.0  –        0.50",
    ]


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("height", [6, 10, 24, 100])
def test_it_fits_the_screen_and_counts_what_does_not(width: int, height: int) -> None:
    wide = [
        _line(f"a-long-provider-{n}", "a-model-with-a-long-name-2026-03-14", breaker="half open") for n in range(30)
    ]
    lines = page(_figures(*wide), "calls", width, height)
    assert len(lines) < height
    assert all(display_width(line) <= max(width, 74) for line in lines)
    shown = sum(line.startswith("a-long") for line in lines)
    assert lines[-1].startswith(f"… and {30 - shown} more" if shown < 30 else "a-long")


def test_what_comes_first() -> None:
    found = _figures(
        _line("calm"),
        _line("busy", calls_per_second=9.0),
        _line("dear", cost_per_hour_usd=9.0),
        _line("slow", p95_ms=9000.0),
        _line("wrong", errors_per_second=0.9),
        _line("second", failovers_per_second=0.9),
        _line("idle", calls_per_second=0.0, p95_ms=None, failovers_per_second=None, cost_per_hour_usd=None),
    )
    first = {sort: page(found, sort, 80, 24)[4].split()[0] for sort in SORTS}
    assert first == {
        "calls": "busy",
        "errors": "wrong",
        "p95": "slow",
        "failovers": "second",
        "cost": "dear",
        "name": "busy",
    }
    assert [line.split()[0] for line in page(found, "name", 80, 24)[4:]] == sorted(
        line.provider for line in found.lines
    )
    assert tuple(SORTS) == top.SORTS


def test_a_gateway_that_asked_nobody_says_so() -> None:
    assert page(_figures(), "calls", 80, 24)[-1] == "no provider has been asked yet"


def test_a_line_of_a_log_is_one_line() -> None:
    assert "\n" not in plain(_figures())
    assert plain(_figures()).startswith("12.3 calls/s")
