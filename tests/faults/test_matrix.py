"""The fault matrix: what the caller got, what was metered, what the breaker did, cell by cell.

All cells run once, side by side; each test looks at one of them. The page `docs/reference/faults.md` is written from
what was seen: `python -m tests.faults.matrix.page`.
"""

import asyncio
from collections.abc import Mapping

import pytest
import uvloop

from tests.faults.matrix.expected import expected
from tests.faults.matrix.page import PAGE, render
from tests.faults.matrix.runs import Cell, Seen, all_cells, observe

CELLS = all_cells()


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Mapping[Cell, Seen]:
    """What became of every cell."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(observe(tmp_path_factory.mktemp("matrix"), CELLS))


@pytest.mark.parametrize("cell", CELLS, ids=[cell.name for cell in CELLS])
def test_cell(seen: Mapping[Cell, Seen], cell: Cell) -> None:
    assert seen[cell] == expected(cell)


def test_the_page_tells_what_was_seen(seen: Mapping[Cell, Seen]) -> None:
    assert PAGE.read_text(encoding="utf-8") == render(seen), "run: python -m tests.faults.matrix.page"
