"""`POST /v1/providers/{provider}/test` over a real socket, against simulated vendors and what stands in for them."""

import asyncio
import hashlib
import logging
import socket
import time
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from speko.api import credential_check
from speko.providers.call import Call
from speko.providers.catalogue import Vendor
from speko.providers.check import CheckReport
from speko.providers.embedded import presence
from speko.providers.registry import Registration, Registry
from speko.settings import ProviderSettings
from speko.simulators import Engines, Fault, FaultKind, OpenAISimulator
from tests.api.running import Running, running
from tests.api.vendors import Scripted, registry_of

PLATFORM_KEY = "sk-platform-0123456789"
OWN_KEY = "sk-own-0123456789"
THEIR_KEY = "sk-theirs-0123456789"
MEMBERS = {"provider", "ok", "source", "checkedAt", "latencyMs", "status", "message", "models", "verdict"}


@asynccontextmanager
async def beside(
    folder: Path, fault: Fault | None = None, vendor: str = "openai", key: str | None = PLATFORM_KEY, **settings: Any
) -> AsyncIterator[tuple[Running, OpenAISimulator]]:
    """A gateway whose platform reaches `vendor` at a simulator."""
    async with OpenAISimulator(fault=fault, engines=Engines.none()) as simulator:
        providers = {vendor: ProviderSettings(api_key=key, base_url=simulator.base_url)}
        async with running(folder, providers=providers, **settings) as gateway:
            yield gateway, simulator


async def outcome_of(gateway: Running, vendor: str = "openai", key: str | None = None) -> dict[str, Any]:
    """What a test says; never a key."""
    headers = {"authorization": f"Bearer {key}"} if key else None
    answer = await gateway.client.post(f"/v1/providers/{vendor}/test", headers=headers)
    assert answer.status_code == 200, answer.text
    assert not any(secret in answer.text for secret in (PLATFORM_KEY, OWN_KEY, THEIR_KEY))
    found: dict[str, Any] = answer.json()
    assert set(found) == MEMBERS
    assert found["provider"] == vendor.lower()
    assert found["message"]
    assert found["checkedAt"].endswith("Z")
    assert (found["latencyMs"] is not None) == (found["status"] is not None)
    return found


async def store_key(gateway: Running, secret: str, vendor: str = "openai", key: str | None = None) -> None:
    headers = {"authorization": f"Bearer {key}"} if key else None
    body = {"provider": vendor, "apiKey": secret}
    assert (await gateway.client.put("/v1/providers", json=body, headers=headers)).status_code == 200


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


STATUSES = [
    (FaultKind.UNAUTHORIZED, 401, "OpenAI rejects the key: HTTP 401"),
    (FaultKind.FORBIDDEN, 403, "OpenAI "),
    (FaultKind.RATE_LIMITED, 429, "OpenAI limits the calls of this account: HTTP 429"),
    (FaultKind.QUOTA, 429, "OpenAI serves this account no more: HTTP 429"),
    (FaultKind.PAYMENT_REQUIRED, 402, "OpenAI serves this account no more: HTTP 402"),
    (FaultKind.BAD_REQUEST, 400, "OpenAI refuses: HTTP 400"),
    (FaultKind.SERVER_ERROR, 500, "OpenAI is in trouble: HTTP 500"),
    (FaultKind.OVERLOADED, 503, "OpenAI is in trouble: HTTP 503"),
    (FaultKind.MALFORMED, 200, "OpenAI answers, but not as its API does"),
]


@pytest.mark.parametrize(("kind", "status", "begins"), STATUSES, ids=[kind.value for kind, *_ in STATUSES])
async def test_refusals(tmp_path: Path, kind: FaultKind, status: int, begins: str) -> None:
    async with beside(tmp_path, Fault(kind, retry_after="7")) as (gateway, simulator):
        found = await outcome_of(gateway)
        assert (found["ok"], found["source"], found["status"], found["models"]) == (False, "MANAGED", status, None)
        assert found["message"].startswith(begins)
        waits = kind in (FaultKind.RATE_LIMITED, FaultKind.OVERLOADED)
        assert found["message"].endswith("; it asks to wait 7 s") == waits
        assert len(simulator.requests) == 1, "a test asks once"


@pytest.mark.parametrize(
    ("kind", "says"),
    [(FaultKind.CUT, "breaks off"), (FaultKind.TRUNCATED, "breaks off"), (FaultKind.REFUSE, "breaks off")],
)
async def test_answers_that_break_off(tmp_path: Path, kind: FaultKind, says: str) -> None:
    async with beside(tmp_path, Fault(kind)) as (gateway, _):
        found = await outcome_of(gateway)
        assert (found["ok"], found["status"]) == (False, None)
        assert says in found["message"]


@pytest.mark.parametrize("kind", [FaultKind.SILENT, FaultKind.STALL])
async def test_a_vendor_that_hangs_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: FaultKind) -> None:
    monkeypatch.setattr(credential_check, "SECONDS", 0.2)
    async with beside(tmp_path, Fault(kind)) as (gateway, simulator):
        found = await outcome_of(gateway)
        assert (found["ok"], found["status"]) == (False, None)
        assert found["message"] == "OpenAI does not answer within 0.2 seconds"
        await simulator.until(lambda: simulator.cancelled == 1)


