"""Limits and credits over a socket: who is refused how, who is not, and what ends in the middle."""

import asyncio
import json
import re
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from speko.limits.concurrency import HOLD
from speko.limits.spend import month_end
from speko.providers.catalogue import Model, Vendor
from speko.providers.errors import ProviderUnavailable
from speko.providers.registry import Registration, Registry
from speko.settings import ProviderSettings
from speko.simulators.openai import OpenAISimulator
from speko.simulators.script import Script
from speko.storage.errors import StorageError
from speko.storage.store import Store
from tests.api.running import Running, running, until
from tests.api.vendors import Scripted, ScriptedLlm, registry_of
from tests.faults.callers import PINNED, SPEECH, Caller, create
from tests.faults.show import stage
from tests.limits.redis_server import PROGRAM, redis_server
from tests.storage.rows import usage_row

BODY = {"messages": [{"role": "user", "content": "hi"}], "intent": {"language": "en"}}
COST = 20
"""Micro-USD of such a call."""
REFUSED = re.compile(r'^speko_limits_refused_total\{kind="(\w+)"\} (\S+)$', re.MULTILINE)
SESSION = {"mode": "s2s", **PINNED}


async def complete(gateway: Running, **headers: str) -> httpx.Response:
    return await gateway.client.post("/v1/complete", json=BODY, headers=headers)


async def refusals(gateway: Running) -> dict[str, int]:
    """What limits have refused or ended, by kind, as the metrics say."""
    told = (await gateway.client.get("/metrics")).text
    return {kind: int(float(count)) for kind, count in REFUSED.findall(told)}


async def other_key(gateway: Running) -> dict[str, str]:
    organization = await gateway.gateway.store.default_organization()
    _, key = await gateway.gateway.store.create_api_key(organization.id, "other")
    return {"authorization": f"Bearer {key}"}


def with_an_engine(script: Scripted, engine: Scripted) -> Registry:
    """A vendor, and an embedded engine behind it."""
    registry = registry_of(script)
    vendor = Vendor(id=engine.vendor_id, name="Engine", embedded=True, models=(Model(modality="llm", id="tiny"),))
    registry.add(Registration(vendor, llm=lambda runtime: ScriptedLlm(engine)))
    return registry


async def test_requests_over_the_limit_are_told_when_to_come_back(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of(Scripted("a")), keys=("a",), key_requests_per_minute=3) as gateway:
        for _ in range(3):
            assert (await gateway.client.get("/v1/organization")).status_code == 200
        for _ in range(2):
            answer = await complete(gateway)
            assert (answer.status_code, answer.json()["code"]) == (429, "RATE_LIMITED")
            assert 1 <= int(answer.headers["retry-after"]) <= 20
        assert (await gateway.client.get("/v1/limits")).status_code == 429, "asking is a request, too"
        other = await other_key(gateway)
        assert (await complete(gateway, **other)).status_code == 200
        limits = (await gateway.client.get("/v1/limits", headers=other)).json()
        assert limits["apiKey"]["requestsPerMinute"] == {"limit": 3, "used": 2}
        assert limits["organization"]["requestsPerMinute"] == {"limit": None, "used": None}
        assert await refusals(gateway) == {"requests": 3}
        gateway.gateway.limits.rates._buckets.clear()
        assert (await complete(gateway)).status_code == 200


async def test_an_organization_has_a_limit_over_all_its_keys(tmp_path: Path) -> None:
    limit: dict[str, Any] = {"organization_requests_per_minute": 4}
    async with running(tmp_path, registry_of(Scripted("a")), keys=("a",), **limit) as gateway:
        mine = await other_key(gateway)
        codes = [(await complete(gateway, **(mine if n % 2 else {}))).status_code for n in range(6)]
        assert codes == [200] * 4 + [429] * 2
        assert "the organization has 4 a minute" in (await complete(gateway)).json()["error"]


