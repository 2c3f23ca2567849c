"""What a killed process leaves behind."""

import random
import sqlite3
import subprocess
import sys
from pathlib import Path

from speko.storage.store import Store

ROOT = Path(__file__).parents[2]


def _run_and_kill(data: Path, first: int, lines: int) -> tuple[int, int]:
    """Kills the writer some moment after it printed so many lines; the last numbers it had added and flushed."""
    command = [sys.executable, "-m", "tests.storage.writer_child", str(data), str(first)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        last = {"added": first, "flushed": first}
        for count, line in enumerate(child.stdout, start=1):
            if count == lines:
                child.kill()  # and go on reading what it had printed by then
            word, number = line.split()
            last[word] = int(number)
        assert child.wait(timeout=30) == -9
    return last["added"], last["flushed"]


def _numbers(database: sqlite3.Connection, table: str) -> list[int]:
    rows = database.execute(f"SELECT id FROM {table}")  # noqa: S608 - names of ours
    return sorted(int(id[1:]) for (id,) in rows)


async def test_a_kill_loses_only_what_was_not_flushed(tmp_path: Path) -> None:
    chance = random.Random()
    present: set[int] = set()
    first = 0
    for _ in range(3):
        added, flushed = _run_and_kill(tmp_path, first, chance.randint(1, 80))
        database = sqlite3.connect(tmp_path / "speko.sqlite3")
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        attempts, usage = _numbers(database, "attempts"), _numbers(database, "usage")
        database.close()

        assert len(attempts) == len(set(attempts))
        assert attempts == usage  # a batch is there as a whole or not at all
        present |= set(range(first, flushed))
        assert present <= set(attempts)
        # The child may have been killed between adding a round and printing that it did.
        assert set(attempts) <= present | set(range(flushed, added + 37))
        present = set(attempts)
        first = added + 37

    store = await Store.open(None, tmp_path, None)
    assert store.ready
    await store.close()
