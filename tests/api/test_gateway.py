"""What a gateway holds: calls in flight, the platform's access to vendors, counted rows, readiness."""

import asyncio
import logging
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from speko.api.counted_ledger import CountedLedger
from speko.api.gateway import Gateway
from speko.api.in_flight import InFlight
from speko.api.metrics import Metrics
from speko.api.platform import platform_access
from speko.providers.call import Call, Credential, Usage
from speko.providers.catalogue import Model, Vendor
from speko.providers.registry import Registration, Registry, Runtime
from speko.routing.attempts import Attempt, Candidate
from speko.routing.metering import CallInfo, Meter
from speko.settings import ProviderSettings, Settings
from tests.api.vendors import Scripted, registry_of
from tests.routing.chains import Books


def registry(*names: str) -> Registry:
    found = Registry()
    for name in names:
        found.add(Registration(Vendor(id=name, name=name, key_env=f"{name.upper()}_KEY", base_url_env="SHARED_URL")))
    return found


# The platform's access.


def test_access_from_the_file_and_from_the_vendors_own_variables() -> None:
    settings = Settings(providers={"a": ProviderSettings(api_key="from-file", models=("tts:x",))})
    env = {"A_KEY": "not this", "B_KEY": "from-env", "SHARED_URL": "http://shared"}
    found = platform_access(settings, registry("a", "b"), env)
    assert (found["a"].api_key, found["a"].base_url, found["a"].models) == (
        "from-file",
        "http://shared",
        (("tts", "x"),),
    )
    assert (found["b"].api_key, found["b"].models) == ("from-env", ())


def test_the_order_is_that_of_the_file_then_of_the_catalogue() -> None:
    settings = Settings(providers={name: ProviderSettings(api_key="k") for name in ("d", "b")})
    assert list(platform_access(settings, registry("a", "b", "c", "d"), {})) == ["d", "b", "a", "c"]


def test_a_configured_vendor_that_nobody_knows_is_said_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings(providers={"opnai": ProviderSettings(api_key="secret-key")})
    assert list(platform_access(settings, registry("a"), {})) == ["a"]
    (record,) = caplog.records
    assert (record.levelno, getattr(record, "provider", None)) == (logging.WARNING, "opnai")
    assert "secret-key" not in caplog.text


# Calls in flight.


async def test_calls_are_counted_while_they_last() -> None:
    calls = InFlight()
    with calls.here():
        assert calls.count == 1
    assert calls.count == 0
    with pytest.raises(KeyError), calls.here():
        raise KeyError
    assert calls.count == 0


async def test_the_end_cancels_all_calls_and_waits_until_they_are_over() -> None:
    calls, booked = InFlight(), list[str]()

    async def call() -> None:
        with calls.here():
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError as error:
                await asyncio.sleep(0.01)
                booked.append(str(error.args[0]))
                raise

    async def broken() -> None:
        with calls.here():
            try:
                await asyncio.Event().wait()
            finally:
                raise KeyError

    tasks = [asyncio.create_task(one()) for one in (call, call, broken)]
    await asyncio.sleep(0)
    assert calls.count == 3
    await calls.end()
    assert booked == ["gateway_stopped"] * 2
    assert all(task.done() for task in tasks)
    await asyncio.gather(*tasks, return_exceptions=True)
    await calls.end()


# Rows.


def test_rows_are_counted_and_passed_on() -> None:
    books = Books()
    metrics = Metrics(
        calls_in_flight=lambda: 7, live_sessions=lambda: 3, knows=lambda provider, modality, model: model == "known"
    )
    ledger = CountedLedger(books, metrics, frozenset({"engine"}), booked=lambda _: None)
    meter = Meter(CallInfo("complete", "req", "org"), ledger)
    for provider, model in (("engine", "known"), ("cloud", "made-up-by-a-caller")):
        chosen = Candidate("llm", provider, model, model, Credential("secret"), "c", Model(modality="llm", id=model))
        call = Call(Credential(), usage=Usage(input_tokens=3, output_tokens=4))
        attempt = Attempt(chosen, 0, started=1.0, connect_within=1, first_byte_by=2)
        meter.attempt(attempt, call, "served", now=2.0, first_byte_at=1.5)
        meter.served(chosen, call)
    assert (len(books.attempts), len(books.usages)) == (2, 2)
    told = generate_latest(metrics.registry).decode()
    assert (
        'speko_served_total{embedded="yes",key_source="MANAGED",model="known",provider="engine",type="llm"} 1.0' in told
    )
    assert 'embedded="no",key_source="MANAGED",model="other",provider="cloud"' in told
    assert 'speko_usage_total{key_source="MANAGED",metric="llm_tokens",provider="cloud"} 7.0' in told
    assert "speko_calls_in_flight 7.0" in told
    assert "speko_sessions_live 3.0" in told
    assert "made-up" not in told, "what callers choose freely is no label"
    assert "secret" not in told


# Life.


async def test_ready_when_warm_and_not_after_the_end(tmp_path: Path) -> None:
    gateway = Gateway(Settings(data=tmp_path), registry_of(Scripted("alpha")))
    await gateway.open()
    assert gateway.not_ready() == "starting"
    await gateway.warm_up()
    assert gateway.not_ready() is None
    await gateway.close()
    assert gateway.not_ready() is not None


@pytest.mark.parametrize(("embedded", "started"), [("auto", 1), ("always", 1), ("never", 0)])
async def test_engines_are_warmed_up_unless_they_are_off(
    tmp_path: Path, embedded: str, started: int, caplog: pytest.LogCaptureFixture
) -> None:
    starts: list[Runtime] = []

    async def start(runtime: Runtime) -> None:
        starts.append(runtime)

    async def fail(runtime: Runtime) -> None:
        raise RuntimeError("secret words")

    found = Registry()
    found.add(Registration(Vendor(id="broken", name="Broken", embedded=True), start=fail))
    found.add(Registration(Vendor(id="engine", name="Engine", embedded=True), start=start))
    gateway = Gateway(Settings(data=tmp_path, embedded=embedded), found)
    await gateway.open()
    await gateway.warm_up()
    assert starts == [gateway.runtime] * started
    assert gateway.runtime.embedded == bool(started)
    assert gateway.not_ready() is None, "an engine that fails keeps nobody from being served"
    assert [getattr(r, "provider", "") for r in caplog.records] == ["broken"] * started
    assert "secret words" not in caplog.text
    await gateway.close()


async def test_the_gateways_own_agent_starts_also_without_embedded_engines(tmp_path: Path) -> None:
    starts: list[Runtime] = []

    async def start(runtime: Runtime) -> None:
        starts.append(runtime)

    agent = Vendor(id="own", name="Own", embedded=True, models=(Model(modality="s2s", id="cascade", composite=True),))
    found = Registry()
    found.add(Registration(agent, start=start))
    gateway = Gateway(Settings(data=tmp_path, embedded="never"), found)
    await gateway.open()
    await gateway.warm_up()
    assert starts == [gateway.runtime]
    await gateway.close()


async def test_an_embedded_engine_is_told_of_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    gateway = Gateway(Settings(data=tmp_path), registry_of(Scripted("alpha")))
    caplog.set_level(logging.INFO, "speko.api")
    for endpoint, provider in (("complete", "engine"), ("complete", "engine"), ("synthesize", "engine")):
        gateway.embedded_serves(endpoint, provider)
    told = [(getattr(r, "endpoint", ""), getattr(r, "provider", "")) for r in caplog.records]
    assert told == [("complete", "engine"), ("synthesize", "engine")]