async def test_what_an_operator_sets_holds_at_once_and_no_key_can_change_it(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of(Scripted("a")), keys=("a",), key_requests_per_minute=1) as gateway:
        store = gateway.gateway.store
        organization = await store.default_organization()
        key_id = next(key.id for key in await store.list_api_keys(organization.id) if key.name == "test")
        await store.limits.set(key_id, {"requests_per_minute": 0})
        assert [(await complete(gateway)).status_code for _ in range(3)] == [200] * 3
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert (await gateway.client.request(method, "/v1/limits", json={})).status_code == 405
        await store.limits.clear(key_id)
        assert [(await complete(gateway)).status_code for _ in range(2)] == [200, 429]


async def test_sessions_at_a_time(tmp_path: Path) -> None:
    async with stage(tmp_path, key_concurrent_sessions=1) as show:
        client = show.gateway.client
        made = await create(client, **PINNED)
        answer = await client.post("/v1/sessions", json=SESSION)
        assert (answer.status_code, answer.json()["code"]) == (429, "LIMIT_REACHED")
        assert int(answer.headers["retry-after"]) >= 1
        caller = await Caller.join(made)
        await caller.until(lambda: bool(caller.of("ready")))
        assert (await client.post("/v1/sessions", json=SESSION)).status_code == 429
        await caller.leave()

        async def is_free() -> bool:
            used: int = (await client.get("/v1/limits")).json()["apiKey"]["concurrentSessions"]["used"]
            return used == 0

        await until(is_free)
        assert (await client.post("/v1/sessions", json=SESSION)).status_code == 201


async def test_a_session_that_came_too_late_finds_no_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(tmp_path, organization_concurrent_sessions=1, database_url=None) as show:
        late = await create(show.gateway.client, **PINNED)
        later = time.monotonic() + HOLD + 1
        monkeypatch.setattr(show.gateway.gateway.limits, "_clock", lambda: later)
        caller = await show.call(**PINNED)
        await caller.until(lambda: bool(caller.of("ready")))
        refused = await Caller.join(late)
        await refused.over()
        assert [frame.get("code") for frame in refused.of("error")] == ["LIMIT_REACHED"]
        assert refused.of("end") == [{"t": "end", "reason": "limit_reached"}]
        assert refused.closed == (1008, "limit_reached")
        assert (await show.row(refused))["endReason"] == "limit_reached"
        assert await refusals(show.gateway) == {"sessions": 1}
        await caller.leave()


async def test_a_session_that_was_not_made_takes_no_place(tmp_path: Path) -> None:
    async with stage(tmp_path, key_concurrent_sessions=1) as show:
        for _ in range(3):
            assert (await show.gateway.client.post("/v1/sessions", json={"mode": "s2s"})).status_code == 400
        once = {"idempotency-key": "one"}
        for _ in range(3):  # what was granted once is granted again
            answer = await show.gateway.client.post("/v1/sessions", json=SESSION, headers=once)
            assert answer.status_code == 201


async def test_spend_ends_with_the_month_and_engines_go_on(tmp_path: Path) -> None:
    vendor, engine = Scripted("a"), Scripted("engine")
    settings: dict[str, Any] = {"organization_monthly_spend_usd": COST * 1.5 / 1e6, "embedded": "always"}
    async with running(tmp_path, with_an_engine(vendor, engine), keys=("a",), **settings) as gateway:
        served = [(await complete(gateway)).headers["x-speko-provider"] for _ in range(3)]
        assert served == ["a", "a", "engine"], "the call that passes the limit is served"
        pinned = {**BODY, "constraints": {"allowedProviders": {"llm": ["a"]}}}
        answer = await gateway.client.post("/v1/complete", json=pinned)
        assert (answer.status_code, answer.json()["code"]) == (429, "LIMIT_REACHED")
        now = datetime.now(UTC)
        left = (month_end(now) - now).total_seconds()
        assert left - 60 < int(answer.headers["retry-after"]) < left + 2
        spend = (await gateway.client.get("/v1/limits")).json()["organization"]["monthlySpend"]
        assert (spend["limitMicroUsd"], spend["usedMicroUsd"]) == ("30", "40")
        await gateway.gateway.store.set_provider_key(
            (await gateway.gateway.store.default_organization()).id, "a", "own-key"
        )
        assert (await complete(gateway)).headers["x-speko-provider"] == "a", "an own key costs the platform nothing"


