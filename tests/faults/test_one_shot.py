"""Every fault of a vendor through the whole gateway: real connectors against a simulated vendor on a real socket.

For each endpoint: what the caller gets, and which attempts were booked.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from speko.providers import openai_compatible
from speko.providers.registry import Registry
from speko.settings import ProviderSettings
from speko.simulators import Fault, FaultKind, OpenAISimulator, Script
from tests.api.running import Running, events, running, until
from tests.api.test_transcribe import wav

ENDPOINTS = ("transcribe", "synthesize", "complete")
SCRIPT = Script(text="one two three", transcript="hello there", audio_ms=2000)
KEY = "sk-very-secret-vendor-key-0123456789"
ALLOWED = {"stt": ["openai:gpt-4o-mini-transcribe", "groq"], "tts": ["openai:gpt-4o-mini-tts", "groq"],
           "llm": ["openai:gpt-4o", "groq:openai/gpt-oss-20b"]}  # fmt: skip
FAILED = {"transcribe": "TRANSCRIBE_FAILED", "synthesize": "SYNTHESIZE_FAILED", "complete": "COMPLETE_FAILED"}
CALLER = {"transcribe": "INVALID_AUDIO", "synthesize": "VALIDATION_ERROR", "complete": "VALIDATION_ERROR"}


@cache
def registry() -> Registry:
    """OpenAI-compatible vendors alone: no embedded engine may help out."""
    found = Registry()
    openai_compatible.register(found)
    return found


WAITED_FOR = frozenset({FaultKind.SILENT, FaultKind.STALL})
"""Faults that only a deadline ends."""
IMPATIENT = {"first_byte_timeout": 2.5, "gap_timeout": 2.5}
"""Seconds in which whoever is well has answered, however loaded the machine is."""


@asynccontextmanager
async def two_vendors(
    tmp_path: Path, fault: Fault | None = None
) -> AsyncIterator[tuple[Running, OpenAISimulator, OpenAISimulator]]:
    """A gateway before openai, upon which the fault falls, and groq, which is well. Deadlines are short only where they
    have to pass, so that a loaded machine does not miss the others."""
    async with OpenAISimulator(script=SCRIPT, fault=fault) as openai, OpenAISimulator(script=SCRIPT) as groq:
        deadlines = IMPATIENT if fault is not None and fault.kind in WAITED_FOR else {}
        settings: dict[str, Any] = {
            **deadlines,
            "providers": {
                "openai": ProviderSettings(api_key=KEY, base_url=openai.base_url),
                "groq": ProviderSettings(api_key=KEY, base_url=groq.base_url),
            },
        }
        async with running(tmp_path, registry(), **settings) as gateway:
            yield gateway, openai, groq


async def call(gateway: Running, endpoint: str) -> httpx.Response:
    """One call that both vendors may serve, openai first."""
    intent, constraints = {"language": "en"}, {"allowedProviders": ALLOWED}
    given = {"intent": intent, "constraints": constraints}
    headers = {"x-request-id": "r1"}
    if endpoint == "transcribe":
        headers |= {"x-speko-intent": json.dumps(intent), "x-speko-constraints": json.dumps(constraints)}
        return await gateway.client.post("/v1/transcribe", content=wav(0.5), headers=headers)
    if endpoint == "synthesize":
        return await gateway.client.post("/v1/synthesize", json={"text": "hi", **given}, headers=headers)
    body = {"messages": [{"role": "user", "content": "hi"}], **given}
    return await gateway.client.post("/v1/complete", json=body, headers=headers)


def answered(endpoint: str, answer: httpx.Response) -> bool:
    """Whether the whole answer of the script arrived."""
    assert answer.status_code == 200, answer.text
    if endpoint == "synthesize":
        return len(answer.content) == 2 * 24000 * 2
    text: str = events(answer.text)[-1][1]["text"]
    return text == {"transcribe": "hello there", "complete": "one two three"}[endpoint]


async def story(gateway: Running) -> list[tuple[Any, ...]]:
    """(vendor, outcome, cause) of the attempts."""
    return [(row["provider"], row["outcome"], row["cause"]) for row in await gateway.attempts("r1")]


BEFORE: list[tuple[Fault, set[str]]] = [
    (Fault(FaultKind.REFUSE), {"connection_lost", "connect"}),
    (Fault(FaultKind.UNAUTHORIZED), {"unauthorized"}),
    (Fault(FaultKind.PAYMENT_REQUIRED), {"quota"}),
    (Fault(FaultKind.FORBIDDEN), {"forbidden"}),
    (Fault(FaultKind.NOT_FOUND), {"model_not_found"}),
    (Fault(FaultKind.UNSUPPORTED_MEDIA), {"unsupported"}),
    (Fault(FaultKind.RATE_LIMITED, retry_after="7"), {"rate_limited"}),
    (Fault(FaultKind.QUOTA), {"quota"}),
    (Fault(FaultKind.SERVER_ERROR), {"server_error"}),
    (Fault(FaultKind.OVERLOADED), {"server_error"}),
    (Fault(FaultKind.SILENT), {"timeout"}),
    (Fault(FaultKind.STALL, chunks=0), {"timeout"}),
    (Fault(FaultKind.CUT, chunks=0), {"connection_lost", "truncated"}),
    (Fault(FaultKind.MALFORMED, chunks=0), {"malformed"}),
    (Fault(FaultKind.EMPTY), {"empty"}),
]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize(("fault", "causes"), BEFORE, ids=[fault.kind.value for fault, _ in BEFORE])
async def test_before_the_first_byte(
    tmp_path: Path, endpoint: str, fault: Fault, causes: set[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with two_vendors(tmp_path, fault) as (gateway, _, groq):
        answer = await call(gateway, endpoint)
        assert answered(endpoint, answer)
        assert answer.headers["x-speko-provider"] == "groq"
        assert answer.headers["x-speko-failover-count"] == "1"
        failed, served = await story(gateway)
        assert failed[:2] == ("openai", "failed")
        assert failed[2] in causes
        assert served == ("groq", "served", None)
        assert [row["provider"] for row in await gateway.usage()] == ["groq"]
        assert len(groq.requests) == 1
        told = caplog.text + answer.text + json.dumps(await gateway.attempts("r1"))
        assert KEY not in told
        assert gateway.key not in told


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_a_closed_port(tmp_path: Path, endpoint: str) -> None:
    async with two_vendors(tmp_path) as (gateway, openai, _), openai.port_closed():
        assert answered(endpoint, await call(gateway, endpoint))
        assert await story(gateway) == [("openai", "failed", "connect"), ("groq", "served", None)]


LOST = "connection_lost truncated"
"""A reset in the middle of a body shows as either, depending on what the kernel had delivered before it."""
AFTER: list[tuple[str, Fault, str]] = [
    ("complete", Fault(FaultKind.STALL, chunks=2), "timeout"),
    ("complete", Fault(FaultKind.CUT, chunks=2), LOST),
    ("complete", Fault(FaultKind.MALFORMED, chunks=2), "malformed"),
    ("complete", Fault(FaultKind.TRUNCATED), "truncated"),
    ("synthesize", Fault(FaultKind.STALL, chunks=2), "timeout"),
    ("synthesize", Fault(FaultKind.CUT, chunks=2), LOST),
    ("synthesize", Fault(FaultKind.TRUNCATED), "truncated"),
    ("transcribe", Fault(FaultKind.STALL, chunks=2), "timeout"),
    ("transcribe", Fault(FaultKind.CUT, chunks=2), LOST),
    ("transcribe", Fault(FaultKind.MALFORMED, chunks=2), "malformed"),
    ("transcribe", Fault(FaultKind.TRUNCATED), "truncated"),
]


@pytest.mark.parametrize(("endpoint", "fault", "cause"), AFTER, ids=[f"{e}-{f.kind.value}" for e, f, _ in AFTER])
async def test_after_the_first_byte(tmp_path: Path, endpoint: str, fault: Fault, cause: str) -> None:
    async with two_vendors(tmp_path, fault) as (gateway, openai, groq):
        openai.script = Script(text="one two three", transcript="hello there", audio_ms=2000, pace=0.05)
        if endpoint == "synthesize":
            with pytest.raises(httpx.RemoteProtocolError):
                await call(gateway, endpoint)
        else:
            answer = await call(gateway, endpoint)
            names = [name for name, _ in events(answer.text)]
            assert names[0] == "meta"
            assert names[-1] == "error"
            assert names.count("error") == 1
            assert "done" not in names
            assert events(answer.text)[-1][1]["code"] == FAILED[endpoint]
        ((vendor, outcome, found),) = await story(gateway)
        assert (vendor, outcome) == ("openai", "failed")
        assert found in cause.split()
        assert [row["provider"] for row in await gateway.usage()] == ["openai"], "what was served is booked"
        assert len(groq.requests) == 0


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("kind", [FaultKind.BAD_REQUEST, FaultKind.TOO_LARGE, FaultKind.UNPROCESSABLE])
async def test_the_callers_own_fault(tmp_path: Path, endpoint: str, kind: FaultKind) -> None:
    async with two_vendors(tmp_path, Fault(kind)) as (gateway, _, groq):
        answer = await call(gateway, endpoint)
        assert (answer.status_code, answer.json()["code"]) == (400, CALLER[endpoint])
        assert await story(gateway) == [("openai", "failed", "bad_request")]
        assert len(groq.requests) == 0


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_everybody_down(tmp_path: Path, endpoint: str) -> None:
    async with two_vendors(tmp_path, Fault(FaultKind.SILENT)) as (gateway, _, groq):
        groq.fault = Fault(FaultKind.SERVER_ERROR)
        answer = await call(gateway, endpoint)
        assert answer.status_code == 500
        assert (answer.json()["code"], answer.json()["reason"]) == (FAILED[endpoint], "ALL_PROVIDERS_FAILED")
        assert {error["provider"] for error in answer.json()["errors"]} == {"openai", "groq"}
        assert await gateway.usage() == []


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("kind", [FaultKind.SILENT, FaultKind.STALL])
async def test_the_caller_leaves(tmp_path: Path, endpoint: str, kind: FaultKind) -> None:
    async with two_vendors(tmp_path) as (gateway, openai, _):
        openai.fault = Fault(kind, chunks=0)
        task = asyncio.create_task(call(gateway, endpoint))
        await openai.until(lambda: len(openai.requests) == 1)
        task.cancel()
        await openai.until(lambda: openai.cancelled == 1)

        async def booked() -> bool:
            return len(await gateway.attempts("r1")) == 1

        await until(booked)
        assert await story(gateway) == [("openai", "cancelled", "caller_left")]


async def test_retry_after_is_honoured(tmp_path: Path) -> None:
    async with two_vendors(tmp_path, Fault(FaultKind.RATE_LIMITED, retry_after="30")) as (gateway, openai, _):
        await call(gateway, "complete")
        answer = await call(gateway, "complete")
        assert answer.headers["x-speko-failover-count"] == "0", "the vendor was not asked again"
        assert len(openai.requests) == 1


async def test_a_breaker_opens_and_shows_in_the_preview(tmp_path: Path) -> None:
    async with two_vendors(tmp_path, Fault(FaultKind.SERVER_ERROR)) as (gateway, openai, _):
        for _ in range(7):
            assert answered("complete", await call(gateway, "complete"))
        assert len(openai.requests) == gateway.gateway.settings.breaker_failures
        found = (await gateway.client.get("/v1/benchmarks/stack?language=en&allow=llm:openai:gpt-4o")).json()
        assert found["llm"]["health"] == "open"
        assert found["llm"]["usable"] is True
