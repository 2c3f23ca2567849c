"""Every resource method of both clients: what it asks for and what comes back."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from speko import AsyncSpeko, S2sParams, SessionParams, SpekoApiError
from speko.client._async.resources import AsyncResource
from tests.client.conftest import Client
from tests.client.gateway import ScriptedGateway, json_reply

TIME = "2026-01-31T12:30:00.000Z"


@dataclass
class Case:
    """A call, the request it makes, an answer as the contract writes it, and something of the result."""

    call: Callable[[Any], Any]
    method: str
    target: str
    answer: Any
    shows: Callable[[Any], Any]
    shown: Any
    body: Any = None


KEY = {"id": "key_1", "name": "ci", "keyPrefix": "sk_live_abc1234...", "createdAt": TIME}
STATUS = {"key": "openai", "name": "OpenAI", "type": "stt", "configured": True, "source": "BYOK", "updatedAt": TIME}
ENTRY = {"id": "openai", "vendor": "openai", "vendorName": "OpenAI", "model": None, "benchmarked": True}
CANDIDATE = {"providerId": "flite", "modelId": "kal", "score": 0.4321, "scoresRunId": "run_1", "usable": True}
AXIS = {"name": "quality", "raw": 5.5, "norm": 1.0, "weight": 0.5}
STACK = {
    "intent": {"language": "en", "region": "global", "optimizeFor": "balanced"},
    "scoresRunId": "run_1",
    "stt": None,
    "llm": None,
    "tts": {
        **CANDIDATE,
        "health": "closed",
        "axes": [AXIS],
        "runnersUp": [{"providerId": "espeak", "modelId": "ng", "score": None}],
    },
    "s2s": None,
    "filtered_out": [
        {"modality": "stt", "providerId": "a", "modelId": "b", "mode": "batch", "reason": "no data", "new": 1}
    ],
    "notes": ["a note"],
}
SCORE = {
    "snapshotId": "run_1",
    "modality": "tts",
    "provider": "flite",
    "providerName": "Flite",
    "model": "kal",
    "voice": "kal",
    "language": "en",
    "region": "global",
    "mode": "batch",
    "qualityMetric": "round_trip_cer_pct",
    "quality": None,
    "latencyMetric": "ttfb_p50_ms",
    "latencyMs": 12.5,
    "costUsdPerMinute": 0,
    "status": "production",
    "note": None,
}
ATTEMPT = {
    "provider": "flite",
    "model": "kal",
    "modality": "tts",
    "endpoint": "synthesize",
    "position": 1,
    "outcome": "failed",
    "cause": "timeout",
    "status": None,
    "keySource": "MANAGED",
    "startedAt": TIME,
    "firstByteMs": None,
    "totalMs": 8000.5,
    "costMicroUsd": "12",
    "message": None,
    "scoresRunId": "run_1",
}

SESSION = {"sessionId": "s1", "createdAt": TIME, "status": "active", "kind": "s2s", "pipelineConfig": {"agentId": None}}
TURN = {
    "id": "t1",
    "index": 1,
    "source": "agent",
    "text": "Hello.",
    "startedAt": TIME,
    "endedAt": None,
    "provider": "rules",
    "eouMs": 301.5,
    "latencyStatus": "complete",
    "toolCalls": [{"name": "clock", "args": "{}"}],
}

POINT = {"date": "2026-03-14", "provider": "flite", "metric": "tts_characters", "keySource": "MANAGED"}
TRIED = {"date": "2026-03-14", "provider": "flite", "made": 3, "served": 1, "failed": 1, "cancelled": 1}

LIMITED = {
    "id": "org_1",
    "requestsPerMinute": {"limit": 60, "used": 2},
    "concurrentSessions": {"limit": None, "used": 1},
    "monthlySpend": {"limitMicroUsd": None, "usedMicroUsd": "5", "resetsAt": TIME},
}
CREDIT = {"id": "use_1", "kind": "debit", "amountMicroUsd": "-20", "createdAt": TIME}

CASES = {
    "limits.get": Case(
        lambda speko: speko.limits.get(),
        "GET",
        "/v1/limits",
        {"apiKey": None, "organization": LIMITED, "creditsEnforced": True},
        lambda found: (
            found.api_key,
            found.organization.requests_per_minute.limit,
            found.organization.concurrent_sessions.limit,
            found.organization.monthly_spend.used_micro_usd,
            found.credits_enforced,
        ),
        (None, 60, None, "5", True),
    ),
    "credits.get_balance": Case(
        lambda speko: speko.credits.get_balance(),
        "GET",
        "/v1/credits/balance",
        {"balanceUsd": 1.5, "balanceMicroUsd": "1500000", "currency": "USD", "updatedAt": TIME},
        lambda balance: (balance.balance_usd, balance.balance_micro_usd, balance.currency, balance.updated_at),
        (1.5, "1500000", "USD", TIME),
    ),
    "credits.get_ledger": Case(
        lambda speko: speko.credits.get_ledger(limit=2, cursor="abc", kind="debit,grant"),
        "GET",
        "/v1/credits/ledger?limit=2&cursor=abc&kind=debit%2Cgrant",
        {"entries": [{**CREDIT, "metric": "llm_tokens", "provider": "openai"}], "nextCursor": None},
        lambda page: ([(e.kind, e.amount_micro_usd, e.metric, e.session_id) for e in page.entries], page.next_cursor),
        ([("debit", "-20", "llm_tokens", None)], None),
    ),
    "usage.series": Case(
        lambda speko: speko.usage.series(from_date="2026-03-14", to_date="2026-03-15"),
        "GET",
        "/v1/usage/series?from=2026-03-14&to=2026-03-15",
        {
            "from": TIME,
            "to": TIME,
            "usage": [{**POINT, "quantity": 5, "cost": 0.25, "costMicroUsd": "250000", "calls": 2}],
            "attempts": [TRIED],
        },
        lambda series: (
            series.from_date,
            [(point.type, point.cost_micro_usd, point.calls) for point in series.usage],
            [point.made for point in series.attempts],
        ),
        (TIME, [(None, 250_000, 2)], [3]),
    ),
    "usage.get": Case(
        lambda speko: speko.usage.get(from_date=datetime(2026, 1, 31, 12, 30, tzinfo=UTC), to_date="2026-02-01T00:00Z"),
        "GET",
        "/v1/usage?from=2026-01-31T12%3A30%3A00.000Z&to=2026-02-01T00%3A00Z",
        {
            "totalSessions": 2,
            "totalMinutes": 1.5,
            "totalCost": 0.25,
            "minutesCost": None,
            "breakdown": [
                {"provider": "flite", "type": "tts", "metric": "tts_characters", "keySource": "MANAGED", "quantity": 7}
            ],
            "balanceUsd": 0,
            "balanceMicroUsd": "0",
            "currency": "USD",
        },
        lambda usage: (usage.total_minutes, usage.balance_micro_usd, usage.breakdown[0].key_source),
        (1.5, "0", "MANAGED"),
    ),
    "voices.list": Case(
        lambda speko: speko.voices.list(provider="flite"),
        "GET",
        "/v1/voices?provider=flite",
        {
            "voices": [{"vendor": "flite", "id": "kal", "name": "Kal"}],
            "providers": [{"key": "flite", "name": "Flite", "models": ["kal"], "voicesFetchedLive": True}],
        },
        lambda voices: (voices.voices[0].id, voices.providers[0].voices_fetched_live),
        ("kal", True),
    ),
    "providers.list": Case(
        lambda speko: speko.providers.list(),
        "GET",
        "/v1/providers",
        [
            STATUS,
            {
                **STATUS,
                "type": "tts",
                "embedded": True,
                "models": [{"id": "tts-1", "capabilities": ["speed"], "composite": True}],
            },
        ],
        lambda statuses: [
            (
                status.type,
                status.updated_at,
                status.embedded,
                status.models and (status.models[0].id, status.models[0].composite),
            )
            for status in statuses
        ],
        [("stt", TIME, False, None), ("tts", TIME, True, ("tts-1", True))],
    ),
    "providers.known": Case(
        lambda speko: speko.providers.known(),
        "GET",
        "/v1/providers/known",
        {"stt": [ENTRY], "llm": [], "tts": []},
        lambda known: (known.stt[0].vendor_name, known.stt[0].benchmarked, known.s2s),
        ("OpenAI", True, []),
    ),
    "providers.set": Case(
        lambda speko: speko.providers.set("openai", "sk-1"),
        "PUT",
        "/v1/providers",
        {"provider": "openai", "configured": True},
        lambda status: (status.provider, status.configured),
        ("openai", True),
        body={"provider": "openai", "apiKey": "sk-1"},
    ),
    "providers.delete": Case(
        lambda speko: speko.providers.delete("a/b?c d"),
        "DELETE",
        "/v1/providers/a%2Fb%3Fc%20d",
        {"provider": "openai", "configured": False},
        lambda status: status.configured,
        False,
    ),
    "providers.test": Case(
        lambda speko: speko.providers.test("a/b"),
        "POST",
        "/v1/providers/a%2Fb/test",
        {
            "provider": "a/b",
            "ok": False,
            "source": "BYOK",
            "checkedAt": TIME,
            "latencyMs": 81.5,
            "status": 401,
            "message": "Acme rejects the key: HTTP 401",
            "models": None,
        },
        lambda test: (test.ok, test.source, test.checked_at, test.latency_ms, test.status, test.message, test.models),
        (False, "BYOK", TIME, 81.5, 401, "Acme rejects the key: HTTP 401", None),
    ),
    "benchmarks.scores": Case(
        lambda speko: speko.benchmarks.scores(modality="tts", language="en"),
        "GET",
        "/v1/benchmarks/scores?modality=tts&language=en",
        {"snapshots": [{"id": "run_1", "date": None, "source": None, "own": True}], "rows": [SCORE]},
        lambda scores: (
            scores.snapshots[0].own,
            scores.snapshots[0].date,
            scores.rows[0].provider_name,
            scores.rows[0].quality,
            scores.rows[0].latency_ms,
            scores.rows[0].cost_usd_per_minute,
        ),
        (True, None, "Flite", None, 12.5, 0.0),
    ),
    "benchmarks.stack": Case(
        lambda speko: speko.benchmarks.stack("en", "us-east4", "latency", explain=True),
        "GET",
        "/v1/benchmarks/stack?language=en&region=us-east4&optimize_for=latency&explain=1",
        STACK,
        lambda stack: (
            stack.stt,
            stack.tts.score,
            stack.tts.axes[0].norm,
            stack.tts.runners_up[0].score,
            stack.filtered_out[0].reason,
            stack.intent.optimize_for,
        ),
        (None, 0.4321, 1.0, None, "no data", "balanced"),
    ),
    "api_keys.list": Case(
        lambda speko: speko.api_keys.list(),
        "GET",
        "/v1/api-keys",
        [{**KEY, "scopes": [], "revoked": True, "lastUsedAt": None}],
        lambda keys: [(key.key_prefix, key.revoked, key.last_used_at) for key in keys],
        [("sk_live_abc1234...", True, None)],
    ),
    "api_keys.create": Case(
        lambda speko: speko.api_keys.create("ci"),
        "POST",
        "/v1/api-keys",
        {**KEY, "key": "sk_live_secret"},
        lambda key: (key.key, "sk_live_secret" in repr(key)),
        ("sk_live_secret", False),
        body={"name": "ci"},
    ),
    "api_keys.revoke": Case(
        lambda speko: speko.api_keys.revoke("key_1"),
        "DELETE",
        "/v1/api-keys/key_1",
        {"id": "key_1", "revoked": True},
        lambda key: key.revoked,
        True,
    ),
    "organization.get": Case(
        lambda speko: speko.organization.get(),
        "GET",
        "/v1/organization",
        {"id": "org_1", "name": "A", "slug": "a", "createdAt": TIME, "metadata": {"snake_case": 1}},
        lambda organization: (organization.created_at, organization.metadata),
        (TIME, {"snake_case": 1}),
    ),
    "requests.get": Case(
        lambda speko: speko.requests.get("req_1"),
        "GET",
        "/v1/requests/req_1",
        {"requestId": "req_1", "attempts": [ATTEMPT]},
        lambda request: (request.request_id, request.attempts[0].total_ms, request.attempts[0].cost_micro_usd),
        ("req_1", 8000.5, 12),
    ),
    "sessions.create": Case(
        lambda speko: speko.sessions.create(
            {
                "intent": {"language": "en", "region": None},
                "first_message": None,
                "ttl_seconds": 60,
                "variables": {"user_name": "Ada"},
            },
            idempotency_key="once",
        ),
        "POST",
        "/v1/sessions",
        {
            "sessionId": "s1",
            "transportToken": "secret",
            "transportUrl": "wss://rooms",
            "conversationToken": "secret",
            "livekitUrl": "wss://rooms",
            "roomName": "speko_s1",
            "identity": "user_1",
            "expiresAt": TIME,
        },
        lambda session: (session.mode, session.room_name, "secret" in repr(session)),
        ("cascade", "speko_s1", False),
        body={
            "intent": {"language": "en"},
            "firstMessage": None,
            "ttlSeconds": 60,
            "variables": {"user_name": "Ada"},
        },
    ),
    "sessions.list": Case(
        lambda speko: speko.sessions.list(
            cursor="c1", limit=2, status="ended", kind="s2s", agent="ag_1", from_date=datetime(2026, 1, 31, tzinfo=UTC)
        ),
        "GET",
        "/v1/sessions?cursor=c1&limit=2&status=ended&kind=s2s&agent=ag_1&from=2026-01-31T00%3A00%3A00.000Z",
        {"entries": [SESSION], "nextCursor": None},
        lambda page: (page.entries[0].pipeline_config, page.next_cursor),
        ({"agentId": None}, None),
    ),
    "sessions.get": Case(
        lambda speko: speko.sessions.get("s/1"),
        "GET",
        "/v1/sessions/s%2F1",
        {**SESSION, "recordingStatus": None, "endedAt": TIME, "metadata": {"snake_case": 1}, "requestId": "req_7"},
        lambda session: (session.status, session.ended_at, session.metadata, session.request_id),
        ("active", TIME, {"snake_case": 1}, "req_7"),
    ),
    "sessions.transcript": Case(
        lambda speko: speko.sessions.transcript("s1"),
        "GET",
        "/v1/sessions/s1/transcript",
        {"entries": [TURN]},
        lambda transcript: [(turn.text, turn.eou_ms, turn.tool_calls[0]["name"]) for turn in transcript.entries],
        [("Hello.", 301.5, "clock")],
    ),
    "sessions.delete": Case(
        lambda speko: speko.sessions.delete("s1"),
        "DELETE",
        "/v1/sessions/s1",
        {"id": "s1", "deleted": True},
        lambda gone: (gone.id, gone.deleted),
        ("s1", True),
    ),
    "sessions.turns": Case(
        lambda speko: speko.sessions.turns("s1"),
        "GET",
        "/v1/sessions/s1/turns",
        {
            "entries": [
                {
                    "index": 0,
                    "startedAt": TIME,
                    "interrupted": True,
                    "stages": [{"stage": "stt_final", "ms": -3, "provider": "p", "model": None}],
                }
            ]
        },
        lambda turns: [(turn.interrupted, turn.stages[0].stage, turn.stages[0].ms) for turn in turns.entries],
        [(True, "stt_final", -3.0)],
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_resource(speko: Client, gateway: ScriptedGateway, name: str) -> None:
    case = CASES[name]
    gateway.replies.append(json_reply(case.answer, 201 if case.method == "POST" else 200))
    result = await speko.call(case.call)
    assert case.shows(result) == case.shown
    [sent] = gateway.received
    assert (sent.method, sent.target) == (case.method, case.target)
    assert (sent.json if sent.body else None) == case.body


@pytest.mark.parametrize("name", CASES)
async def test_a_refusal_is_an_error(speko: Client, gateway: ScriptedGateway, name: str) -> None:
    gateway.replies.append(json_reply({"error": "No.", "code": "NOT_FOUND"}, 404))
    with pytest.raises(SpekoApiError) as caught:
        await speko.call(CASES[name].call)
    assert (caught.value.status, caught.value.code) == (404, "NOT_FOUND")


async def test_defaults_send_no_query(speko: Client, gateway: ScriptedGateway) -> None:
    gateway.replies.extend([json_reply({}), json_reply({}), json_reply(STACK)])
    await speko.call(lambda client: client.usage.get())
    await speko.call(lambda client: client.voices.list())
    await speko.call(lambda client: client.benchmarks.stack("en"))
    targets = [received.target for received in gateway.received]
    assert targets == ["/v1/usage", "/v1/voices", "/v1/benchmarks/stack?language=en"]


async def test_a_session_over_a_socket(speko: Client, gateway: ScriptedGateway) -> None:
    answer = {"mode": "s2s", "sessionId": "s1", "wsUrl": "ws://x", "wsToken": "secret", "outputSampleRate": 16000}
    gateway.replies.append(json_reply(answer, 201))
    params = SessionParams(
        mode="s2s",
        s2s=S2sParams(provider="acme", model="m", input_sample_rate=16000),
        constraints={"allowed_providers": {"s2s": ["acme"], "llm": None}},
    )
    session = await speko.call(lambda client: client.sessions.create(params))
    assert (session.mode, session.ws_token, session.input_sample_rate) == ("s2s", "secret", 24000)
    assert "secret" not in repr(session)
    assert gateway.received[0].json == {
        "mode": "s2s",
        "s2s": {"provider": "acme", "model": "m", "inputSampleRate": 16000},
        "constraints": {"allowedProviders": {"s2s": ["acme"]}},
    }
    assert "idempotency-key" not in gateway.received[0].headers


@pytest.mark.parametrize(("member", "found"), [({"requestId": "req_7"}, "req_7"), ({}, "req_8")])
async def test_a_sessions_request_is_the_one_that_made_it(
    speko: Client, gateway: ScriptedGateway, member: dict[str, str], found: str
) -> None:
    answer = {"mode": "s2s", "sessionId": "s1", "wsUrl": "ws://x", "wsToken": "t", **member}
    gateway.replies.append(json_reply(answer, 201, x_request_id="req_8"))
    session = await speko.call(lambda client: client.sessions.create({"mode": "s2s"}))
    assert session.request_id == found


async def test_every_method_is_tested() -> None:
    client = AsyncSpeko(api_key="sk_live_1")
    methods = {
        f"{attribute}.{name}"
        for attribute, resource in vars(client).items()
        if isinstance(resource, AsyncResource)
        for name, _ in inspect.getmembers(resource, inspect.iscoroutinefunction)
    }
    await client.close()
    assert methods == CASES.keys()
