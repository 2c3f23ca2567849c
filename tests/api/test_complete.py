"""`POST /v1/complete` over a real socket."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from speko.providers.errors import (
    CallerError,
    ConnectFailed,
    ConnectionLost,
    CredentialRejected,
    MalformedResponse,
    ProviderUnavailable,
    RateLimited,
)
from speko.providers.llm import TextDelta, ToolCall
from tests.api.running import events, running, until
from tests.api.vendors import Scripted, Step, registry_of

BODY: dict[str, Any] = {"messages": [{"role": "user", "content": "hi"}], "intent": {"language": "en"}}
FAST: dict[str, Any] = {"connect_timeout": 2.5, "first_byte_timeout": 2.5, "gap_timeout": 2.5}
"""Seconds in which whoever is well has answered, however loaded the machine is."""
BOTH = ("alpha", "beta")


async def test_the_answer(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    async with running(tmp_path, registry_of(alpha), keys=("alpha",)) as gateway:
        answer = await gateway.client.post("/v1/complete", json=BODY)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream"
        assert answer.headers["x-speko-provider"] == "alpha"
        assert answer.headers["x-speko-model"] == "brain"
        assert answer.headers["x-speko-failover-count"] == "0"
        run_id = answer.headers["x-speko-scores-run-id"]
        meta = {"provider": "alpha", "model": "brain", "failoverCount": 0, "scoresRunId": run_id}
        assert events(answer.text) == [
            ("meta", {**meta, "totalFailoverCount": 0, "hop": 0}),
            ("delta", {"text": "hello "}),
            ("delta", {"text": "from "}),
            ("delta", {"text": "alpha"}),
            ("done", {**meta, "text": "hello from alpha", "usage": {"promptTokens": 10, "completionTokens": 5}}),
        ]
        (row,) = await gateway.usage()
        assert row == {
            "provider": "alpha",
            "type": "llm",
            "metric": "llm_tokens",
            "keySource": "MANAGED",
            "chargeKind": "add_on",
            "quantity": 15.0,
            "cost": 20e-6,
        }


async def test_what_the_model_is_asked(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    body = {
        **BODY,
        "systemPrompt": "be brief",
        "temperature": 0.5,
        "maxTokens": 7,
        "tools": [{"name": "look", "description": "looks", "parameters": {"type": "object"}, "preToolSpeech": "never"}],
        "toolChoice": {"type": "function", "function": {"name": "look"}},
        "parallelToolCalls": False,
        "unknown": 1,
        "messages": [
            {"role": "assistant", "content": "", "toolCalls": [{"id": "c1", "name": "look", "args": "{}"}]},
            {"role": "assistant", "content": "ok", "toolCalls": None, "isError": None},
            {"role": "tool", "content": "nothing there", "toolCallId": "c1", "isError": True},
        ],
    }
    async with running(tmp_path, registry_of(alpha), keys=("alpha",)) as gateway:
        assert (await gateway.client.post("/v1/complete", json=body)).status_code == 200
    request = alpha.requests[0]
    assert request.model == "brain"
    assert (request.system_prompt, request.temperature, request.max_tokens) == ("be brief", 0.5, 7)
    assert request.messages[0].tool_calls[0].args == "{}"
    assert request.messages[2].is_error
    assert request.tool_choice.function.name == "look"
    assert request.parallel_tool_calls is False
    assert alpha.calls[0].credential.api_key == "platform-key-of-alpha"


async def test_tool_calls_are_handed_back(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    alpha.llm = [[ToolCall("c1", "look", '{"a":1}')]]
    tool = {"name": "look", "description": "looks", "parameters": {"type": "object"}}
    async with running(tmp_path, registry_of(alpha), keys=("alpha",)) as gateway:
        answer = await gateway.client.post("/v1/complete", json={**BODY, "tools": [tool]})
    names = [name for name, _ in events(answer.text)]
    assert names == ["meta", "tool_call", "done"]
    done = events(answer.text)[-1][1]
    assert done["toolCalls"] == [{"id": "c1", "name": "look", "args": '{"a":1}'}]


FAULTS_BEFORE: list[tuple[list[Step], str]] = [
    ([ConnectFailed("refused")], "connect"),
    ([None], "timeout"),
    ([[TextDelta("")], ConnectionLost("cut")], "connection_lost"),
    ([MalformedResponse("not JSON")], "malformed"),
    ([], "empty"),
    ([CredentialRejected("bad key", status=401)], "unauthorized"),
    ([RateLimited("slow down", status=429, retry_after=1)], "rate_limited"),
    ([ProviderUnavailable("oops", status=500)], "server_error"),
]


@pytest.mark.parametrize(("script", "cause"), FAULTS_BEFORE, ids=[cause for _, cause in FAULTS_BEFORE])
async def test_faults_before_the_first_event(tmp_path: Path, script: list[Step], cause: str) -> None:
    alpha, beta = Scripted("alpha"), Scripted("beta")
    alpha.llm = script
    async with running(tmp_path, registry_of(alpha, beta), keys=BOTH, **FAST) as gateway:
        answer = await gateway.client.post("/v1/complete", json=BODY)
        found = events(answer.text)
        assert found[0][1]["provider"] == "beta"
        assert found[0][1]["failoverCount"] == 1
        assert found[-1][1]["text"] == "hello from beta"
        rows = await gateway.attempts(answer.headers["x-request-id"])
        assert [(r["provider"], r["outcome"], r["cause"]) for r in rows] == [
            ("alpha", "failed", cause),
            ("beta", "served", None),
        ]
        assert [row["provider"] for row in await gateway.usage()] == ["beta"]


@pytest.mark.parametrize(("step", "cause"), [(ConnectionLost("cut"), "connection_lost"), (None, "timeout")])
async def test_faults_after_the_first_event(tmp_path: Path, step: Step, cause: str) -> None:
    alpha, beta = Scripted("alpha"), Scripted("beta")
    alpha.llm = [[TextDelta("half an ")], step]
    async with running(tmp_path, registry_of(alpha, beta), keys=BOTH, **FAST) as gateway:
        answer = await gateway.client.post("/v1/complete", json=BODY)
        assert [name for name, _ in events(answer.text)] == ["meta", "delta", "error"]
        assert events(answer.text)[-1][1]["code"] == "COMPLETE_FAILED"
        rows = await gateway.attempts(answer.headers["x-request-id"])
        assert [(r["provider"], r["outcome"], r["cause"]) for r in rows] == [("alpha", "failed", cause)]
        assert [row["provider"] for row in await gateway.usage()] == ["alpha"]


async def test_everything_failed(tmp_path: Path) -> None:
    alpha, beta = Scripted("alpha"), Scripted("beta")
    alpha.llm, beta.llm = [ConnectFailed("refused")], [ProviderUnavailable("oops", status=503)]
    async with running(tmp_path, registry_of(alpha, beta), keys=BOTH) as gateway:
        answer = await gateway.client.post("/v1/complete", json=BODY)
        assert answer.status_code == 500
        body = answer.json()
        assert (body["code"], body["reason"]) == ("COMPLETE_FAILED", "ALL_PROVIDERS_FAILED")
        assert [(e["provider"], e["message"]) for e in body["errors"]] == [("alpha", "refused"), ("beta", "oops")]
        assert await gateway.usage() == []


async def test_the_callers_fault(tmp_path: Path) -> None:
    alpha, beta = Scripted("alpha"), Scripted("beta")
    alpha.llm = [CallerError("context too long", status=400)]
    async with running(tmp_path, registry_of(alpha, beta), keys=BOTH) as gateway:
        answer = await gateway.client.post("/v1/complete", json=BODY)
        assert answer.status_code == 400
        assert answer.json()["code"] == "VALIDATION_ERROR"
        assert "context too long" in answer.json()["error"]
        assert beta.requests == []


async def test_no_candidate_says_what_to_do(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha"))) as gateway:
        constraints = {"allowedProviders": {"llm": ["alpha"]}}
        answer = await gateway.client.post("/v1/complete", json={**BODY, "constraints": constraints})
        assert answer.status_code == 500
        assert answer.json()["reason"] == "NO_CANDIDATE"
        assert "ALPHA_API_KEY" in answer.json()["error"]


async def test_a_language_that_nobody_serves_yet_says_who_would(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha"), Scripted("beta"))) as gateway:
        answer = (await gateway.client.post("/v1/complete", json={**BODY, "intent": {"language": "de"}})).json()
        assert answer["error"] == (
            "No provider can serve llm for de: these would, with a key (speko providers set-key VENDOR): alpha, beta"
        )
        assert (answer["code"], answer["reason"]) == ("COMPLETE_FAILED", "NO_CANDIDATE")
        assert [(error["provider"], error["model"], error["reason"]) for error in answer["errors"]] == [
            ("alpha", "brain", "NO_CREDENTIAL"),
            ("beta", "brain", "NO_CREDENTIAL"),
        ]


@pytest.mark.parametrize("script", [[None], [[TextDelta("hel")], None]], ids=["headers held back", "streaming"])
async def test_a_caller_who_leaves_reaches_the_vendor(tmp_path: Path, script: list[Step]) -> None:
    alpha = Scripted("alpha")
    alpha.llm = script
    async with running(tmp_path, registry_of(alpha), keys=("alpha",)) as gateway:

        async def ask() -> None:
            async with gateway.client.stream("POST", "/v1/complete", json=BODY, headers={"x-request-id": "r1"}) as a:
                async for _ in a.aiter_bytes():
                    pass

        task = asyncio.create_task(ask())
        await alpha.began.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.wait_for(alpha.ended.wait(), 5)

        async def booked() -> bool:
            return len(await gateway.attempts("r1")) == 1

        await until(booked)
        rows = await gateway.attempts("r1")
        assert [(r["outcome"], r["cause"]) for r in rows] == [("cancelled", "caller_left")]
        assert gateway.gateway.in_flight.count == 0


BAD: list[tuple[Any, str]] = [
    ({"intent": {"language": "en"}}, "messages"),
    ({**BODY, "messages": []}, "messages"),
    ({"messages": BODY["messages"]}, "intent"),
    ({**BODY, "intent": {"language": "english"}}, "intent"),
    ({**BODY, "intent": {"language": "en", "optimizeFor": "speed"}}, "intent.optimizeFor"),
    ({**BODY, "temperature": 3}, "temperature"),
    ({**BODY, "maxTokens": 0}, "maxTokens"),
    ({**BODY, "maxToolHops": 17}, "maxToolHops"),
    ({**BODY, "reasoningEffort": "huge"}, "reasoningEffort"),
    ({**BODY, "messages": [{"role": "robot", "content": "x"}]}, "messages.0.role"),
    ({**BODY, "messages": [{"role": "user"}]}, "messages.0"),
    ({**BODY, "messages": [{"role": "tool", "content": "x"}]}, "messages.0.toolCallId"),
    ({**BODY, "messages": [{"role": "tool", "content": "x", "toolCallId": "c9"}]}, "messages.0.toolCallId"),
    ({**BODY, "tools": [{"name": "1x", "description": "d", "parameters": {}}]}, "tools.0.name"),
    ({**BODY, "tools": [{"name": "x\n", "description": "d", "parameters": {}}]}, "tools.0.name"),
    ({**BODY, "tools": [{"name": "x", "description": "", "parameters": {}}]}, "tools.0.description"),
    ({**BODY, "tools": [{"name": "x", "description": "d", "parameters": {}}] * 2}, "tools.1.name"),
    (
        {**BODY, "tools": [{"name": "x", "description": "d", "parameters": {}, "executionMode": "webhook"}]},
        "tools.0.executionMode",
    ),
    ({**BODY, "toolChoice": "required"}, "toolChoice"),
    ({**BODY, "constraints": {"allowedProviders": {"llm": "openai"}}}, "constraints.allowedProviders.llm"),
    ([], ""),
]


@pytest.mark.parametrize(("body", "path"), BAD, ids=[f"{i}-{path}" for i, (_, path) in enumerate(BAD)])
async def test_bad_bodies(tmp_path: Path, body: Any, path: str) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha")), keys=("alpha",)) as gateway:
        answer = await gateway.client.post("/v1/complete", json=body)
        assert answer.status_code == 400, answer.text
        assert answer.json()["code"] == "VALIDATION_ERROR"
        assert [issue["path"] for issue in answer.json()["issues"]] == [path]


async def test_broken_json_and_a_body_that_is_too_large(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha")), keys=("alpha",), max_json_bytes=1000) as gateway:
        answer = await gateway.client.post("/v1/complete", content=b'{"messages": [')
        assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
        answer = await gateway.client.post("/v1/complete", content=b"x" * 2000)
        assert (answer.status_code, answer.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")
        answer = await gateway.client.post("/v1/complete", content=b"")
        assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")


async def test_own_keys_are_used_and_cost_nothing(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    async with running(tmp_path, registry_of(alpha)) as gateway:
        stored = await gateway.client.put("/v1/providers", json={"provider": "Alpha", "apiKey": "own-secret"})
        assert stored.json() == {"provider": "alpha", "configured": True}
        answer = await gateway.client.post("/v1/complete", json=BODY)
        assert answer.status_code == 200, answer.text
        assert alpha.calls[0].credential.api_key == "own-secret"
        (row,) = await gateway.usage()
        assert (row["keySource"], row["chargeKind"], row["cost"]) == ("BYOK", "byok", 0.0)
        await gateway.client.delete("/v1/providers/alpha")
        answer = await gateway.client.post("/v1/complete", json=BODY)
        assert answer.status_code == 500


async def test_accept_json_is_ignored(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha")), keys=("alpha",)) as gateway:
        answer = await gateway.client.post("/v1/complete", json=BODY, headers={"accept": "application/json"})
        assert answer.headers["content-type"] == "text/event-stream"
        assert isinstance(answer, httpx.Response)
