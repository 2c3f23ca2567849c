"""Plays the scenes of the demo, reports, and leaves nothing running behind."""

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from speko.cli.connection import bypass_proxy
from speko.cli.demo_processes import Programs
from speko.cli.demo_scenes import SCENES
from speko.cli.demo_stage import Stage, Step
from speko.cli.exits import CommandError, Exit
from speko.cli.terminal import Terminal

_HEADER = ("step", "provider", "model", "first byte ms", "total ms", "failovers", "said or heard")
_RIGHT = ("first byte ms", "total ms", "failovers")


def show(args: argparse.Namespace) -> int:
    """Plays all scenes; 0 when every step brought what it should."""
    terminal = Terminal(as_json=args.as_json)
    bypass_proxy(os.environ)
    started = time.monotonic()
    with (
        _ended_by_signals(),
        tempfile.TemporaryDirectory(prefix="speko-demo-") as folder,
        Programs(Path(folder)) as programs,
    ):
        stage = Stage(terminal, programs, Path(folder), args.out)
        steps: list[Step] = []
        for scene in SCENES:
            steps += _play(scene(stage))
            if steps[-1].problem is not None:
                for line in programs.log_tails():
                    terminal.note(line)
                break
    _report(terminal, stage, steps, time.monotonic() - started)
    return Exit.OK if steps[-1].problem is None else Exit.FAILED


def _play(scene: Iterator[Step]) -> list[Step]:
    """The steps of a scene up to the first that fails: what comes after would build on nothing."""
    steps = []
    try:
        for step in scene:
            steps.append(step)
            if step.problem is not None:
                break
    except CommandError as error:
        steps.append(Step("start what the scene needs", problem=error.message))
    return steps


def _report(terminal: Terminal, stage: Stage, steps: list[Step], seconds: float) -> None:
    """Tables for people, or one document."""
    failed = next((step for step in steps if step.problem is not None), None)
    terminal.document(
        {
            "ok": failed is None,
            "seconds": round(seconds, 1),
            "steps": [step.document for step in steps],
            **stage.details,
        }
    )
    rows: list[list[object]] = [
        [s.name, s.provider, s.model, _ms(s.first_byte_ms), _ms(s.total_ms), s.failovers, s.text] for s in steps
    ]
    terminal.table(_HEADER, rows, right=_RIGHT)
    attempts = stage.details.get("attempts")
    if attempts:
        terminal.write("\nWho was asked in the last step:")
        rows = [
            [a["provider"], a["model"], a["outcome"], a["cause"], _ms(a["firstByteMs"]), _ms(a["totalMs"])]
            for a in attempts
        ]
        header = ("provider", "model", "outcome", "cause", "first byte ms", "total ms")
        terminal.table(header, rows, right=header[-2:])
    if failed is not None:
        terminal.note(f"speko: the demo failed at: {failed.name}: {failed.problem}")
    elif "file" in stage.details:
        files = f"The spoken answer is in {stage.details['file']}"
        if "conversation" in stage.details:
            files += f", the conversation in {stage.details['conversation']['file']}"
        terminal.write(f"\n{files}; the demo took {seconds:.0f} s.")


def _ms(value: float | None) -> str | None:
    return None if value is None else f"{value:.1f}"


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP leave the demo like an error, so that what it has started is stopped."""

    def leave(number: int, _: FrameType | None) -> NoReturn:
        sys.exit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
