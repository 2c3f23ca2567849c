"""Writes ledger rows until it is killed. On stdout: `added <number>` for the rows of which the ids end there, and
`flushed <number>` once they are certain to be in the database."""

import asyncio
import sys
from pathlib import Path

from speko.storage.store import Store
from tests.storage.rows import attempt_row, usage_row


async def write(data: Path, first: int) -> None:
    store = await Store.open(None, data, None)
    number = first
    while True:
        for _ in range(37):
            store.ledger.attempt(attempt_row(f"a{number}"))
            store.ledger.usage(usage_row(f"u{number}"))
            number += 1
        print("added", number, flush=True)
        await store.ledger.flush()
        print("flushed", number, flush=True)


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1]), int(sys.argv[2])))
