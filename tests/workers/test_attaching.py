"""A second socket that comes to another process than the one that holds the session."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from speko.api.realtime import live
from speko.api.workers.folder import SocketFolder
from speko.api.workers.place import Place
from speko.settings import ProviderSettings
from speko.simulators.openai import OpenAISimulator
from speko.simulators.script import RealtimeScript, Script
from tests import loops
from tests.api.running import Running, running
from tests.database import Databases
from tests.faults.callers import PINNED, SPEECH, Caller, create
from tests.faults.show import ANSWER, SCRIPT, registry_with_a_twin

LOOPS = loops.UVLOOP
SLOWLY = Script(realtime=RealtimeScript(answers=(ANSWER,), transcripts=("what",), pace=1.0, delta_ms=20, in_step=True))
"""Four seconds long, so that a client can be gone in the middle of it also where the machine stands still for some."""


@asynccontextmanager
async def two_gateways(
    folder: Path, databases: Databases, vendor: OpenAISimulator | None = None
) -> AsyncIterator[tuple[Running, Running]]:
    """Two workers of one start, in one process. `vendor`: None = one that speaks fast."""
    async with AsyncExitStack() as stack:
        if vendor is None:
            vendor = await stack.enter_async_context(OpenAISimulator(script=SCRIPT))
        providers = {"openai": ProviderSettings(api_key="key-of-openai", base_url=vendor.base_url)}
        url, group = databases.url_for(folder), Place().group
        one, two = [
            await stack.enter_async_context(
                running(
                    folder,
                    registry_with_a_twin(),
                    place=Place(group, number),
                    database_url=url,
                    embedded="never",
                    providers=providers,
                )
            )
            for number in range(2)
        ]
        yield one, two


def at(gateway: Running, session: dict[str, str]) -> dict[str, str]:
    """The session, as if it had been created through that gateway."""
    path = session["wsUrl"].partition("/v1/")[2]
    return {**session, "wsUrl": f"{gateway.url.replace('http', 'ws')}/v1/{path}"}


async def refused(session: dict[str, str]) -> tuple[str, int | None]:
    """(error, close code) of a socket that is not let in."""
    async with connect(
        session["wsUrl"], subprotocols=[Subprotocol(session["wsToken"])], compression=None, proxy=None
    ) as socket:
        frame = json.loads(await socket.recv())
        await socket.wait_closed()
        return frame["code"], socket.close_code


async def test_a_client_that_comes_back_elsewhere_hears_the_rest(tmp_path: Path, databases: Databases) -> None:
    async with OpenAISimulator(script=SCRIPT) as vendor, two_gateways(tmp_path, databases, vendor) as (one, two):
        undisturbed = await Caller.join(at(one, await create(one.client, **PINNED)))
        await undisturbed.turn()
        await undisturbed.ended()
        await undisturbed.leave()
        vendor.script = SLOWLY
        made = await create(one.client, **PINNED)
        caller = await Caller.join(at(one, made))
        await caller.tell(t="received", audioBytes=0, textFrames=0)  # it counts, and so is waited for when it is back
        await caller.turn()
        await caller.until(lambda: len(caller.audio) > 10_000)
        await caller.vanish()
        had, frames = len(caller.audio), len(caller.frames) - 1
        again = await Caller.join(at(two, made))
        await again.until(lambda: bool(again.frames))
        assert again.frames[0]["t"] == "ready"
        assert again.frames[0]["receivedAudioBytes"] == 20 * len(SPEECH)
        await again.tell(t="received", audioBytes=had, textFrames=frames)
        await again.ended()
        assert caller.audio[:had] + again.audio == undisturbed.audio, "not a sample is lost or heard twice"
        assert again.words.split() == ANSWER.split()
        assert two.gateway.sockets.count == 0, "the connection is where the session is"
        assert one.gateway.sockets.count == 1
        await again.leave()


async def test_a_client_that_lives_keeps_its_session(
    tmp_path: Path, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_LOOKS_ALIVE", 10.0)  # it answers at once, but where the machine stands still
    async with two_gateways(tmp_path, databases) as (one, two):
        made = await create(one.client, **PINNED)
        caller = await Caller.join(at(one, made))
        await caller.until(lambda: bool(caller.of("ready")))
        assert await refused(at(two, made)) == ("SESSION_IN_USE", 4409)
        await caller.turn()
        await caller.ended()
        await caller.leave()
        assert caller.closed[0] == 1000
        assert await refused(at(two, made)) == ("SESSION_IN_USE", 4409), "a normal end is the end"


async def test_a_session_whose_process_died_here_is_lost_at_once(tmp_path: Path, databases: Databases) -> None:
    async with two_gateways(tmp_path, databases) as (one, two):
        made = await create(one.client, **PINNED)
        store = one.gateway.store
        organization = (await store.default_organization()).id
        with SocketFolder(tmp_path) as folder:
            folder.listen("killed_worker").close()
            await store.sessions.claim(made["sessionId"], organization, "killed_worker")
            assert await refused(at(two, made)) == ("SESSION_NOT_FOUND", 4404)
            assert "killed_worker" not in folder.names()
        row = await store.sessions.get(organization, made["sessionId"])
        assert row is not None
        assert (row.status, row.end_reason) == ("failed", "gateway_lost")


async def test_a_session_of_another_machine_is_in_use(tmp_path: Path, databases: Databases) -> None:
    async with two_gateways(tmp_path, databases) as (one, two):
        made = await create(one.client, **PINNED)
        store = one.gateway.store
        await store.sessions.claim(made["sessionId"], (await store.default_organization()).id, "far_away")
        assert await refused(at(two, made)) == ("SESSION_IN_USE", 4409)
        row = (await one.client.get(f"/v1/sessions/{made['sessionId']}")).json()
        assert row["status"] == "connecting", "it lives, as far as anybody here can tell"


async def test_a_wrong_token_asks_nobody(tmp_path: Path, databases: Databases) -> None:
    async with two_gateways(tmp_path, databases) as (one, two):
        made = await create(one.client, **PINNED)
        caller = await Caller.join(at(one, made))
        await caller.until(lambda: bool(caller.of("ready")))
        other = await create(one.client, **PINNED)
        assert await refused(at(two, {**made, "wsToken": other["wsToken"]})) == ("UNAUTHORIZED", 4401)
        await caller.leave()
