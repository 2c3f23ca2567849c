"""The page of the fault matrix, made of what a run saw: `python -m tests.faults.matrix.page` writes it.

It holds nothing that changes from run to run: no times, no ports, no ids.
"""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import uvloop

from tests.faults.matrix.doors import HTTP_ENDS
from tests.faults.matrix.ends import End
from tests.faults.matrix.engine import ENGINE_ENDS
from tests.faults.matrix.rows import ROWS, Row
from tests.faults.matrix.runs import Cell, Seen, all_cells, observe

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "faults.md"
_HEAD = """\
<!-- Made by a run of tests/faults/test_matrix.py. Do not edit; run: python -m tests.faults.matrix.page -->

# What becomes of a call when a vendor fails

Every line was seen in a run of the real gateway over real sockets, against simulated vendors that fail in this way.
`faulty` is the vendor that is asked first, `well` the runner-up; *alone* is the same call without a runner-up. *Usage*
is what the caller was charged for, *attempts* is everything that was tried. *Breaker* tells which breaker of `faulty`
counts the failure: that of the model (an outage is everybody's) or that of the key (a limit is one organisation's).

No call hangs: what a vendor does not end, a deadline does. After an error event, or `done`, nothing more is sent.
"""


def render(seen: Mapping[Cell, Seen]) -> str:
    """The page."""
    ends = [end for end in (*HTTP_ENDS, *ENGINE_ENDS) if any(cell.end == end for cell in seen)]
    return "\n".join([_HEAD, *(line for end in ends for line in _section(end, seen))])


def _section(end: End, seen: Mapping[Cell, Seen]) -> Iterator[str]:
    yield from (f"## {end.name}", "")
    yield "| Fault | Stage | The caller gets | Attempts | Usage | Breaker | Alone, the caller gets |"
    yield "|---|---|---|---|---|---|---|"
    for row in ROWS:
        if (routed := seen.get(Cell(row, end, alone=False))) is not None:
            yield _line(row, routed, seen[Cell(row, end, alone=True)])
    yield ""


def _line(row: Row, routed: Seen, alone: Seen) -> str:
    cells = (
        row.fault,
        row.stage,
        _got(routed),
        "; ".join(routed.attempts),
        " and ".join(routed.usage) or "–",
        routed.breaker if routed.breaker != "none" else "–",
        _got(alone),
    )
    return f"| {' | '.join(cells)} |"


def _got(seen: Seen) -> str:
    return f"{seen.got}, of `{seen.by}`" if seen.by else seen.got


def main() -> None:
    """Runs the matrix and writes the page."""
    with tempfile.TemporaryDirectory() as folder:
        seen = uvloop.run(observe(Path(folder), all_cells()))
    PAGE.write_text(render(seen), encoding="utf-8")


if __name__ == "__main__":
    main()
