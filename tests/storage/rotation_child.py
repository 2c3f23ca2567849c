"""Rotates the master key and is killed on the way: `python -m tests.storage.rotation_child URL FOLDER STEP`.

STEP: so many moments the child survives; they are before and after each lock, draft, replaced file and encryption."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from speko.storage import master_key, rotation
from speko.storage.store import Store


class Steps:
    """Counts down."""

    def __init__(self, left: int) -> None:
        self.left = left

    def __call__(self, *_: object) -> None:
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1


def before_and_after(step: Steps, work: Callable[..., Any]) -> Callable[..., Any]:
    if asyncio.iscoroutinefunction(work):

        async def later(*args: Any) -> Any:
            step()
            found = await work(*args)
            step()
            return found

        return later

    def now(*args: Any) -> Any:
        step()
        found = work(*args)
        step()
        return found

    return now


async def rotate(url: str, data: Path, step: Steps) -> None:
    store = await Store.open(url, data, None)
    for module, name in (
        (rotation, "raise_revision"),
        (rotation, "_reencrypt"),
        (master_key, "_replace"),
        (master_key, "_draft"),
    ):
        setattr(module, name, before_and_after(step, getattr(module, name)))
    rotation.ANNOUNCED_SECONDS = 0.05
    await store.rotate_master_key()
    step()
    print("rotated", flush=True)
    await store.close()


if __name__ == "__main__":
    asyncio.run(rotate(sys.argv[1], Path(sys.argv[2]), Steps(int(sys.argv[3]))))