@pytest.mark.parametrize("settings", [{}, {"organization_monthly_spend_usd": 1}])
async def test_to_look_at_limits_is_cheap_and_exact(
    tmp_path: Path, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    sums: list[str | None] = []
    spent = Store.spent

    async def counted(store: Store, organization_id: str | None, *between: Any) -> Any:
        sums.append(organization_id)
        return await spent(store, organization_id, *between)

    monkeypatch.setattr(Store, "spent", counted)
    async with running(tmp_path, registry_of(Scripted("a")), keys=("a",), **settings) as gateway:

        async def used() -> tuple[str, str]:
            """What the organization and this key have spent."""
            limits = (await gateway.client.get("/v1/limits")).json()
            both = (limits[whose]["monthlySpend"]["usedMicroUsd"] for whose in ("organization", "apiKey"))
            return next(both), next(both)

        store = gateway.gateway.store
        organization_id = (await store.default_organization()).id
        row = usage_row(organization_id=organization_id, cost_micro_usd=7, created_at=datetime.now(UTC))
        store.ledger.usage(row)  # as another process books it
        await store.ledger.flush()
        if settings:
            await gateway.gateway.limiting._read()
        for calls in range(1, 4):
            await complete(gateway)
            assert set(await asyncio.gather(*(used() for _ in range(20)))) == {
                (str(7 + calls * COST), str(calls * COST))
            }
        assert sums.count(organization_id) == (0 if settings else 1)


async def test_a_database_that_is_away_keeps_all_who_look_at_limits_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, registry_of(Scripted("a")), keys=("a",)) as gateway:
        store, limiting = gateway.gateway.store, gateway.gateway.limiting
        asked, given_up = asyncio.Queue[None](), asyncio.Event()

        async def away() -> None:
            asked.put_nowait(None)
            await given_up.wait()
            raise StorageError("away")

        monkeypatch.setattr(store.ledger, "flush", away)
        looking = [asyncio.create_task(limiting.spent("org_1")) for _ in range(10)]
        await asked.get()
        looking[0].cancel()
        given_up.set()
        ends = await asyncio.gather(*looking, return_exceptions=True)
        assert [type(end) for end in ends] == [asyncio.CancelledError, *[StorageError] * 9]
        assert asked.empty()
        monkeypatch.undo()
        assert (await limiting.spent("org_1")).of("org_1") == 0


async def test_what_others_have_spent_since_is_seen_when_the_sum_is_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, registry_of(Scripted("a")), keys=("a",)) as gateway:
        store, limiting = gateway.gateway.store, gateway.gateway.limiting
        organization_id = (await store.default_organization()).id
        assert (await limiting.spent(organization_id)).of(organization_id) == 0
        row = usage_row(organization_id=organization_id, cost_micro_usd=7, created_at=datetime.now(UTC))
        store.ledger.usage(row)
        await store.ledger.flush()
        assert (await limiting.spent(organization_id)).of(organization_id) == 0
        for seconds in ("_ASKED_EVERY", "_ALONE_EVERY"):
            monkeypatch.setattr(f"speko.api.limiting.{seconds}", 0)
        assert (await limiting.spent(organization_id)).of(organization_id) == 7
        next_month = month_end(datetime.now(UTC))
        monkeypatch.setattr(limiting, "_now", lambda: next_month)
        assert (await limiting.spent(organization_id)).of(organization_id) == 0


