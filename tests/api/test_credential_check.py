"""`POST /v1/providers/{provider}/test` over a real socket, against simulated vendors and what stands in for them."""

import hashlib
from base64 import b64encode
from pathlib import Path

from speko.providers.registry import Registry
from speko.settings import ProviderSettings
from speko.simulators import Engines, Fault, FaultKind, OpenAISimulator
from tests.api.credential_checks import OWN_KEY, PLATFORM_KEY, THEIR_KEY, beside, outcome_of, store_key
from tests.api.running import Running, running


def digits(key: str) -> str:
    """What a simulator keeps of a key."""
    return hashlib.sha256(key.encode()).hexdigest()[:8]


async def another_organization(gateway: Running) -> str:
    """An API key of it."""
    store = gateway.gateway.store
    _, key = await store.create_api_key((await store.create_organization("Other")).id, "test")
    return key


async def test_a_platform_key_that_is_good(tmp_path: Path) -> None:
    async with beside(tmp_path) as (gateway, simulator):
        found = await outcome_of(gateway)
        assert (found["ok"], found["source"], found["status"]) == (True, "MANAGED", 200)
        assert found["models"] > 1
        assert found["message"] == f"OpenAI accepts the key and lists {found['models']} models"
        assert 0 <= found["latencyMs"] < 8000
        [request] = simulator.requests
        assert (request.method, request.path, request.body) == ("GET", "/v1/models", b"")
        assert simulator.ledger.last_key == digits(PLATFORM_KEY)


async def test_the_own_key_wins_and_goes_again(tmp_path: Path) -> None:
    async with beside(tmp_path) as (gateway, simulator):
        await store_key(gateway, OWN_KEY)
        assert (await outcome_of(gateway))["source"] == "BYOK"
        assert simulator.ledger.last_key == digits(OWN_KEY)
        await gateway.client.delete("/v1/providers/openai")
        assert (await outcome_of(gateway))["source"] == "MANAGED"
        assert simulator.ledger.last_key == digits(PLATFORM_KEY)


async def test_nobody_tests_with_the_key_of_others(tmp_path: Path) -> None:
    async with beside(tmp_path, key=None) as (gateway, simulator):
        theirs = await another_organization(gateway)
        await store_key(gateway, OWN_KEY)
        found = await outcome_of(gateway, key=theirs)
        assert (found["ok"], found["source"]) == (False, None)
        assert "OPENAI_API_KEY" in found["message"]
        assert not simulator.requests
        await store_key(gateway, THEIR_KEY, key=theirs)
        for key, secret in ((theirs, THEIR_KEY), (None, OWN_KEY)):
            assert (await outcome_of(gateway, key=key))["ok"]
            assert simulator.ledger.last_key == digits(secret)


async def test_a_rejected_own_key_is_not_replaced_by_the_platforms(tmp_path: Path) -> None:
    async with beside(tmp_path) as (gateway, simulator):
        simulator.api_key = PLATFORM_KEY
        await store_key(gateway, OWN_KEY)
        found = await outcome_of(gateway)
        assert (found["ok"], found["source"], found["status"], found["models"]) == (False, "BYOK", 401, None)
        assert found["message"].startswith("OpenAI rejects the key: HTTP 401")
        assert len(simulator.requests) == 1


async def test_a_stored_key_that_cannot_be_read_is_said_and_not_replaced(tmp_path: Path) -> None:
    async with beside(tmp_path) as (gateway, _):
        await store_key(gateway, OWN_KEY)
    (tmp_path / "master.key").write_bytes(b64encode(b"x" * 32))
    async with beside(tmp_path) as (gateway, simulator):
        found = await outcome_of(gateway)
        assert not found["ok"]
        assert "store it again" in found["message"]
        assert not simulator.requests


async def test_a_server_without_keys_needs_its_base_url_alone(tmp_path: Path) -> None:
    async with beside(tmp_path, vendor="vllm", key=None) as (gateway, simulator):
        simulator.fault = Fault(FaultKind.NOT_FOUND)
        found = await outcome_of(gateway, "vllm")
        assert (found["ok"], found["source"], found["status"]) == (True, "MANAGED", 404)
        assert "base URL" in found["message"]
        assert simulator.ledger.last_key is None
        missing = await outcome_of(gateway, "ollama")
        assert (missing["ok"], missing["source"]) == (False, None)
        assert "OLLAMA_BASE_URL" in missing["message"]


async def test_a_test_is_no_call(tmp_path: Path) -> None:
    """Neither a good one nor a bad one is booked, and breakers stay as they are."""
    async with beside(tmp_path, Fault(FaultKind.SERVER_ERROR), breaker_failures=1) as (gateway, simulator):
        request = {"x-request-id": "r1"}
        for fault in (simulator.fault, None):
            simulator.fault = fault
            await gateway.client.post("/v1/providers/openai/test", headers=request)
        assert len(simulator.requests) == 2
        assert await gateway.attempts("r1") == []
        assert await gateway.usage() == []
        stack = (await gateway.client.get("/v1/benchmarks/stack?language=en&allow=llm:openai")).json()
        assert {entry["health"] for entry in (stack["llm"], *stack["llm"]["runnersUp"])} == {"closed"}


async def test_who_is_unknown_and_who_may_not_ask(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        for unknown in ("nobody", "%00", "a" * 5000):
            answer = await gateway.client.post(f"/v1/providers/{unknown}/test")
            assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
        answer = await gateway.client.post("/v1/providers/openai/test", headers={"authorization": "Bearer x"})
        assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")
        assert (await gateway.client.get("/v1/providers/openai/test")).status_code == 405


CALLABLE = [
    id
    for id, registration in Registry.load().vendors.items()
    if any((registration.stt, registration.llm, registration.tts, registration.s2s))
    and not registration.vendor.embedded
    and not any(model.composite for model in registration.vendor.models)
]


async def test_every_vendor_that_can_be_called_can_be_tested(tmp_path: Path) -> None:
    """Key, models and latency, and whether an address answers at all."""
    async with OpenAISimulator(engines=Engines.none(), api_key=PLATFORM_KEY) as simulator:
        there = ProviderSettings(api_key=PLATFORM_KEY, base_url=simulator.base_url)
        async with running(tmp_path, providers=dict.fromkeys(CALLABLE, there)) as gateway:
            for vendor in CALLABLE:
                found = await outcome_of(gateway, vendor)
                assert found["latencyMs"] is not None
                assert gateway.gateway.registry.vendors[vendor].vendor.name in found["message"]
                assert found["status"] != 200 or (found["ok"] and found["models"] > 1)
            simulator.api_key = THEIR_KEY
            for vendor in CALLABLE:
                refused = await outcome_of(gateway, vendor)
                assert (refused["ok"], refused["verdict"], refused["status"]) == (False, "rejected", 401)
            await simulator.stop()
            for vendor in CALLABLE:
                away = await outcome_of(gateway, vendor)
                assert (away["ok"], away["verdict"], away["latencyMs"]) == (False, "unknown", None)
                assert "cannot be reached" in away["message"]