async def test_nobody_listens(tmp_path: Path) -> None:
    async with beside(tmp_path) as (gateway, simulator), simulator.port_closed():
        found = await outcome_of(gateway)
        assert (found["ok"], found["status"]) == (False, None)
        assert found["message"] == "OpenAI cannot be reached: connection refused, or host unreachable"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://no-such-host.invalid/v1", "the host name could not be resolved"),
        ("https://127.0.0.1:{port}/v1", "TLS could not be established"),
        ("http://[::1", "the base URL is not a valid HTTP address"),
    ],
)
async def test_addresses_that_lead_nowhere(tmp_path: Path, url: str, says: str) -> None:
    async with OpenAISimulator(engines=Engines.none()) as simulator:
        providers = {"openai": ProviderSettings(api_key=PLATFORM_KEY, base_url=url.format(port=simulator.port))}
        async with running(tmp_path, providers=providers) as gateway:
            found = await outcome_of(gateway)
    assert (found["ok"], found["status"]) == (False, None)
    assert found["message"] == f"OpenAI cannot be reached: {says}"


async def test_a_connection_that_is_never_accepted(tmp_path: Path) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with socket.create_connection(full.getsockname()):  # the only one that waits to be accepted
            url = f"http://127.0.0.1:{full.getsockname()[1]}"
            providers = {"openai": ProviderSettings(api_key=PLATFORM_KEY, base_url=url)}
            async with running(tmp_path, providers=providers, connect_timeout=0.05) as gateway:
                found = await outcome_of(gateway)
    assert found["message"] == "OpenAI cannot be reached: not connected in time"


async def test_a_key_that_cannot_be_sent(tmp_path: Path) -> None:
    async with beside(tmp_path, key="two words") as (gateway, simulator):
        found = await outcome_of(gateway)
        assert (found["ok"], found["status"]) == (False, None)
        assert "character" in found["message"]
        assert not simulator.requests


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


# Those that no server is asked for.


async def test_a_vendor_without_a_connector(tmp_path: Path) -> None:
    async with running(tmp_path, keys=("deepgram",)) as gateway:
        found = await outcome_of(gateway, "Deepgram")
        assert (found["ok"], found["source"]) == (False, None)
        assert found["message"] == "this build has no connector for Deepgram, so it cannot be called"


async def test_embedded_engines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(tmp_path) as gateway:
        found = await outcome_of(gateway, "pocketsphinx")
        assert (found["ok"], found["source"], found["latencyMs"]) == (True, None, None)
        monkeypatch.setattr("shutil.which", lambda _: None)
        monkeypatch.setattr(presence.Presence, "HOLDS", 0.0)
        missing = await outcome_of(gateway, "flite")
        assert (missing["ok"], missing["message"]) == (False, "not found: flite (Debian package flite)")
    async with running(tmp_path, embedded="never") as gateway:
        off = await outcome_of(gateway, "pocketsphinx")
        assert (off["ok"], off["message"]) == (False, "the setting `embedded` is `never`")


async def test_the_agent_is_as_good_as_its_stages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(tmp_path) as gateway:
        off = await outcome_of(gateway, "speko")
        assert (off["ok"], off["message"]) == (False, "the voice agent is off (setting `agent_processes`)")
        on = gateway.gateway.settings.model_copy(update={"agent_processes": 1})
        monkeypatch.setattr(gateway.gateway, "settings", on)
        found = await outcome_of(gateway, "speko")
        assert (found["ok"], found["source"]) == (True, None)
        assert "STT pocketsphinx, LLM speko, TTS flite" in found["message"]
    async with running(tmp_path, embedded="never", keys=("openai",)) as gateway:
        # The vendor's key is all that is needed.
        on = gateway.gateway.settings.model_copy(update={"agent_processes": 1})
        monkeypatch.setattr(gateway.gateway, "settings", on)
        assert "STT openai, LLM openai, TTS openai" in (await outcome_of(gateway, "speko"))["message"]
    async with running(tmp_path, embedded="never") as gateway:
        monkeypatch.setattr(gateway.gateway, "settings", on)
        missing = await outcome_of(gateway, "speko")
        assert not missing["ok"]
        assert missing["message"].startswith("the voice agent has no STT: no key for ")


