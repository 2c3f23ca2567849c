"""`speko serve --workers 3` as it is run: what comes to one worker while another one has it."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from speko.simulators import OpenAISimulator
from speko.simulators.script import RealtimeScript, Script
from tests import database, loops
from tests.api.console.browser import CSRF
from tests.faults.callers import PINNED, SPEECH, Caller
from tests.faults.show import ANSWER
from tests.limits.redis_server import PROGRAM, redis_server
from tests.workers.addressed import ask, holders, join
from tests.workers.serving import MANY, SESSION, Served, become, becomes, eventually, lives, served, statuses

LOOPS = loops.ASYNCIO
pytestmark = pytest.mark.asyncio(loop_scope="module")
WORKERS = 3
SLOWLY = Script(realtime=RealtimeScript(answers=(ANSWER,), transcripts=("what",), pace=4.0, delta_ms=20, in_step=True))


@dataclass
class Scene:
    """One gateway of three workers, which all tests here share, and its vendor."""

    gateway: Served
    vendor: OpenAISimulator
    database_url: str

    async def create(self, worker: int, key: str | None = None) -> dict[str, Any]:
        """A session that this worker creates."""
        answer = await ask(self.gateway, worker, "POST", "/v1/sessions", {"mode": "s2s", **PINNED}, key=key)
        assert answer.status == 201, answer
        made: dict[str, Any] = answer.body
        return made

    async def live(self, worker: int) -> tuple[dict[str, Any], Caller]:
        """A session that this worker holds, and its caller."""
        made = await self.create(worker)
        caller = await join(self.gateway, made, worker)
        await caller.until(lambda: bool(caller.of("ready")), 30)
        await caller.tell(t="received", audioBytes=0, textFrames=0)  # it counts, and so is waited for when it is back
        assert self.held_by(caller) == {worker}
        return made, caller

    def held_by(self, caller: Caller) -> set[int]:
        """The workers that have the socket of a caller: soon after a move, the one that holds the session alone."""
        client: socket.socket = caller.socket.transport.get_extra_info("socket")
        return holders(client, self.gateway)

    async def is_booked_once(self, made: dict[str, Any], responses: int) -> None:
        """A session that has ended in good order stands in the books, and nothing of it twice."""
        session_id = made["sessionId"]

        async def over() -> bool:
            row = (await self.gateway.ask("GET", f"/v1/sessions/{session_id}")).json()
            booked = await self.rows("SELECT FROM attempts WHERE session_id = $1", session_id)
            return row["status"] == "ended" and bool(booked)

        await becomes(over)
        attempts = await self.rows("SELECT provider, outcome FROM attempts WHERE session_id = $1", session_id)
        assert [tuple(row) for row in attempts] == [("openai", "served")]
        usage = await self.rows("SELECT metric, quantity FROM usage WHERE session_id = $1", session_id)
        assert len(usage) == 2 * responses, "both directions of each response"
        seen = self.vendor.realtime.sessions[-1]
        assert len(seen.responses) == responses

    async def rows(self, sql: str, *values: Any) -> list[Any]:
        """What the database has."""
        connection = await asyncpg.connect(self.database_url)
        try:
            return list(await connection.fetch(sql, *values))
        finally:
            await connection.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        more = {"SPEKO_WORKERS": str(WORKERS), "SPEKO_DRAIN_SECONDS": "20"}
        if PROGRAM is not None:
            more["SPEKO_REDIS_URL"] = (await stack.enter_async_context(redis_server())).url
        vendor = await stack.enter_async_context(OpenAISimulator(script=SLOWLY))
        url = database.databases().fresh()
        folder = tmp_path_factory.mktemp("gateway")
        gateway = await stack.enter_async_context(served(folder, url, vendor, **more))
        yield Scene(gateway, vendor, url)
        assert await gateway.end() == 0
        assert "Traceback" not in gateway.log.read_text()


async def test_a_client_that_comes_back_to_other_workers_hears_the_rest(scene: Scene) -> None:
    one, two, three = scene.gateway.workers()
    _, undisturbed = await scene.live(three)
    await undisturbed.turn()
    await undisturbed.ended()
    await undisturbed.leave()
    made, caller = await scene.live(one)
    await caller.turn()
    heard, frames = bytearray(), 0
    for number, worker in enumerate((two, three, one, two), start=1):  # again and again, each time a new connection
        await caller.until(lambda caller=caller: len(caller.audio) > 20_000, 30)  # type: ignore[misc]
        await caller.vanish()
        heard += caller.audio
        frames += len(caller.frames) - 1  # without `ready`
        caller = await join(scene.gateway, made, worker)
        await caller.until(lambda caller=caller: bool(caller.frames), 30)  # type: ignore[misc]
        assert caller.frames[0]["t"] == "ready"
        assert caller.frames[0]["receivedAudioBytes"] == 20 * len(SPEECH) * number, "sound goes up after each move"
        await eventually(lambda caller=caller: scene.held_by(caller) == {one}, 30)  # type: ignore[misc]
        await caller.tell(t="received", audioBytes=len(heard), textFrames=frames)
        for _ in range(20):
            await caller.socket.send(SPEECH)
    await caller.ended()
    assert heard + caller.audio == undisturbed.audio, "not a sample is lost or heard twice"
    assert caller.words.split() == ANSWER.split()
    await caller.turn(0)
    await caller.ended(2)  # and the conversation goes on
    await caller.leave()
    assert caller.closed[0] == 1000
    await scene.is_booked_once(made, responses=2)


async def test_a_socket_that_only_looks_open_is_taken_over_from_another_worker(scene: Scene) -> None:
    one, two, three = scene.gateway.workers()
    made, caller = await scene.live(one)
    for worker in (two, three):
        before, caller = caller, await taken_over(scene, caller, made, worker)
        await before.over()
        assert before.closed[0] == 1006, "it is cut, as a client's that has gone"
        assert [frame["t"] for frame in before.frames] == ["ready"]
        await eventually(lambda caller=caller: scene.held_by(caller) == {one}, 30)  # type: ignore[misc]
    await caller.turn()
    await caller.ended()
    assert caller.words.split() == ANSWER.split()
    await caller.leave()
    await scene.is_booked_once(made, responses=1)


async def taken_over(scene: Scene, before: Caller, made: dict[str, Any], worker: int) -> Caller:
    """Another socket that has the session of one that answers no ping."""
    before.socket.transport.pause_reading()
    caller = await join(scene.gateway, made, worker)
    await caller.until(lambda: bool(caller.frames), 30)
    assert caller.frames[0]["t"] == "ready"
    before.socket.transport.resume_reading()
    return caller


async def test_of_first_sockets_that_come_to_all_workers_at_once_one_gets_the_session(scene: Scene) -> None:
    workers = scene.gateway.workers()
    made = await scene.create(workers[0])
    callers = await asyncio.gather(*(join(scene.gateway, made, worker) for worker in workers * 2))
    for caller in callers:
        await caller.until(lambda caller=caller: bool(caller.frames), 30)  # type: ignore[misc]
    assert sorted(caller.frames[0]["t"] for caller in callers) == ["error"] * 5 + ["ready"]
    for caller in callers:
        if not caller.of("ready"):
            await caller.over()
            assert (caller.frames[0]["code"], caller.closed[0]) == ("SESSION_IN_USE", 4409)
    (chosen,) = [caller for caller in callers if caller.of("ready")]
    await chosen.turn()
    await chosen.ended()
    await chosen.leave()
    await scene.is_booked_once(made, responses=1)


async def test_a_worker_that_drains_has_its_sessions_clients_back(scene: Scene) -> None:
    one, two, _ = scene.gateway.workers()
    made, caller = await scene.live(one)
    await caller.turn()
    await caller.until(lambda: len(caller.audio) > 20_000, 30)
    os.kill(one, signal.SIGTERM)
    await eventually(lambda: "gateway drains" in scene.gateway.log.read_text(), 30)
    await caller.vanish()
    again = await join(scene.gateway, made, two)
    await again.until(lambda: bool(again.frames), 30)
    assert again.frames[0]["t"] == "ready"
    await eventually(lambda: scene.held_by(again) == {one}, 30)
    await again.tell(t="received", audioBytes=len(caller.audio), textFrames=len(caller.frames) - 1)
    await again.ended()
    assert again.words.split() == ANSWER.split()
    await again.leave()
    await scene.is_booked_once(made, responses=1)
    await eventually(lambda: not lives(one) and len(scene.gateway.workers()) == WORKERS, 30)


async def test_who_is_not_let_in_is_told_the_same_by_every_worker(scene: Scene) -> None:
    workers = scene.gateway.workers()
    made, caller = await scene.live(workers[0])
    other = await scene.create(workers[1])
    wrong = {**made, "wsToken": other["wsToken"]}
    for worker in workers:
        assert await refused(scene.gateway, wrong, worker) == ("UNAUTHORIZED", 4401)
        assert await refused(scene.gateway, {**made, "wsToken": "garbage"}, worker) == ("UNAUTHORIZED", 4401)
        assert await refused(scene.gateway, made, worker) == ("SESSION_IN_USE", 4409)
    await caller.turn()
    await caller.ended()  # and has noticed nothing
    await caller.leave()
    for worker in workers:
        assert await refused(scene.gateway, made, worker) == ("SESSION_IN_USE", 4409), "a normal end is the end"
    await scene.is_booked_once(made, responses=1)


async def refused(gateway: Served, made: dict[str, Any], worker: int) -> tuple[str, int | None]:
    """(error, close code) of a socket that is not let in."""
    caller = await join(gateway, made, worker)
    await caller.over()
    (frame,) = caller.frames
    return frame["code"], caller.closed[0]


async def test_a_revoked_key_is_soon_refused_by_every_worker(scene: Scene) -> None:
    gateway, workers = scene.gateway, scene.gateway.workers()
    made = (await ask(gateway, workers[0], "POST", "/v1/api-keys", {"name": "other"})).body

    async def statuses() -> list[int]:
        answers = (ask(gateway, worker, "GET", "/v1/organization", key=made["key"]) for worker in workers)
        return [answer.status for answer in await asyncio.gather(*answers)]

    async def all_know_it() -> bool:
        return await statuses() == [200] * WORKERS

    async def none_takes_it() -> bool:
        return await statuses() == [401] * WORKERS

    await becomes(all_know_it)
    assert (await ask(gateway, workers[1], "DELETE", f"/v1/api-keys/{made['id']}")).status == 200
    async with asyncio.timeout(10):  # one is promised, to a machine that has nothing else to do
        await becomes(none_takes_it)


async def test_a_session_is_deleted_by_any_worker_but_not_while_another_holds_it(scene: Scene) -> None:
    gateway = scene.gateway
    one, two, three = gateway.workers()
    made, caller = await scene.live(one)
    path = f"/v1/sessions/{made['sessionId']}"
    answer = await ask(gateway, two, "DELETE", path)
    assert (answer.status, answer.body["code"]) == (409, "SESSION_LIVE")
    await caller.turn()
    await caller.ended()
    await caller.leave()
    await scene.is_booked_once(made, responses=1)
    assert (await ask(gateway, two, "DELETE", path)).status == 200
    for worker in (one, two, three):
        assert (await ask(gateway, worker, "GET", path)).status == 404
        assert await refused(gateway, made, worker) == ("SESSION_NOT_FOUND", 4404)
    assert await scene.rows("SELECT FROM usage WHERE session_id = $1", made["sessionId"]), "usage stays"


async def test_there_is_one_creation_for_one_idempotency_key(scene: Scene) -> None:
    gateway = scene.gateway
    headers = {**gateway.headers, "idempotency-key": "once"}
    asking = [gateway.ask("POST", "/v1/sessions", json=SESSION, headers=headers) for _ in range(MANY)]
    answers = await asyncio.gather(*asking)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["sessionId"] for answer in answers}) == 1


async def test_a_console_session_is_one_for_all_workers(scene: Scene) -> None:
    gateway = scene.gateway
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
        left = await gateway.ask("POST", "/console/logout", headers=headers)
        assert left.status_code == 204
        await become(gateway, headers, 401)


@pytest.mark.skipif(PROGRAM is None, reason="redis-server is not installed")
async def test_sessions_at_a_time_are_counted_over_all_workers(scene: Scene) -> None:
    gateway, workers = scene.gateway, scene.gateway.workers()
    one, two, three = workers
    made = (await ask(gateway, one, "POST", "/v1/api-keys", {"name": "one at a time"})).body
    await limit(scene, made["id"])
    for worker in workers:  # from now on it hears of the others

        async def has_a_place(worker: int = worker) -> bool:
            limits = (await ask(gateway, worker, "GET", "/v1/limits", key=made["key"])).body
            return bool(limits["apiKey"]["concurrentSessions"] == {"limit": 1, "used": 0})

        await becomes(has_a_place)
        await (await join(gateway, await scene.create(worker, made["key"]), worker)).leave()

    async def used(count: int) -> None:
        async def seen() -> bool:
            answers = [await ask(gateway, worker, "GET", "/v1/limits", key=made["key"]) for worker in workers]
            return [answer.body["apiKey"]["concurrentSessions"]["used"] for answer in answers] == [count] * WORKERS

        await becomes(seen)

    await used(0)
    session = await scene.create(one, made["key"])
    caller = await join(gateway, session, two)
    await caller.until(lambda: bool(caller.of("ready")), 30)
    await used(1)
    for worker in workers:
        answer = await ask(gateway, worker, "POST", "/v1/sessions", {"mode": "s2s", **PINNED}, key=made["key"])
        assert (answer.status, answer.body["code"]) == (429, "LIMIT_REACHED")
    await caller.leave()
    await used(0)
    assert await scene.create(three, made["key"])


async def limit(scene: Scene, key_id: str) -> None:
    """One session at a time, set by the command."""
    command = ["limits", "set", key_id, "--concurrent-sessions", "1", "--data", str(scene.gateway.data)]
    database_url = {**os.environ, "SPEKO_DATABASE_URL": scene.database_url}
    setting = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "speko.cli.main", *command, stdout=asyncio.subprocess.DEVNULL, env=database_url
    )
    assert await asyncio.wait_for(setting.wait(), 60) == 0
