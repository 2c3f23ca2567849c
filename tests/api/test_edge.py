"""Authentication, ids, CORS, the envelope: what holds on every path."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.api.running import running
from tests.api.vendors import Scripted, registry_of


async def test_keys(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha"))) as gateway:
        probe = "/v1/organization"
        for header in (b"", b"Bearer", b"Basic abc", b"Bearer sk_live_" + b"0" * 48, b"Bearer sk_live_\xff\xfe", b"x"):
            answer = await gateway.client.get(probe, headers=[(b"authorization", header)])
            assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED"), header
        answer = await gateway.client.get(probe, headers={"authorization": f"bEaReR {gateway.key}"})
        assert answer.status_code == 200
        assert set(answer.json()) == {"id", "name", "slug", "createdAt", "metadata"}


async def test_every_answer_carries_its_ids(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha"))) as gateway:
        for path in ("/v1/organization", "/nowhere", "/healthz", "/v1/benchmarks/stack"):
            answer = await gateway.client.get(path, headers={"x-request-id": "mine-1"})
            assert answer.headers["x-request-id"] == "mine-1"
            assert len(answer.headers["x-trace-id"]) == 32
        answer = await gateway.client.get("/healthz", headers={"x-request-id": "not sane \t!" + "x" * 99})
        assert answer.headers["x-request-id"].startswith("req_")
        trace = "0af7651916cd43dd8448eb211c80319c"
        answer = await gateway.client.get("/healthz", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
        assert answer.headers["x-trace-id"] == trace


async def test_unknown_paths_and_methods_answer_in_the_envelope(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha"))) as gateway:
        answer = await gateway.client.get("/v1/nothing")
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
        answer = await gateway.client.get("/v1/complete")
        assert (answer.status_code, answer.json()["code"]) == (405, "METHOD_NOT_ALLOWED")
        assert "POST" in answer.headers["allow"]


async def test_a_crash_is_an_envelope_without_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha"))) as gateway:

        def crash(*_: Any) -> Any:
            raise RuntimeError("secret words")

        monkeypatch.setattr(gateway.gateway.router, "chain", crash)
        monkeypatch.setattr(gateway.gateway.router, "scored_models", crash)
        answer = await gateway.client.get("/v1/benchmarks/stack?language=en")
        assert (answer.status_code, answer.json()["code"]) == (500, "PROVIDER_SELECTION_FAILED")
        answer = await gateway.client.get("/v1/providers/known")
        assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL_ERROR")
        assert "secret words" not in answer.text + caplog.text
        assert any(getattr(r, "type", "") == "RuntimeError" for r in caplog.records)


async def test_cors(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha")), cors_origins=("https://a.example",)) as gateway:
        preflight = {"origin": "https://a.example", "access-control-request-method": "POST"}
        answer = await gateway.client.options("/v1/complete", headers=preflight)
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "https://a.example"
        for name in ("x-speko-intent", "x-session-id", "idempotency-key"):
            assert name in answer.headers["access-control-allow-headers"]
        answer = await gateway.client.get("/nowhere", headers={"origin": "https://a.example"})
        assert "x-speko-provider" in answer.headers["access-control-expose-headers"]
        answer = await gateway.client.get("/healthz", headers={"origin": "https://evil.example"})
        assert "access-control-allow-origin" not in answer.headers


async def test_health(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha"))) as gateway:
        anonymous = {"authorization": ""}
        assert (await gateway.client.get("/healthz", headers=anonymous)).status_code == 200
        assert (await gateway.client.get("/readyz", headers=anonymous)).json() == {"status": "ready"}
        gateway.gateway.warm = False
        answer = await gateway.client.get("/readyz", headers=anonymous)
        assert (answer.status_code, answer.json()) == (503, {"status": "not ready", "reason": "starting"})
        gateway.gateway.warm = True
        gateway.gateway.drain()
        answer = await gateway.client.get("/readyz", headers=anonymous)
        assert (answer.status_code, answer.json()) == (503, {"status": "not ready", "reason": "draining"})


@pytest.mark.parametrize("broken", ["_watch", "ledger"])
async def test_a_database_that_is_away_keeps_nobody_from_being_served(
    tmp_path: Path, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha"))) as gateway:
        part = type(getattr(gateway.gateway.store, broken))
        away = property(lambda self: "the database does not answer", lambda self, value: None)
        monkeypatch.setattr(part, "problem", away, raising=False)
        answer = await gateway.client.get("/readyz")
        assert (answer.status_code, answer.json()) == (
            200,
            {"status": "ready", "problem": "the database does not answer"},
        )


async def test_metrics_are_for_this_machine_or_the_admin(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha")), admin_token="admin-secret") as gateway:
        body = {"messages": [{"role": "user", "content": "hi"}], "intent": {"language": "en"}}
        await gateway.client.post("/v1/complete", json=body)
        answer = await gateway.client.get("/metrics")
        assert "speko_calls_in_flight 0.0" in answer.text
        forwarded = {"x-forwarded-for": "203.0.113.9"}
        assert (await gateway.client.get("/metrics", headers=forwarded)).status_code == 401
        admin = {**forwarded, "authorization": "Bearer admin-secret"}
        assert (await gateway.client.get("/metrics", headers=admin)).status_code == 200


async def test_openapi(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha"))) as gateway:
        document = (await gateway.client.get("/v1/openapi.json", headers={"authorization": ""})).json()
        assert document["openapi"].startswith("3.1")
        complete = document["paths"]["/v1/complete"]["post"]
        assert complete["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("CompleteBody")
        assert "audio/wav" in document["paths"]["/v1/transcribe"]["post"]["requestBody"]["content"]
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                assert operation["responses"], (path, method)


async def test_api_keys(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha"))) as gateway:
        made = (await gateway.client.post("/v1/api-keys", json={"name": " ci "})).json()
        assert made["name"] == "ci"
        assert made["key"].startswith("sk_live_")
        assert made["keyPrefix"] == made["key"][:15] + "..."
        mine = {"authorization": f"Bearer {made['key']}"}
        assert (await gateway.client.get("/v1/organization", headers=mine)).status_code == 200
        listed = (await gateway.client.get("/v1/api-keys")).json()
        assert {key["id"] for key in listed} >= {made["id"]}
        assert made["key"] not in str(listed)
        for _ in range(2):
            answer = await gateway.client.delete(f"/v1/api-keys/{made['id']}")
            assert answer.json() == {"id": made["id"], "revoked": True}
        assert (await gateway.client.get("/v1/organization", headers=mine)).status_code == 401
        assert (await gateway.client.delete("/v1/api-keys/key_unknown")).status_code == 404
        for name in ("", "  ", "x" * 101, None):
            assert (await gateway.client.post("/v1/api-keys", json={"name": name})).status_code == 400


async def test_usage_ranges(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha"))) as gateway:
        for query in ("from=yesterday", "to=x", "from=2026-02-01&to=2026-01-01"):
            answer = await gateway.client.get(f"/v1/usage?{query}")
            assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
        answer = await gateway.client.get("/v1/usage?from=2026-01-01T00:00:00%2B02:00&to=2026-01-02")
        assert answer.json()["breakdown"] == []
        assert answer.json()["balanceMicroUsd"] == "0"


async def test_provider_keys(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha"))) as gateway:
        rows = (await gateway.client.get("/v1/providers")).json()
        assert [(r["key"], r["type"], r["configured"], r["source"]) for r in rows] == [
            ("alpha", "stt", False, None),
            ("alpha", "llm", False, None),
            ("alpha", "tts", False, None),
        ]
        await gateway.client.put("/v1/providers", json={"provider": "alpha", "apiKey": "own-secret-key"})
        answer = await gateway.client.get("/v1/providers")
        assert [(r["configured"], r["source"]) for r in answer.json()] == [(True, "BYOK")] * 3
        assert "own-secret-key" not in answer.text
        for bad in ({"provider": "nobody", "apiKey": "x"}, {"provider": "alpha", "apiKey": " "}, {"provider": "alpha"},
                    {"provider": "alpha", "apiKey": "line\nbreak"}, {"provider": "", "apiKey": "x"}):  # fmt: skip
            answer = await gateway.client.put("/v1/providers", json=bad)
            assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR"), bad
        for _ in range(2):
            answer = await gateway.client.delete("/v1/providers/alpha")
            assert answer.json() == {"provider": "alpha", "configured": False}
        assert (await gateway.client.delete("/v1/providers/nobody")).status_code == 404
        known = (await gateway.client.get("/v1/providers/known")).json()
        assert [entry["id"] for entry in known["llm"]] == ["alpha", "alpha:brain"]
        assert known["s2s"] == []


async def test_what_rows_of_vendors_declare(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        rows = (await gateway.client.get("/v1/providers")).json()
        embedded = {row["key"] for row in rows if row["embedded"]}
        assert embedded >= {"pocketsphinx", "flite", "espeak", "speko"}
        assert embedded.isdisjoint({"openai", "ollama", "deepgram"})
        models = {(row["key"], row["type"], model["id"]): model for row in rows for model in row["models"]}
        assert [key for key, model in models.items() if model["composite"]] == [("speko", "s2s", "cascade")]
        assert "marin" in models["openai", "s2s", "gpt-realtime"]["capabilities"]["voices"]
        assert "voices" not in models["openai", "llm", "gpt-4.1-mini"]["capabilities"]


async def test_voices(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha"), Scripted("beta"))) as gateway:
        found = (await gateway.client.get("/v1/voices?provider=beta-tts")).json()
        assert found["voices"] == [{"vendor": "beta", "id": "beta-voice", "name": "Voice"}]
        assert found["providers"] == [{"key": "beta", "name": "Beta", "models": ["mouth"], "voicesFetchedLive": False}]
        assert (await gateway.client.get("/v1/voices?provider=x")).json() == {"voices": [], "providers": []}


async def test_a_preview_and_the_call_after_it_agree(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha"), Scripted("beta")), keys=("beta",)) as gateway:
        found = (await gateway.client.get("/v1/benchmarks/stack?language=en&explain=1")).json()
        assert found["intent"] == {"language": "en", "region": "global", "optimizeFor": "balanced"}
        assert found["llm"]["scoresRunId"].startswith("published_")
        usable = [e for e in [found["llm"], *found["llm"]["runnersUp"]] if e["usable"]]
        assert [(e["providerId"], e["score"], e["health"]) for e in usable] == [("beta", None, "closed")]
        assert found["scoresRunId"] == found["stt"]["scoresRunId"]
        body = {"messages": [{"role": "user", "content": "hi"}], "intent": {"language": "en"}}
        answer = await gateway.client.post("/v1/complete", json=body)
        assert answer.headers["x-speko-provider"] == "beta"
        assert answer.headers["x-speko-scores-run-id"] == usable[0]["scoresRunId"]


@pytest.mark.parametrize(
    "query", ["", "language=", "language=klingon", "language=en&optimize_for=x", "language=en&allow=nonsense"]
)
async def test_bad_previews(tmp_path: Path, query: str) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha"))) as gateway:
        answer = await gateway.client.get(f"/v1/benchmarks/stack?{query}")
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_INTENT")


async def test_requests_of_others_are_unknown(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    async with running(tmp_path, registry_of(alpha), keys=("alpha",)) as gateway:
        body = {"messages": [{"role": "user", "content": "hi"}], "intent": {"language": "en"}}
        request_id = (await gateway.client.post("/v1/complete", json=body)).headers["x-request-id"]
        assert len(await gateway.attempts(request_id)) == 1
        other = await gateway.gateway.store.create_organization("Other")
        _, key = await gateway.gateway.store.create_api_key(other.id, "x")
        theirs = {"authorization": f"Bearer {key}"}
        answer = await gateway.client.get(f"/v1/requests/{request_id}", headers=theirs)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


async def test_garbage_on_the_socket_harms_nobody(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha"))) as gateway:
        host, port = gateway.url.removeprefix("http://").split(":")
        for garbage in (b"\0" * 1000, b"GET / HTTP/9.9\r\n\r\n", b"GET /%ff%fe HTTP/1.1\r\nhost: x\r\n\r\n"):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(garbage)
            assert (await asyncio.wait_for(reader.read(12), 5)).startswith(b"HTTP/1.1 4")
            writer.close()
        assert (await gateway.client.get("/healthz")).status_code == 200