async def test_who_is_unknown_and_who_may_not_ask(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        for unknown in ("nobody", "%00", "a" * 5000):
            answer = await gateway.client.post(f"/v1/providers/{unknown}/test")
            assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
        answer = await gateway.client.post("/v1/providers/openai/test", headers={"authorization": "Bearer x"})
        assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")
        assert (await gateway.client.get("/v1/providers/openai/test")).status_code == 405


# Connectors of other packages.


class Checking:
    """A check that does what a test says."""

    def __init__(self, outcome: CheckReport | Exception | None) -> None:
        self.outcome = outcome
        self.calls: list[Call] = []

    async def check(self, call: Call) -> CheckReport:
        self.calls.append(call)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        if self.outcome is None:
            await asyncio.Event().wait()
        assert self.outcome is not None
        return self.outcome


def registry_with(check: Checking | None) -> Registry:
    registry = registry_of(Scripted("alpha"))
    of = registry.vendors["alpha"]
    vendor = Vendor(id="beta", name="Beta", key_env="BETA_API_KEY", models=of.vendor.models)
    registry.add(Registration(vendor, llm=of.llm, check=(lambda _: check) if check else None))
    return registry


async def test_a_third_partys_check_gets_the_credential(tmp_path: Path) -> None:
    check = Checking(CheckReport("Beta likes it", models=4))
    async with running(tmp_path, registry_with(check), keys=("beta",)) as gateway:
        answer = (await gateway.client.post("/v1/providers/beta/test")).json()
        assert (answer["ok"], answer["message"], answer["models"]) == (True, "Beta likes it", 4)
        assert (answer["status"], answer["latencyMs"] is None) == (None, False)
        [call] = check.calls
        assert (call.credential.api_key, call.connect_timeout) == ("platform-key-of-beta", 3.0)


async def test_a_third_partys_check_that_crashes(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    secret = "platform-key-of-beta"
    check = Checking(RuntimeError(f"it was {secret}"))
    async with running(tmp_path, registry_with(check), keys=("beta",)) as gateway:
        with caplog.at_level(logging.ERROR):
            found = await outcome_of(gateway, "beta")
        assert (found["ok"], found["message"]) == (False, "the connector of Beta failed; the log says how")
        [record] = [record for record in caplog.records if record.message == "credential check crashed"]
        assert record.__dict__["type"] == "RuntimeError"
        assert secret not in caplog.text


async def test_a_third_partys_check_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credential_check, "SECONDS", 0.05)
    async with running(tmp_path, registry_with(Checking(None)), keys=("beta",)) as gateway:
        started = time.monotonic()
        assert "within" in (await outcome_of(gateway, "beta"))["message"]
        assert time.monotonic() - started < 5


async def test_a_connector_without_a_check(tmp_path: Path) -> None:
    async with running(tmp_path, registry_with(None), keys=("beta",)) as gateway:
        found = await outcome_of(gateway, "beta")
        assert (found["ok"], found["source"]) == (False, "MANAGED")
        assert "only a call" in found["message"]


async def refusal(gateway: Running) -> tuple[Any, Any, Any]:
    """What the list says of OpenAI's key: when it was refused, by which status, in which words."""
    rows = (await gateway.client.get("/v1/providers")).json()
    found = {(r["rejectedAt"], r["rejectedStatus"], r["rejection"]) for r in rows if r["key"] == "openai"}
    assert all(r["rejectedAt"] is None for r in rows if r["key"] != "openai")
    return found.pop() if len(found) == 1 else pytest.fail("the rows of one vendor differ")


async def complete(gateway: Running, allowed: str = "openai") -> int:
    body = {
        "messages": [{"role": "user", "content": "hello"}],
        "intent": {"language": "en"},
        "constraints": {"allowedProviders": {"llm": [allowed]}},
    }
    return (await gateway.client.post("/v1/complete", json=body)).status_code


async def test_a_refused_key_shows_after_a_test_and_after_a_call_until_it_is_taken(tmp_path: Path) -> None:
    async with beside(tmp_path) as (gateway, simulator):
        simulator.api_key = PLATFORM_KEY
        await store_key(gateway, OWN_KEY)
        assert await refusal(gateway) == (None, None, None)
        await outcome_of(gateway)
        at, status, words = await refusal(gateway)
        assert (at[-1], status) == ("Z", 401)
        assert words.startswith("HTTP 401")
        assert OWN_KEY not in words
        simulator.api_key = OWN_KEY
        assert (await outcome_of(gateway))["ok"]
        assert await refusal(gateway) == (None, None, None)
        simulator.api_key = PLATFORM_KEY
        assert await complete(gateway) == 500
        assert (await refusal(gateway))[1] == 401
        simulator.api_key = OWN_KEY
        assert await complete(gateway) == 200
        assert await refusal(gateway) == (None, None, None)


async def test_a_refused_platform_key_is_no_organizations_affair(tmp_path: Path) -> None:
    async with beside(tmp_path) as (gateway, simulator):
        simulator.api_key = OWN_KEY
        assert not (await outcome_of(gateway))["ok"]
        assert await complete(gateway) == 500
        assert await refusal(gateway) == (None, None, None)


async def test_an_answer_that_anybody_gets_clears_no_refusal(tmp_path: Path) -> None:
    async with beside(tmp_path) as (gateway, simulator):
        simulator.api_key = PLATFORM_KEY
        await store_key(gateway, OWN_KEY)
        await outcome_of(gateway)
        simulator.fault = Fault(FaultKind.NOT_FOUND)
        assert (await outcome_of(gateway))["ok"]
        assert (await refusal(gateway))[1] == 401


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
