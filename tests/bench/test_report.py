"""The page of the benchmarks: what stands above its tables, and what is said of an aim."""

import re
from pathlib import Path

import pytest
from bench.full import PAGE
from bench.report import Table, aim, page


def _lines(text: str) -> list[str]:
    """What stands above the tables, without the line that says when and where it was measured."""
    above = text.partition("\n## ")[0].splitlines()
    return [line for line in above if not line.startswith("Everything was measured")]


def test_the_page_in_the_docs_is_what_the_next_run_writes_but_for_its_figures() -> None:
    table = Table("A question", ("", "ms"), [("speko", "1.0")], [aim("Time", 1.0, most=0.25)])
    written, committed = page([table]), PAGE.read_text(encoding="utf-8")
    assert _lines(written) == _lines(committed)
    assert written.endswith("## A question\n\n|  | ms |\n| --- | ---: |\n| speko | 1.0 |\n\n" + table.notes[0] + "\n")


def test_a_missed_aim_is_explained_where_the_page_says() -> None:
    found = re.findall(r"\]\(([^)]+)\)", page([]))
    assert found == ["decisions/0016-where-the-time-goes.md"]
    assert all(Path(PAGE.parent, link).is_file() for link in found)


@pytest.mark.parametrize(
    ("value", "bound", "said"),
    [
        (0.2, {"most": 0.25}, "0.2 (aim: at most 0.25; met)."),
        (0.3, {"most": 0.25}, "0.3 (aim: at most 0.25; MISSED)."),
        (30.0, {"least": 30}, "30 (aim: at least 30; met)."),
        (8.14, {"least": 30}, "8.14 (aim: at least 30; MISSED)."),
    ],
)
def test_whether_an_aim_is_met(value: float, bound: dict[str, float], said: str) -> None:
    assert aim("Time", value, **bound) == f"Time: {said}"