async def test_what_was_spent_is_known_after_a_restart(tmp_path: Path) -> None:
    settings: dict[str, Any] = {
        "key_monthly_spend_usd": COST * 2 / 1e6,
        "database_url": f"sqlite:///{tmp_path}/one.sqlite3",
    }
    async with running(tmp_path, registry_of(Scripted("a")), keys=("a",), **settings) as gateway:
        key = gateway.key
        assert [(await complete(gateway)).status_code for _ in range(3)] == [200, 200, 429]
    async with running(tmp_path, registry_of(Scripted("a")), keys=("a",), **settings) as gateway:
        assert (await complete(gateway, authorization=f"Bearer {key}")).status_code == 429
        assert (await complete(gateway)).status_code == 200, "another key has its own"


async def test_credit_to_the_micro_usd(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"initial_credit_usd": 0.00005, "enforce_credits": True}
    async with running(tmp_path, registry_of(Scripted("a")), keys=("a",), **settings) as gateway:
        client = gateway.client
        assert (await client.get("/v1/credits/balance")).json()["balanceMicroUsd"] == "50"
        assert [(await complete(gateway)).status_code for _ in range(4)] == [200, 200, 200, 402]
        assert (await complete(gateway)).json()["code"] == "INSUFFICIENT_CREDITS"
        balance = (await client.get("/v1/credits/balance")).json()
        assert (balance["balanceMicroUsd"], balance["balanceUsd"], balance["currency"]) == ("-10", -0.00001, "USD")
        usage = (await client.get("/v1/usage")).json()
        assert (usage["balanceMicroUsd"], round(usage["totalCost"] * 1e6)) == ("-10", 60)
        entries, cursor = [], ""
        while cursor is not None:
            page = (await client.get(f"/v1/credits/ledger?limit=2&cursor={cursor}")).json()
            entries += page["entries"]
            cursor = page["nextCursor"]
        assert [(e["kind"], e["amountMicroUsd"]) for e in entries] == [("debit", "-20")] * 3 + [("grant", "50")]
        assert [e["createdAt"] for e in entries] == sorted((e["createdAt"] for e in entries), reverse=True)
        assert (entries[0]["provider"], entries[0]["metric"]) == ("a", "llm_tokens")
        store = gateway.gateway.store
        await store.credits.add((await store.default_organization()).id, "topup", 11, "thanks")
        assert [(await complete(gateway)).status_code for _ in range(2)] == [200, 402]
        found = (await client.get("/v1/credits/ledger?kind=grant,topup")).json()["entries"]
        assert [(e["kind"], e["note"]) for e in found] == [("topup", "thanks"), ("grant", "initial credit")]
        for query in ("kind=gift", "limit=0", "limit=101", "cursor=x"):
            assert (await client.get(f"/v1/credits/ledger?{query}")).status_code == 400


async def test_without_enforcement_credit_is_only_counted(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of(Scripted("a")), keys=("a",)) as gateway:
        assert (await complete(gateway)).status_code == 200
        assert (await gateway.client.get("/v1/credits/balance")).json()["balanceMicroUsd"] == str(-COST)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"key_monthly_spend_usd": 0.000001}, "limit_reached"),
        ({"initial_credit_usd": 0.000001, "enforce_credits": True}, "insufficient_credits"),
    ],
)
async def test_a_session_ends_soon_after_its_limit(tmp_path: Path, settings: dict[str, Any], reason: str) -> None:
    async with stage(tmp_path, **settings) as show:
        made = await create(show.gateway.client, **PINNED)
        frames = []
        async with connect(made["wsUrl"], subprotocols=[made["wsToken"]], compression=None, proxy=None) as socket:
            for _ in range(20):
                await socket.send(SPEECH)
            await socket.send(json.dumps({"t": "control", "action": "commit"}))
            with suppress(ConnectionClosed):
                async with asyncio.timeout(20):
                    while True:
                        message = await socket.recv()
                        frames += [json.loads(message)] if isinstance(message, str) else []
        assert frames[-1] == {"t": "end", "reason": reason}
        assert (socket.close_code, socket.close_reason) == (1008, reason)
        assert len([frame for frame in frames if frame["t"] == "usage"]) == 1, "one response was let through"
        row = await show.gateway.client.get(f"/v1/sessions/{made['sessionId']}")
        assert row.json()["endReason"] == reason
        answer = await show.gateway.client.post("/v1/sessions", json=SESSION)
        code = (429, "LIMIT_REACHED") if reason == "limit_reached" else (402, "INSUFFICIENT_CREDITS")
        assert (answer.status_code, answer.json()["code"]) == code
        kind = "spend" if reason == "limit_reached" else "credits"
        assert await refusals(show.gateway) == {kind: 2}, "the session and the next one"


