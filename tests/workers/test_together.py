"""What several processes share: console logins, idempotent creations, a database that nobody has migrated."""

import asyncio
from pathlib import Path

import httpx

from speko.simulators import OpenAISimulator
from tests import loops
from tests.api.console.browser import CSRF
from tests.api.running import until
from tests.database import Databases
from tests.workers.serving import SESSION, WORDS, Served, served

LOOPS = loops.ASYNCIO
MANY = 12
"""Connections of their own, which practically never all land on one of two workers."""


async def statuses(gateway: Served, headers: dict[str, str]) -> set[int]:
    answers = await asyncio.gather(*(gateway.ask("GET", "/v1/organization", headers=headers) for _ in range(MANY)))
    return {answer.status_code for answer in answers}


async def become(gateway: Served, headers: dict[str, str], status: int) -> None:
    """Waits until every worker gives that status to these headers."""

    async def all_do() -> bool:
        return await statuses(gateway, headers) == {status}

    await until(all_do)


async def test_what_one_worker_knows_all_know(tmp_path: Path, databases: Databases) -> None:
    async with OpenAISimulator(script=WORDS) as vendor, served(tmp_path, databases.fresh(), vendor) as gateway:
        await there_is_one_creation_for_one_idempotency_key(gateway)
        await a_console_session_is_one_for_all_workers(gateway)


async def there_is_one_creation_for_one_idempotency_key(gateway: Served) -> None:
    headers = {**gateway.headers, "idempotency-key": "once"}
    asking = [gateway.ask("POST", "/v1/sessions", json=SESSION, headers=headers) for _ in range(MANY)]
    answers = await asyncio.gather(*asking)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["sessionId"] for answer in answers}) == 1


async def a_console_session_is_one_for_all_workers(gateway: Served) -> None:
    bodies = [{"apiKey": gateway.key}]
    if gateway.link is not None:  # where the console is built
        bodies.append({"token": gateway.link.partition("#token=")[2]})
    for body in bodies:
        logins = await asyncio.gather(
            *(gateway.ask("POST", "/console/login", json=body, headers={}) for _ in range(MANY))
        )
        worked = [answer for answer in logins if answer.status_code == 200]
        assert len(worked) == (1 if "token" in body else MANY)
        cookies = "; ".join(f"{name}={value}" for name, value in worked[0].cookies.items())
        headers = {"cookie": cookies, CSRF: worked[0].json()["csrfToken"]}
        assert await statuses(gateway, headers) == {200}
        left: httpx.Response = await gateway.ask("POST", "/console/logout", headers=headers)
        assert left.status_code == 204
        await become(gateway, headers, 401)


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
