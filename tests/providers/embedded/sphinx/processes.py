"""Looks at the recogniser's processes from outside."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from speko.providers.embedded.sphinx.pool import Pool


def nursery_of(pool: Pool) -> int:
    """Process id of a pool's nursery."""
    assert pool._nursery is not None
    return pool._nursery.process.pid


def children_of(pid: int) -> list[int]:
    """Process ids of the children that are no zombies."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [int(child) for child in listed if runs(int(child))]


def runs(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def until(condition: Callable[[], bool]) -> None:
    """Waits for something that another process does."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.01)


def send(pids: list[int], signal: int) -> None:
    """Sends a signal to each of some processes."""
    for pid in pids:
        os.kill(pid, signal)
