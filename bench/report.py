"""What a measurement says: tables that are printed as they are done, and written as a page when all are."""

import os
import platform
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

_ABOUT = """\
# Benchmarks

<!-- Written by `make bench`. Do not edit. -->

Everything was measured in one run, on {machine}, at {date} (UTC), version {version}. What is measured has one core for
itself, the simulated vendor and the load have the other. Rounds of all parties alternate, so that a machine whose speed
drifts treats them alike; figures are medians of the rounds unless a line says otherwise. Absolute values are this
machine's; ratios hold elsewhere.

Why the aims that are missed are missed: [decision 0016](decisions/0016-where-the-time-goes.md).
"""


@dataclass
class Table:
    """One question and its answer."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """Sentences below it: the aim, and whether it is met."""

    def text(self) -> str:
        """For a terminal."""
        lines = [self.columns, *self.rows]
        widths = [max(len(line[place]) for line in lines) for place in range(len(self.columns))]
        shown = [
            "  ".join(
                cell.ljust(width) if place == 0 else cell.rjust(width) for place, (cell, width) in enumerate(cells)
            )
            for cells in (list(zip(line, widths, strict=True)) for line in lines)
        ]
        return "\n".join((f"\n{self.title}", *shown, *self.notes))

    def markdown(self) -> str:
        """For the page."""
        rule = ["---", *("---:" for _ in self.columns[1:])]
        lines = [f"| {' | '.join(cells)} |" for cells in (self.columns, tuple(rule), *self.rows)]
        notes = "".join(f"\n\n{note}" for note in self.notes)
        return f"## {self.title}\n\n" + "\n".join(lines) + notes + "\n"


def aim(text: str, value: float, *, most: float | None = None, least: float | None = None) -> str:
    """A sentence about an aim. Exactly one bound."""
    met = value <= most if most is not None else least is not None and value >= least
    bound = f"at most {most:g}" if most is not None else f"at least {least:g}"
    return f"{text}: {value:.3g} (aim: {bound}; {'met' if met else 'MISSED'})."


def page(tables: list[Table]) -> str:
    """The whole page."""
    about = _ABOUT.format(machine=machine(), date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M"), version=_version())
    return "\n".join([about, *(table.markdown() for table in tables)])


def machine() -> str:
    """The machine in a few words."""
    cpu = next(
        (line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        "CPU unknown",
    )
    memory = next((int(line.split()[1]) // 2**20 for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return (
        f"{platform.machine()}, {os.cpu_count()} cores ({cpu}), {memory} GiB, Linux {platform.release()}, "
        f"Python {platform.python_version()}"
    )


def _lines(path: str) -> list[str]:
    file = Path(path)
    return file.read_text().splitlines() if file.exists() else []


def _version() -> str:
    told = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return told.stdout.strip() or "unknown"