async def test_a_conversation_with_the_agent_ends_with_the_money_for_its_stages(tmp_path: Path) -> None:
    async with OpenAISimulator(script=Script(first_byte=0.0)) as vendor:
        providers = {"openai": ProviderSettings(api_key="key-of-openai", base_url=vendor.base_url)}
        settings: dict[str, Any] = {"agent_processes": 1, "key_monthly_spend_usd": 0.000001, "embedded": "never"}
        async with running(tmp_path, Registry.load(), providers=providers, **settings) as gateway:
            agent = {"s2s": {"provider": "speko", "model": "cascade"}}
            made = await create(gateway.client, **agent)
            caller = await Caller.join(made)
            await caller.until(lambda: bool(caller.of("ready")))
            await caller.tell(t="user_message", text="Say something.")
            await caller.over()
            assert caller.of("end") == [{"t": "end", "reason": "limit_reached"}]
            assert caller.closed == (1008, "limit_reached")
            row = (await gateway.client.get(f"/v1/sessions/{caller.session_id}")).json()
            assert row["endReason"] == "limit_reached"
            spent = (await gateway.client.get("/v1/limits")).json()["apiKey"]["monthlySpend"]
            assert int(spent["usedMicroUsd"]) >= 1, "its stages were booked"
            answer = await gateway.client.post("/v1/sessions", json={"mode": "s2s", **agent})
            assert (answer.status_code, answer.json()["code"]) == (429, "LIMIT_REACHED")
            assert await refusals(gateway) == {"spend": 2}


@pytest.mark.skipif(PROGRAM is None, reason="redis-server is not installed")
async def test_two_gateways_share_requests_and_breakers(tmp_path: Path) -> None:
    database: dict[str, Any] = {"database_url": f"sqlite:///{tmp_path}/one.sqlite3"}
    async with redis_server() as redis:
        settings: dict[str, Any] = {"redis_url": redis.url, "key_requests_per_minute": 40, "keys": ("a",), **database}
        ones, others = Scripted("a"), Scripted("a")
        async with (
            running(tmp_path, registry_of(ones), **settings) as one,
            running(tmp_path, registry_of(others), **settings) as other,
        ):
            mine = {"authorization": f"Bearer {one.key}"}
            assert (await complete(other, **mine)).status_code == 200  # it has heard of the key
            passed = 1
            while (await complete(one, **mine)).status_code == 200:
                passed += 1

            async def refused() -> bool:
                return (await complete(other, **mine)).status_code == 429

            await until(refused)
            assert passed <= 45
            theirs = {"authorization": f"Bearer {other.key}"}

            async def known() -> bool:
                return (await complete(one, **theirs)).status_code == 200

            await until(known)
            ones.llm = [ProviderUnavailable("down", status=500)]
            health = other.gateway.router.health
            for _ in range(5):
                assert (await complete(one, **theirs)).status_code == 500

            async def heard() -> bool:
                return health.state("a", "brain", other.gateway.now()) == "open"

            began = time.monotonic()
            await until(heard)
            assert time.monotonic() - began < 5
            await redis.kill()
            ones.llm = Scripted("a").llm
            fresh = await other_key(one)
            for _ in range(3):
                assert (await complete(one, **fresh)).status_code == 200
            await redis.start()

            async def connected() -> bool:
                links = (one.gateway.limiting.redis, other.gateway.limiting.redis)
                return all(link is not None and link.connected for link in links)

            await until(connected)
