"""Replicas on several machines."""

import asyncio
from pathlib import Path

from speko.simulators import OpenAISimulator
from tests import loops
from tests.database import Databases
from tests.workers.serving import WORDS, become, served

LOOPS = loops.ASYNCIO


async def test_two_replicas_start_at_once_on_a_database_that_nobody_has_migrated(
    tmp_path: Path, databases: Databases
) -> None:
    url = databases.fresh()
    master_key = {"SPEKO_MASTER_KEY": "A" * 43 + "="}
    async with (
        OpenAISimulator(script=WORDS) as vendor,
        asyncio.TaskGroup() as group,
    ):
        ready = [asyncio.Event(), asyncio.Event()]
        keys: list[str] = []

        async def replica(number: int) -> None:
            folder = tmp_path / str(number)
            folder.mkdir()
            async with served(folder, url, vendor, **master_key) as gateway:
                keys.append(gateway.key)
                ready[number].set()
                await ready[1 - number].wait()
                for key in filter(None, keys):
                    headers = {"authorization": f"Bearer {key}"}
                    await become(gateway, headers, 200)
                assert await gateway.end() == 0

        for number in range(2):
            group.create_task(replica(number))
