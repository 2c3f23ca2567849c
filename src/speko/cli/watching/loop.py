"""Reads, reckons and shows, again and again."""

import argparse
import shutil
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType
from typing import NoReturn, Protocol

from speko.cli.exits import CommandError, Exit
from speko.cli.terminal import Terminal
from speko.cli.watching.figures import Figures, figures
from speko.cli.watching.page import page, plain
from speko.cli.watching.scrape import Scrape, Source

WINDOW_SECONDS = 10.0
"""Over which rates are reckoned: one second has too few calls to say much."""


class Readable(Protocol):
    """Where readings come from."""

    url: str

    def read(self) -> Scrape:
        """The metrics now; raises CommandError."""


def run_top(args: argparse.Namespace) -> int:
    """Shows until Ctrl-C, or once."""
    terminal = Terminal(as_json=args.as_json)
    source = Source(args, time.monotonic)
    try:
        if args.once or args.as_json:
            return show_once(source, args, terminal, time.sleep)
        if not terminal.interactive:
            show_lines(source, args, terminal, time.sleep)
        else:
            with _screen(terminal):
                show_live(source, args, terminal, time.sleep)
    except KeyboardInterrupt:
        pass  # the way to end it
    finally:
        source.close()
    return Exit.OK


def show_once(source: Readable, args: argparse.Namespace, terminal: Terminal, sleep: Callable[[float], None]) -> int:
    """Two readings, and what lies between them."""
    before = source.read()
    sleep(args.interval)
    found = figures(before, source.read())
    terminal.document({"url": source.url, **found.document})
    width = shutil.get_terminal_size().columns if terminal.interactive else 120
    for line in page(found, args.sort, width, len(found.lines) + 6):
        terminal.write(line)
    return Exit.OK


def show_lines(source: Readable, args: argparse.Namespace, terminal: Terminal, sleep: Callable[[float], None]) -> None:
    """A line for each reading, for files and pipes."""
    for found in _readings(source, args.interval, sleep):
        moment = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        terminal.write(f"{moment}   {plain(found) if isinstance(found, Figures) else found.message}")


def show_live(source: Readable, args: argparse.Namespace, terminal: Terminal, sleep: Callable[[float], None]) -> None:
    """The table, drawn over the one before."""
    last: Figures | None = None
    for found in _readings(source, args.interval, sleep):
        size = shutil.get_terminal_size()
        last = found if isinstance(found, Figures) else last
        title = f"speko top   {source.url}   Ctrl-C ends"
        trouble = found.message if isinstance(found, CommandError) else None
        lines = [terminal.styled(title, "bold") if trouble is None else terminal.styled(trouble, "red")]
        if last is not None:
            lines += page(last, args.sort, size.columns, size.lines - 1)
        terminal.write("\x1b[H" + "".join(f"{line}\x1b[K\n" for line in lines) + "\x1b[J", end="")


def _readings(source: Readable, interval: float, sleep: Callable[[float], None]) -> Iterator[Figures | CommandError]:
    """Figures over the last ten seconds, or why there are none just now. What is wrong at the start is raised."""
    kept = deque([source.read()])
    while True:
        sleep(interval)
        try:
            now = source.read()
        except CommandError as error:
            yield error
            continue
        kept.append(now)
        while len(kept) > 2 and kept[1].at <= now.at - WINDOW_SECONDS:
            kept.popleft()
        yield figures(kept[0], now)


@contextmanager
def _screen(terminal: Terminal) -> Iterator[None]:
    """A screen of its own without a cursor; what was there before comes back, also after SIGTERM."""

    def end(signum: int, _: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    terminal.write("\x1b[?1049h\x1b[?25l", end="")
    try:
        yield
    finally:
        terminal.write("\x1b[?25h\x1b[?1049l", end="")
        signal.signal(signal.SIGTERM, before)
