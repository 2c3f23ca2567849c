"""Whom a session may use, and what is said when there is nobody."""

from pathlib import Path
from typing import Any

import pytest

from tests.api.running import running

AGENT = {"provider": "speko", "model": "cascade"}
OPENAI = {"provider": "openai", "model": "gpt-realtime"}
ENGLISH = {"language": "en"}


async def asked(folder: Path, body: dict[str, Any], **settings: Any) -> tuple[int, dict[str, Any]]:
    """The answer to a creation."""
    async with running(folder, **settings) as gateway:
        answer = await gateway.client.post("/v1/sessions", json={"mode": "s2s", **body})
        return answer.status_code, answer.json()


async def test_an_engine_without_a_key_names_the_variable_to_set(tmp_path: Path) -> None:
    status, told = await asked(tmp_path, {"s2s": OPENAI})
    assert (status, told["code"], told["reason"]) == (500, "SESSION_CREATE_FAILED", "NO_CREDENTIAL")
    assert "OPENAI_API_KEY" in told["error"]


@pytest.mark.parametrize("body", [{"s2s": AGENT}, {"intent": ENGLISH}], ids=["pinned", "routed"])
async def test_an_agent_without_anybody_to_call_is_no_engine(tmp_path: Path, body: dict[str, Any]) -> None:
    # One agent process would be enough, but what it needs is missing: it is not started for this.
    status, told = await asked(tmp_path, body, embedded="never", agent_processes=0)
    assert (status, told["code"]) == (500, "SESSION_CREATE_FAILED")
    assert "agent_processes" in told["error"]


async def test_with_a_key_the_vendor_comes_first_and_the_agent_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, keys=("openai",)) as gateway:
        monkeypatch.setattr(
            gateway.gateway, "settings", gateway.gateway.settings.model_copy(update={"agent_processes": 1})
        )
        answer = await gateway.client.post("/v1/sessions", json={"mode": "s2s", "intent": ENGLISH})
        assert (answer.status_code, answer.json()["provider"]) == (201, "openai")
        stack = (await gateway.client.get("/v1/benchmarks/stack", params={"language": "en"})).json()["s2s"]
        usable = [entry["providerId"] for entry in (stack, *stack["runnersUp"]) if entry["usable"]]
        assert (usable[0], usable[-1]) == ("openai", "speko")


async def test_the_preview_knows_that_the_agent_lacks_a_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(tmp_path) as gateway:
        monkeypatch.setattr(
            gateway.gateway, "settings", gateway.gateway.settings.model_copy(update={"agent_processes": 1})
        )
        stack = (await gateway.client.get("/v1/benchmarks/stack", params={"language": "de"})).json()["s2s"]
        [agent] = [entry for entry in (stack, *stack["runnersUp"]) if entry["providerId"] == "speko"]
        assert (agent["usable"], agent["reason"]) == (False, "NO_CREDENTIAL")
        body = {"mode": "s2s", "s2s": AGENT, "intent": {"language": "de"}}
        refused = (await gateway.client.post("/v1/sessions", json=body)).json()
        assert agent["hint"] in refused["error"]


async def test_a_stage_that_nobody_serves_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(tmp_path, embedded="never", keys=("openai",)) as gateway:
        monkeypatch.setattr(
            gateway.gateway, "settings", gateway.gateway.settings.model_copy(update={"agent_processes": 1})
        )
        only_openai = {"allowedProviders": {"tts": ["elevenlabs"], "s2s": ["speko:cascade"]}}
        answer = await gateway.client.post(
            "/v1/sessions", json={"mode": "s2s", "intent": ENGLISH, "constraints": only_openai}
        )
        assert answer.status_code == 500
        assert "no TTS" in answer.json()["error"]


async def test_a_model_that_the_gateways_own_engine_has_not_is_refused(tmp_path: Path) -> None:
    status, told = await asked(tmp_path, {"s2s": {"provider": "speko", "model": "foo"}})
    assert (status, told["code"]) == (400, "VALIDATION_ERROR")
    assert [issue["path"] for issue in told["issues"]] == ["s2s.model"]
