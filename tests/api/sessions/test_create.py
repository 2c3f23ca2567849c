"""`POST /v1/sessions` over a real socket."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from speko.api.realtime.tokens import SessionTokens
from tests.api.running import Running, running
from tests.api.sessions.speakers import PINNED, ROUTED, registry_of

UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


async def _create(
    gateway: Running, body: dict[str, Any], status: int = 201, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    answer = await gateway.client.post("/v1/sessions", json=body, headers=headers)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _refused(gateway: Running, body: dict[str, Any], status: int = 400) -> dict[str, Any]:
    found = await _create(gateway, body, status)
    assert set(found) <= {"error", "code", "issues", "reason"}
    return found


async def _paths(gateway: Running, body: dict[str, Any]) -> list[str]:
    """Paths of the issues of a 400."""
    found = await _refused(gateway, body)
    assert found["code"] == "VALIDATION_ERROR"
    return [issue["path"] for issue in found["issues"]]


async def test_the_answer(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of("alpha"), keys=("alpha",)) as gateway:
        before = datetime.now(UTC)
        made = await _create(gateway, PINNED)
        assert set(made) == {
            "mode",
            "sessionId",
            "wsUrl",
            "wsToken",
            "inputSampleRate",
            "outputSampleRate",
            "expiresAt",
            "provider",
            "model",
            "requestId",
        }
        assert UUID4.fullmatch(made["sessionId"])
        assert made["wsUrl"] == f"{gateway.url.replace('http', 'ws')}/v1/realtime/{made['sessionId']}/ws"
        assert (made["mode"], made["provider"], made["model"]) == ("s2s", "alpha", "voice")
        assert (made["inputSampleRate"], made["outputSampleRate"]) == (24000, 24000)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", made["expiresAt"])
        expires = datetime.fromisoformat(made["expiresAt"])
        assert timedelta(0) <= expires - before - timedelta(seconds=1800 - 0.001) < timedelta(seconds=20)
        token = gateway.gateway.session_tokens.read(made["wsToken"], before)
        organization = await gateway.gateway.store.default_organization()
        assert token is not None
        assert (token.session_id, token.organization_id, token.expires_at) == (
            made["sessionId"],
            organization.id,
            expires,
        )
        claim = await gateway.gateway.store.sessions.claim(token.session_id, token.organization_id, "here")
        assert claim.state == "claimed"


async def test_what_is_stored(tmp_path: Path) -> None:
    body = {
        "mode": "s2s",
        "intent": {"language": "de_at", "optimizeFor": "latency"},
        "constraints": {"allowedProviders": {"s2s": ["alpha"]}},
        "metadata": {"user": 7},
        "maxDurationSeconds": 1,
        "s2s": {
            "voice": "marin",
            "systemPrompt": "Be brief.",
            "temperature": 0.5,
            "inputSampleRate": 16000,
            "tools": [{"name": "1st-look", "description": "looks", "parameters": {"type": "object"}}],
        },
        "voice": "kal",
        "firstMessage": "Hello!",
        "llm": {"temperature": 1, "maxTokens": 9},
        "ttsOptions": {"sampleRate": 16000, "speed": 1.5},
        "sttOptions": {"keywords": ["speko"], "language": "de", "prompt": "names"},
        "backgroundAudio": {"anything": 1},
        "unknown": True,
    }
    async with running(tmp_path, registry_of("alpha"), keys=("alpha",)) as gateway:
        answer = await gateway.client.post("/v1/sessions", json=body)
        made = answer.json()
        assert (made["inputSampleRate"], made["outputSampleRate"]) == (16000, 24000)
        organization = await gateway.gateway.store.default_organization()
        row = await gateway.gateway.store.sessions.get(organization.id, made["sessionId"])
    assert row is not None
    assert (row.status, row.kind, row.metadata) == ("created", "s2s", {"user": 7})
    assert row.request_id == answer.headers["x-request-id"] == answer.json()["requestId"]
    spec, cascade = row.spec, row.spec.cascade
    assert (spec.provider, spec.model, spec.voice, spec.cascade_voice) == (None, None, "marin", "kal")
    assert (spec.system_prompt, spec.temperature, spec.max_duration_seconds) == ("Be brief.", 0.5, 30)
    assert [tool.name for tool in spec.tools] == ["1st-look"]
    assert spec.intent is not None
    assert spec.intent.language == "de-AT"
    assert (cascade.first_message, cascade.temperature, cascade.max_tokens) == ("Hello!", 1, 9)
    assert (cascade.tts_sample_rate, cascade.speed) == (16000, 1.5)
    assert (cascade.keywords, cascade.stt_language, cascade.stt_prompt) == (("speko",), "de", "names")


@pytest.mark.parametrize(
    ("body", "provider"),
    [(PINNED, "alpha"), ({**PINNED, "s2s": {"provider": "Beta", "model": "voice"}}, "beta"), (ROUTED, "alpha")],
)
async def test_who_serves(tmp_path: Path, body: dict[str, Any], provider: str) -> None:
    async with running(tmp_path, registry_of("alpha", "beta"), keys=("alpha", "beta")) as gateway:
        assert (await _create(gateway, body))["provider"] == provider


@pytest.mark.parametrize(
    ("asked", "seconds"), [(None, 1800), (1, 1), (900, 900), (1800, 1800), (3600, 1800), (10**30, 1800)]
)
async def test_time_to_live(tmp_path: Path, asked: int | None, seconds: int) -> None:
    async with running(tmp_path, registry_of("alpha"), keys=("alpha",)) as gateway:
        before = datetime.now(UTC)
        made = await _create(gateway, {**PINNED, "ttlSeconds": asked})
        left = datetime.fromisoformat(made["expiresAt"]) - before
        assert timedelta(seconds=seconds - 0.001) <= left < timedelta(seconds=seconds + 20)


TOOL = {"name": "look", "description": "looks", "parameters": {}}


def _with_tools(*tools: dict[str, Any]) -> dict[str, Any]:
    return {"s2s": {**PINNED["s2s"], "tools": tools}}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"s2s": {"provider": "alpha"}}, "s2s.model"),
        ({"s2s": {"model": "voice"}}, "s2s.provider"),
        ({"s2s": {"provider": "nobody", "model": "voice"}}, "s2s.provider"),
        ({"s2s": {"provider": "deaf", "model": "brain"}}, "s2s.provider"),
        ({"s2s": {}}, "intent"),
        ({"s2s": None}, "intent"),
        ({"s2s": {**PINNED["s2s"], "inputSampleRate": 8000}}, "s2s.inputSampleRate"),
        ({"s2s": {**PINNED["s2s"], "outputSampleRate": "16000"}}, "s2s.outputSampleRate"),
        ({"s2s": {**PINNED["s2s"], "temperature": 2.1}}, "s2s.temperature"),
        (
            {"s2s": {**PINNED["s2s"], "tools": [{"name": "a b", "description": "d", "parameters": {}}]}},
            "s2s.tools.0.name",
        ),
        (
            {"s2s": {**PINNED["s2s"], "tools": [{"name": "a", "description": "d", "parameters": {}}] * 2}},
            "s2s.tools.1.name",
        ),
        ({"s2s": {**PINNED["s2s"], "tools": [{"name": "a", "description": "d"}]}}, "s2s.tools.0.parameters"),
        ({"mode": "phone"}, "mode"),
        ({"intent": {"language": "klingon"}}, "intent"),
        ({"ttlSeconds": 0}, "ttlSeconds"),
        ({"ttlSeconds": "900"}, "ttlSeconds"),
        ({"metadata": []}, "metadata"),
        ({"webhookTags": {"a": "b"}}, "webhookTags"),
        ({"webhookTags": {"a": 1}}, "webhookTags.*"),
        ({"variables": {}}, "variables"),
        ({"variables": {"name": "x"}}, "variables"),
        ({"toolSecrets": {"name": "hunter22"}}, "toolSecrets"),
        ({"firstMessage": "x" * 2001}, "firstMessage"),
        ({"llm": {"temperature": -1}}, "llm.temperature"),
        ({"ttsOptions": {"speed": 3}}, "ttsOptions.speed"),
        ({"sttOptions": {"keywords": ["x"] * 201}}, "sttOptions.keywords"),
    ],
    ids=str,
)
async def test_what_is_refused(tmp_path: Path, change: dict[str, Any], path: str) -> None:
    async with running(tmp_path, registry_of("alpha", deaf=("deaf",)), keys=("alpha",)) as gateway:
        found = await _refused(gateway, {**PINNED, **change})
        assert found["code"] == "VALIDATION_ERROR"
        assert [issue["path"] for issue in found["issues"]] == [path]
        assert "hunter22" not in str(found)
        assert await _count(gateway) == 0


async def _count(gateway: Running) -> int:
    async with gateway.gateway.store._database.read() as connection:
        return int((await connection.execute(text("SELECT count(*) FROM sessions"))).scalar_one())


async def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of("alpha"), keys=("alpha",)) as gateway:
        body = {"mode": "s2s", "s2s": {"provider": "who"}, "variables": {}, "webhookTags": {"a": "b"}}
        assert await _paths(gateway, body) == ["variables", "webhookTags", "s2s.model", "s2s.provider"]


async def test_null_is_as_good_as_absent(tmp_path: Path) -> None:
    names = "agentId intent constraints metadata ttlSeconds webhookTags variables toolSecrets maxDurationSeconds voice "
    names += "firstMessage llm ttsOptions sttOptions systemPrompt backgroundAudio identity"
    inner = dict.fromkeys("voice systemPrompt temperature inputSampleRate outputSampleRate tools".split())
    async with running(tmp_path, registry_of("alpha"), keys=("alpha",)) as gateway:
        body = {**dict.fromkeys(names.split()), "mode": "s2s", "s2s": {**PINNED["s2s"], **inner}}
        assert (await _create(gateway, body))["inputSampleRate"] == 24000


@pytest.mark.parametrize("mode", ["s2s", "cascade", None])
async def test_no_agent_exists(tmp_path: Path, mode: str | None) -> None:
    async with running(tmp_path, registry_of("alpha"), keys=("alpha",)) as gateway:
        body = {**PINNED, "mode": mode, "agentId": "agent_0123456789abcdef", "webhookTags": {"a": "b"}}
        assert await _refused(gateway, body, 404) == {"error": "Unknown agent", "code": "NOT_FOUND"}


@pytest.mark.parametrize("mode", [{"mode": "cascade"}, {"mode": None}, {}], ids=str)
async def test_a_cascade_session_needs_livekit(tmp_path: Path, mode: dict[str, Any]) -> None:
    async with running(tmp_path, registry_of("alpha"), keys=("alpha",)) as gateway:
        assert await _paths(gateway, mode) == ["intent"]
        assert await _paths(gateway, {**mode, "intent": {"language": "en"}, "ttlSeconds": 86401}) == ["ttlSeconds"]
        found = await _refused(gateway, {**mode, "intent": {"language": "en"}, "ttlSeconds": 86400}, 500)
        assert (found["code"], found["reason"]) == ("SESSION_CREATE_FAILED", "NO_LIVEKIT")
        assert "LiveKit" in found["error"]
        assert await _count(gateway) == 0


async def test_a_pinned_engine_without_a_key_names_the_variable(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of("alpha", "beta"), keys=("beta",)) as gateway:
        found = await _refused(gateway, PINNED, 500)
        assert (found["code"], found["reason"]) == ("SESSION_CREATE_FAILED", "NO_CREDENTIAL")
        assert "ALPHA_API_KEY" in found["error"]
        assert await _count(gateway) == 0


async def test_a_database_that_is_away(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of("alpha"), keys=("alpha",)) as gateway:
        async with gateway.gateway.store._database.write() as connection:
            await connection.execute(text("ALTER TABLE sessions RENAME TO elsewhere"))
        assert (await _refused(gateway, PINNED, 500))["code"] == "SESSION_CREATE_FAILED"


async def test_without_a_key(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of("alpha"), keys=("alpha",)) as gateway:
        answer = await gateway.client.post("/v1/sessions", json=PINNED, headers={"authorization": "Bearer sk_live_x"})
        assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")


@pytest.mark.parametrize(
    "depth",
    [100, 300, 900, 100_000],
)
async def test_nested_metadata_is_stored_or_refused(tmp_path: Path, depth: int) -> None:
    async with running(tmp_path, registry_of("alpha"), keys=("alpha",)) as gateway:
        nested = '{"a":' * depth + "1" + "}" * depth
        body = f'{{"mode":"s2s","intent":{{"language":"en"}},"metadata":{nested}}}'
        answer = await gateway.client.post("/v1/sessions", content=body)
        assert answer.status_code in (201, 400)
        assert (answer.status_code == 201) == (await _count(gateway) == 1)


# Idempotency.


async def test_the_same_request_again_gets_the_same_answer(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of("alpha"), keys=("alpha",)) as gateway:
        headers = {"idempotency-key": "key-1"}
        first = await gateway.client.post("/v1/sessions", json=PINNED, headers=headers)
        reordered = {"ignored": 1, "s2s": {"model": "voice", "provider": "alpha"}, "mode": "s2s"}
        for body in (PINNED, reordered):
            again = await gateway.client.post("/v1/sessions", json=body, headers=headers)
            assert (again.status_code, again.content) == (201, first.content)
            assert again.json()["requestId"] == first.headers["x-request-id"] != again.headers["x-request-id"]
        assert await _count(gateway) == 1
        conflict = await gateway.client.post("/v1/sessions", json={**PINNED, "ttlSeconds": 5}, headers=headers)
        assert (conflict.status_code, conflict.json()["code"]) == (409, "IDEMPOTENCY_CONFLICT")
        other = await _create(gateway, PINNED, headers={"idempotency-key": "key-2"})
        assert other["sessionId"] != first.json()["sessionId"]
        async with gateway.gateway.store._database.read() as connection:
            stored = str((await connection.execute(text("SELECT * FROM session_idempotency"))).all())
        assert first.json()["wsToken"] not in stored


async def test_many_at_once_with_one_key_make_one_session(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of("alpha"), keys=("alpha",)) as gateway:
        answers = await asyncio.gather(*(_create(gateway, PINNED, headers={"idempotency-key": "k"}) for _ in range(20)))
        assert len({answer["wsToken"] for answer in answers}) == 1
        assert await _count(gateway) == 1


async def test_a_refused_request_keeps_no_key(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of("alpha"), keys=("alpha",)) as gateway:
        await _create(gateway, {"mode": "s2s"}, 400, headers={"idempotency-key": "k"})
        await _create(gateway, PINNED, headers={"idempotency-key": "k"})


async def test_what_was_granted_once_is_granted_again(tmp_path: Path) -> None:
    key = {"idempotency-key": "k"}
    async with running(tmp_path, registry_of("alpha"), keys=("alpha",)) as gateway:
        made = await _create(gateway, PINNED, headers=key)
    async with running(tmp_path, registry_of("alpha")) as gateway:
        again = await _create(gateway, PINNED, headers=key)
        assert (again["sessionId"], again["wsToken"]) == (made["sessionId"], made["wsToken"])
        await _create(gateway, ROUTED, 409, headers=key)
        await _create(gateway, PINNED, 500, headers={"idempotency-key": "another"})


async def test_a_key_is_the_organizations_own(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of("alpha"), keys=("alpha",)) as gateway:
        store = gateway.gateway.store
        _, other = await store.create_api_key((await store.create_organization("Other")).id, "test")
        mine = await _create(gateway, PINNED, headers={"idempotency-key": "k"})
        theirs = await _create(gateway, PINNED, headers={"idempotency-key": "k", "authorization": f"Bearer {other}"})
        assert mine["sessionId"] != theirs["sessionId"]


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "\u00e9"])
async def test_a_key_that_is_none(tmp_path: Path, key: str) -> None:
    async with running(tmp_path, registry_of("alpha"), keys=("alpha",)) as gateway:
        answer = await gateway.client.post("/v1/sessions", json=PINNED, headers={b"idempotency-key": key.encode()})
        assert answer.status_code == 400
        assert answer.json()["issues"][0]["path"] == "Idempotency-Key"


# The socket's address.


async def test_the_address_of_the_socket(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"trusted_proxies": ("127.0.0.0/8", "::1")}
    async with running(tmp_path, registry_of("alpha"), keys=("alpha",), **settings) as gateway:
        forwarded = {"x-forwarded-proto": "https", "x-forwarded-host": "voice.example"}
        made = await _create(gateway, PINNED, headers=forwarded)
        assert made["wsUrl"] == f"wss://voice.example/v1/realtime/{made['sessionId']}/ws"
        made = await _create(gateway, PINNED, headers={"host": "gw.test:81"})
        assert made["wsUrl"].startswith("ws://gw.test:81/v1/")
        for host in ("x@y", ""):
            made = await _create(gateway, PINNED, headers={"host": host})
            assert made["wsUrl"].startswith(gateway.url.replace("http", "ws"))


async def test_forwarded_headers_of_strangers_count_for_nothing(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of("alpha"), keys=("alpha",)) as gateway:
        forwarded = {"x-forwarded-proto": "https", "x-forwarded-host": "evil.test"}
        made = await _create(gateway, PINNED, headers=forwarded)
        assert made["wsUrl"].startswith(gateway.url.replace("http", "ws"))


async def test_two_gateways_with_one_master_key_read_each_others_tokens(tmp_path: Path) -> None:
    key = "A" * 43 + "="
    async with (
        running(tmp_path / "a", registry_of("alpha"), keys=("alpha",), master_key=key) as one,
        running(tmp_path / "b", registry_of("alpha"), keys=("alpha",), master_key=key) as two,
        running(tmp_path / "c", registry_of("alpha"), keys=("alpha",)) as stranger,
    ):
        token = (await _create(one, PINNED))["wsToken"]
        now = datetime.now(UTC)
        assert two.gateway.session_tokens.read(token, now) is not None
        assert stranger.gateway.session_tokens.read(token, now) is None
        assert SessionTokens(bytes(32)).read(token, now) is None, "not signed with the master key itself"
