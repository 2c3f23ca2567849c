"""Every resource method of both clients: what it asks for and what comes back."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from speko import AsyncSpeko, SpekoApiError
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

CASES = {
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
        [STATUS, {**STATUS, "type": "tts", "models": [{"id": "tts-1", "capabilities": ["speed"]}]}],
        lambda statuses: [
            (status.type, status.updated_at, status.models and status.models[0].id) for status in statuses
        ],
        [("stt", TIME, None), ("tts", TIME, "tts-1")],
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
