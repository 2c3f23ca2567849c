"""kill -9 of a gateway at random moments under load: the database opens again, at most what had not been written yet is
lost, and nothing is booked twice."""

import asyncio
import json
import os
import random
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx

from speko.simulators import Engines, OpenAISimulator, Script
from speko.storage.batch_writer import BATCH_ROWS

TIMES = 20
CALLERS = 6
LONG_ROUNDS = range(2, TIMES, 7)
"""Those that go on until several batches could be lost."""
LONG = 30.0
"""Seconds within which a row is surely written: a batch waits for a quarter of one, and this machine may be busy."""
SPEKO = [sys.executable, "-m", "speko.cli.main"]
ASKED = {"messages": [{"role": "user", "content": "count"}], "intent": {"language": "en"}}
OWN = {"SPEKO_EMBEDDED": "never", "SPEKO_AGENT_PROCESSES": "0", "SPEKO_CONSOLE": "false", "OPENAI_API_KEY": "key"}


@asynccontextmanager
async def gateway(data: Path, vendor: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A gateway in its own process, and its address."""
    env = {**os.environ, **OWN, "OPENAI_BASE_URL": vendor}
    serve = [*SPEKO, "serve", "--port", "0", "--data", str(data), "--json", "--log-level", "error"]
    process = await asyncio.create_subprocess_exec(*serve, stdout=asyncio.subprocess.PIPE, env=env)
    try:
        assert process.stdout is not None
        yield process, json.loads(await process.stdout.readline())["url"]
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


class Load:
    """Callers that ask until nobody answers any more, and what they were told."""

    def __init__(self) -> None:
        self.served: set[str] = set()
        """Request ids of which the last byte was here."""

    async def call(self, http: httpx.AsyncClient, name: str) -> None:
        """One caller."""
        for number in range(1_000_000):
            request_id = f"{name}-{number}"
            try:
                answer = await http.post("/v1/complete", json=ASKED, headers={"x-request-id": request_id})
            except httpx.HTTPError:
                return
            assert "event: done" in answer.text, answer.text
            self.served.add(request_id)


def rows_of(data: Path, table: str) -> list[str]:
    """The request ids of a ledger, in a database that must be whole."""
    with closing(sqlite3.connect(data / "speko.sqlite3")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return [id for (id,) in database.execute(f"SELECT request_id FROM {table}")]  # noqa: S608 - names of ours


async def written(data: Path, served: set[str]) -> set[str]:
    """Waits until all that was served up to here is in the database, while callers go on."""
    async with asyncio.timeout(LONG):
        while served - set(await asyncio.to_thread(rows_of, data, "usage")):  # noqa: ASYNC110 - another process writes
            await asyncio.sleep(0.05)
    return served


async def first_key(data: Path) -> str:
    """Of a new data folder."""
    create = [*SPEKO, "keys", "create", "--name", "test", "--data", str(data), "--json"]
    made = await asyncio.create_subprocess_exec(*create, stdout=asyncio.subprocess.PIPE)
    answer, _ = await made.communicate()
    key: dict[str, Any] = json.loads(answer)
    return str(key["key"])


async def test_twenty_kills_under_load(tmp_path: Path) -> None:
    dice, load = random.Random(), Load()
    certain: set[str] = set()
    async with OpenAISimulator(script=Script(text="one two three"), engines=Engines.none()) as vendor:
        key = await first_key(tmp_path)
        for round in range(TIMES):
            async with gateway(tmp_path, vendor.base_url) as (process, url):
                headers = {"authorization": f"Bearer {key}"}
                async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False, timeout=30) as http:
                    callers = [asyncio.create_task(load.call(http, f"k{round}-{n}")) for n in range(CALLERS)]
                    await asyncio.sleep(dice.uniform(0.1, 0.8))
                    while round in LONG_ROUNDS and len(load.served) < 3 * BATCH_ROWS:  # noqa: ASYNC110 - a kill's moment
                        await asyncio.sleep(0.05)
                    if round % 5 == 0:
                        certain |= await written(tmp_path, load.served.copy())
                    process.kill()
                    await asyncio.gather(*callers)
            usage, attempts = rows_of(tmp_path, "usage"), rows_of(tmp_path, "attempts")
            assert len(usage) == len(set(usage)), "booked twice"
            assert len(attempts) == len(set(attempts)), "booked twice"
            # A batch is written as a whole; the two rows of a call may stand in two batches.
            assert len(set(usage) ^ set(attempts)) <= BATCH_ROWS
            assert len(load.served - certain - set(usage)) <= BATCH_ROWS, "more than a batch was lost"
            assert certain <= set(usage), "lost, although it was written"
            certain |= set(usage)  # what was there once stays
            load.served.clear()
    assert len(certain) > TIMES, "the load was too small to say anything"
