"""`POST /v1/providers/{provider}/test` where no server is asked, and with connectors of other packages."""

import asyncio
import logging
from pathlib import Path

import pytest

from speko.api import credential_check
from speko.providers.call import Call
from speko.providers.catalogue import Vendor
from speko.providers.check import CheckReport
from speko.providers.embedded import presence
from speko.providers.registry import Registration, Registry
from tests.api.credential_checks import outcome_of
from tests.api.running import running
from tests.api.vendors import Scripted, registry_of


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
        assert (await outcome_of(gateway, "beta"))["message"] == "Beta does not answer within 0.05 seconds"


async def test_a_connector_without_a_check(tmp_path: Path) -> None:
    async with running(tmp_path, registry_with(None), keys=("beta",)) as gateway:
        found = await outcome_of(gateway, "beta")
        assert (found["ok"], found["source"]) == (False, "MANAGED")
        assert "only a call" in found["message"]
