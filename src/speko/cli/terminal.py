"""What people see: results on stdout, everything else on stderr. With `--json` stdout holds one JSON document alone.

Colours and the spinner appear on a terminal only; colours also obey NO_COLOR (https://no-color.org).
"""

import json
import os
import shutil
import sys
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}
_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_NARROWEST = 8
"""Columns that a cell keeps when a table is wider than the terminal."""


class Terminal:
    """The two streams of one command."""

    def __init__(
        self,
        *,
        as_json: bool = False,
        out: TextIO | None = None,
        err: TextIO | None = None,
        env: Mapping[str, str] = os.environ,
    ) -> None:
        self.as_json = as_json
        self.out = out if out is not None else sys.stdout
        self.err = err if err is not None else sys.stderr
        self._coloured = not env.get("NO_COLOR") and env.get("TERM") != "dumb"

    @property
    def interactive(self) -> bool:
        """Whether a person reads stdout as it is written."""
        return not self.as_json and self.out.isatty()

    def write(self, text: str, end: str = "\n") -> None:
        """A result for people; silent with `--json`."""
        if not self.as_json:
            print(text, end=end, file=self.out, flush=True)

    def document(self, value: Any) -> None:
        """The result for machines; silent without `--json`."""
        if self.as_json:
            print(json.dumps(value, ensure_ascii=False, default=str), file=self.out, flush=True)

    def note(self, text: str) -> None:
        """Something beside the result, on stderr."""
        print(text, file=self.err, flush=True)

    def styled(self, text: str, style: str) -> str:
        """`text` in bold, dim, red, green or yellow, where stdout shows it."""
        if not (self._coloured and self.interactive):
            return text
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m"

    def table(self, header: Sequence[str], rows: Iterable[Sequence[object]], right: Iterable[str] = ()) -> None:
        """Columns for comparing; those named in `right` are flush right. On a terminal cells are cut to its width."""
        width = shutil.get_terminal_size().columns if self.interactive else None
        lines = layout(header, [[_cell(value) for value in row] for row in rows], frozenset(right), width)
        for number, line in enumerate(lines):
            self.write(self.styled(line, "bold") if number == 0 else line)

    def live(self, text: str) -> None:
        """One line on stderr that the next call replaces; on a terminal only. An empty text clears it."""
        if self.err.isatty():
            shown = cut(_cell(text)[::-1], shutil.get_terminal_size().columns - 1)[::-1]  # its end is what is new
            print(f"\r{shown}\x1b[K", end="", file=self.err, flush=True)

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Shows that something is going on: a spinner on a terminal, else one line. Always on stderr."""
        if not self.err.isatty():
            self.note(f"{text} …")
            yield
            return
        done = threading.Event()
        spinner = threading.Thread(target=self._spin, args=(text, done), daemon=True)
        spinner.start()
        try:
            yield
        finally:
            done.set()
            spinner.join()

    def _spin(self, text: str, done: threading.Event) -> None:
        seconds = 0.0
        while not done.wait(0.1):
            seconds += 0.1
            frame = _FRAMES[round(seconds * 10) % len(_FRAMES)]
            print(f"\r{frame} {text} {seconds:.0f} s\x1b[K", end="", file=self.err, flush=True)
        print("\r\x1b[K", end="", file=self.err, flush=True)


def layout(header: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[str], width: int | None) -> list[str]:
    """The lines of a table, header first. With `width` the widest columns give way until it fits."""
    widths = [max(display_width(cell) for cell in column) for column in zip(header, *rows, strict=True)]
    if width is not None:
        while sum(widths) + 2 * (len(widths) - 1) > width and max(widths) > _NARROWEST:
            widths[widths.index(max(widths))] -= 1
    lines = []
    for row in (header, *rows):
        cells = []
        for name, cell, columns in zip(header, row, widths, strict=True):
            shown = cut(cell, columns)
            padding = " " * (columns - display_width(shown))
            cells.append(padding + shown if name in right else shown + padding)
        lines.append("  ".join(cells).rstrip())
    return lines


def display_width(text: str) -> int:
    """Columns that a text takes on a terminal."""
    return sum(_columns(character) for character in text)


def cut(text: str, columns: int) -> str:
    """The text, or as much of its beginning as leaves room for an ellipsis."""
    if display_width(text) <= columns:
        return text
    kept, used = [], 1
    for character in text:
        used += _columns(character)
        if used > columns:
            break
        kept.append(character)
    return "".join(kept) + "…"


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _cell(value: object) -> str:
    """One line; control characters of foreign texts would move the cursor."""
    if value is None:
        return "–"
    return "".join(character if character.isprintable() else " " for character in str(value))
