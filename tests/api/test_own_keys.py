"""Own keys on the wire: which key a simulated vendor saw, while keys come and go and organisations call at once."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web

from speko.api.realtime.candidates import candidates_of, with_current_keys
from speko.providers.errors import CredentialRejected
from speko.realtime.spec import SessionSpec
from speko.settings import ProviderSettings
from speko.simulators import Engines, Fault, FaultKind, OpenAISimulator
from speko.simulators.answer import Answer
from speko.simulators.captured import CapturedRequest
from speko.simulators.faults import Stage
from speko.simulators.script import Script
from tests.api.running import Running, running, until
from tests.api.vendors import Scripted, registry_of
from tests.faults.callers import PINNED
from tests.faults.show import ANSWER, stage

PLATFORM_KEY = "sk-platform-0123456789"
_presented: ContextVar[str | None] = ContextVar("presented")


class KeyWitness(OpenAISimulator):
    """Remembers which key came with which words."""

    def __init__(self, **options: Any) -> None:
        self.seen: list[tuple[str | None, str]] = []
        super().__init__(**options)

    def key_of(self, request: web.BaseRequest) -> str | None:
        key = super().key_of(request)
        _presented.set(key)  # requests of one connection come one after the other, in one task
        return key

    async def answer(self, request: CapturedRequest, script: Script) -> Answer:
        if request.operation == "chat":
            self.seen.append((_presented.get(), request.json["messages"][-1]["content"]))
        return await super().answer(request, script)

    def keys(self, words: str) -> set[str | None]:
        return {key for key, said in self.seen if said == words}


@asynccontextmanager
async def beside(folder: Path, **settings: Any) -> AsyncIterator[tuple[Running, KeyWitness]]:
    async with KeyWitness(engines=Engines.none()) as witness:
        providers = {"openai": ProviderSettings(api_key=PLATFORM_KEY, base_url=witness.base_url)}
        async with running(folder, providers=providers, **{"embedded": "never", **settings}) as gateway:
            yield gateway, witness


async def say(gateway: Running, words: str, key: str | None = None) -> httpx.Response:
    headers = {"authorization": f"Bearer {key}"} if key else None
    body = {"messages": [{"role": "user", "content": words}], "intent": {"language": "en"}}
    return await gateway.client.post("/v1/complete", json=body, headers=headers)


async def put(gateway: Running, secret: str, key: str | None = None) -> None:
    headers = {"authorization": f"Bearer {key}"} if key else None
    body = {"provider": "openai", "apiKey": secret}
    assert (await gateway.client.put("/v1/providers", json=body, headers=headers)).status_code == 200


async def test_keys_of_organizations_are_never_mixed(tmp_path: Path) -> None:
    """Two organisations with keys and one without call at once, and one of them changes its key all the time."""
    async with beside(tmp_path) as (gateway, witness):
        store = gateway.gateway.store
        api_keys = {}
        for name in ("steady", "changing", "without"):
            _, api_keys[name] = await store.create_api_key((await store.create_organization(name)).id, "test")
        await put(gateway, "sk-steady-0123456789", api_keys["steady"])
        await put(gateway, "sk-changing-0", api_keys["changing"])
        chance = random.Random(6)

        async def call_some(name: str) -> None:
            for _ in range(15):
                assert (await say(gateway, name, api_keys[name])).status_code == 200
                await asyncio.sleep(chance.random() / 500)

        async def change() -> None:
            for number in range(1, 12):
                await put(gateway, f"sk-changing-{number}", api_keys["changing"])

        await asyncio.gather(*(call_some(name) for name in api_keys for _ in range(3)), change())
        assert witness.keys("steady") == {"sk-steady-0123456789"}
        assert witness.keys("without") == {PLATFORM_KEY}
        changing = witness.keys("changing")
        assert changing <= {f"sk-changing-{number}" for number in range(12)}
        assert len(changing) > 1
        assert len(witness.seen) == 135


async def test_a_connection_that_is_kept_carries_no_old_key(tmp_path: Path) -> None:
    async with beside(tmp_path) as (gateway, witness):
        await say(gateway, "first")
        await put(gateway, "sk-own-1")
        await say(gateway, "second")
        await put(gateway, "sk-own-2")
        await say(gateway, "third")
        await gateway.client.delete("/v1/providers/openai")
        await say(gateway, "fourth")
        assert [key for key, _ in witness.seen] == [PLATFORM_KEY, "sk-own-1", "sk-own-2", PLATFORM_KEY]
        assert witness.connections == 1, "all of them came over one connection"


async def test_a_call_in_flight_ends_with_the_key_it_began_with(tmp_path: Path) -> None:
    async with beside(tmp_path) as (gateway, witness):
        await put(gateway, "sk-own-1")
        witness.script = Script(text="slow words " * 20, chunks=20, pace=0.05)
        running_call = asyncio.create_task(say(gateway, "slow"))
        await witness.ledger.until(lambda: witness.ledger.operations["chat"] == 1)
        await gateway.client.delete("/v1/providers/openai")
        assert not running_call.done()
        witness.script = Script()
        await say(gateway, "after")
        answer = await running_call
        assert "event: done" in answer.text
        assert witness.keys("slow") == {"sk-own-1"}
        assert witness.keys("after") == {PLATFORM_KEY}
        usage = {row["keySource"] for row in await gateway.usage()}
        assert usage == {"BYOK", "MANAGED"}


async def test_another_process_follows_soon(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        one, witness = await stack.enter_async_context(beside(tmp_path))
        providers = {"openai": ProviderSettings(api_key=PLATFORM_KEY, base_url=witness.base_url)}
        two = await stack.enter_async_context(running(tmp_path, providers=providers, embedded="never"))
        await put(one, "sk-own-1")

        async def seen() -> bool:
            await say(two, "over there")
            return "sk-own-1" in witness.keys("over there")

        await until(seen)
        await one.client.delete("/v1/providers/openai")

        async def gone() -> bool:
            await say(two, "later")
            return PLATFORM_KEY in witness.keys("later")

        await until(gone)


async def test_the_next_connection_of_a_session_uses_the_key_of_then(tmp_path: Path) -> None:
    async with stage(tmp_path) as show:
        vendor = show.vendors["openai"]
        keys: list[str | None] = []
        real = vendor.key_of

        def key_of(request: web.BaseRequest) -> str | None:
            keys.append(real(request))
            return keys[-1]

        vendor.key_of = key_of  # type: ignore[method-assign]
        await put(show.gateway, "sk-own-1")
        vendor.fault = Fault(kind=FaultKind.CUT, at=Stage.AUDIO, words=4, times=1)
        caller = await show.call(**PINNED)
        await caller.until(lambda: bool(caller.of("ready")))
        await put(show.gateway, "sk-own-2")
        await caller.turn()
        await caller.until(lambda: ANSWER.rsplit(maxsplit=1)[-1] in caller.words)
        assert keys == ["sk-own-1", "sk-own-2"]
        assert caller.words.split() == ANSWER.split()
        await caller.leave()


async def test_a_session_whose_key_is_gone_asks_its_vendor_no_more(tmp_path: Path) -> None:
    async with beside(tmp_path) as (gateway, _):
        organization = await gateway.gateway.store.default_organization()
        router = gateway.gateway.router
        platform = dict(router._platform)
        await put(gateway, "sk-own-1")
        spec = SessionSpec(provider="openai", model="gpt-realtime")
        before = candidates_of(gateway.gateway, organization.id, None, spec)
        assert [c.credential.source for c in before] == ["BYOK"]
        await gateway.client.delete("/v1/providers/openai")
        [after] = with_current_keys(gateway.gateway, organization.id, None, before)
        assert (after.credential.api_key, after.credential_id) == (PLATFORM_KEY, "platform")
        router._platform = {}
        assert with_current_keys(gateway.gateway, organization.id, None, before) == ()
        router._platform = platform


@pytest.mark.parametrize("limited", [True, False])
async def test_a_model_without_a_price_does_not_move_to_the_platform_key_of_a_limited_caller(
    tmp_path: Path, limited: bool
) -> None:
    """Its own key paid for it, and is gone in the middle of the session."""
    async with beside(tmp_path, organization_monthly_spend_usd=1.0 if limited else None) as (gateway, _):
        organization = await gateway.gateway.store.default_organization()
        await put(gateway, "sk-own-1")
        spec = SessionSpec(provider="openai", model="dear-and-unlisted")
        before = candidates_of(gateway.gateway, organization.id, None, spec)
        await gateway.client.delete("/v1/providers/openai")
        after = with_current_keys(gateway.gateway, organization.id, None, before)
        assert [c.credential_id for c in after] == ([] if limited else ["platform"])


async def test_an_own_key_that_is_rejected_leaves_the_call_to_the_next_candidate(tmp_path: Path) -> None:
    """Never to the platform's key for the same vendor."""
    alpha, beta = Scripted("alpha"), Scripted("beta")
    alpha.llm = [CredentialRejected("HTTP 401: no such key", status=401)]
    async with running(tmp_path, registry_of(alpha, beta), keys=("alpha", "beta")) as gateway:
        body = {"provider": "alpha", "apiKey": "sk-own-of-alpha"}
        assert (await gateway.client.put("/v1/providers", json=body)).status_code == 200
        answer = await say(gateway, "hello")
        assert answer.headers["x-speko-provider"] == "beta"
        assert answer.headers["x-speko-failover-count"] == "1"
        assert [call.credential.api_key for call in alpha.calls] == ["sk-own-of-alpha"]
        assert [call.credential.api_key for call in beta.calls] == ["platform-key-of-beta"]
        [row] = await gateway.usage()
        assert (row["provider"], row["keySource"], row["chargeKind"]) == ("beta", "MANAGED", "add_on")
        attempts = await gateway.attempts(answer.headers["x-request-id"])
        assert [(a["provider"], a["keySource"], a["cause"]) for a in attempts] == [
            ("alpha", "BYOK", "unauthorized"),
            ("beta", "MANAGED", None),
        ]
        rows = (await gateway.client.get("/v1/providers")).json()
        assert {(r["rejectedStatus"], r["rejection"]) for r in rows if r["key"] == "alpha"} == {
            (401, "HTTP 401: no such key"),
        }
