"""Hedging over real sockets: a slow vendor, the runner-up that serves instead, and both in the books."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from speko.settings import ProviderSettings
from speko.simulators import Fault, FaultKind, OpenAISimulator, Script
from tests.api.running import Running, running
from tests.faults.test_one_shot import ENDPOINTS, KEY, call, registry

LEARNED = 20
"""Calls that the gateway has to see before it knows what is usual."""
OPENAI = Script(text="alpha bravo charlie", transcript="alpha bravo", audio_ms=1000)
GROQ = Script(text="one two three", transcript="hello there", audio_ms=2000)
WORDS = {"transcribe": "hello there", "complete": "one two three"}
NEVER = Fault(FaultKind.SILENT)


@asynccontextmanager
async def knowing(
    folder: Path, endpoint: str, **settings: Any
) -> AsyncIterator[tuple[Running, OpenAISimulator, OpenAISimulator]]:
    """A gateway that has learned that openai, which is asked first, answers at once. Each vendor says other words."""
    async with OpenAISimulator(script=OPENAI) as openai, OpenAISimulator(script=GROQ) as groq:
        providers = {
            vendor: ProviderSettings(api_key=KEY, base_url=simulator.base_url)
            for vendor, simulator in (("openai", openai), ("groq", groq))
        }
        chosen = {"hedge": "p95", "hedge_least_seconds": 0.3, "providers": providers, **settings}
        async with running(folder, registry(), **chosen) as gateway:
            for _ in range(LEARNED):
                assert (await call(gateway, endpoint)).headers["x-speko-provider"] == "openai"
            yield gateway, openai, groq


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_the_runner_up_serves_when_the_first_is_slow(tmp_path: Path, endpoint: str) -> None:
    async with knowing(tmp_path, endpoint) as (gateway, openai, groq):
        openai.fault, known = NEVER, await gateway.usage()
        answer = await call(gateway, endpoint)
        assert answer.status_code == 200
        assert answer.headers["x-speko-provider"] == "groq"
        assert answer.headers["x-speko-failover-count"] == "0", "slow is not failed"
        if endpoint == "synthesize":
            assert len(answer.content) == 2 * 24000 * 2, "all of one voice and nothing of the other"
        else:
            assert WORDS[endpoint] in answer.text
            assert "alpha" not in answer.text
        await openai.until(lambda: openai.cancelled == 1)
        rows = (await gateway.attempts("r1"))[LEARNED:]
        assert sorted((row["provider"], row["outcome"], row["cause"]) for row in rows) == [
            ("groq", "served", None),
            ("openai", "cancelled", "hedged"),
        ]
        (loser,) = [row for row in rows if row["provider"] == "openai"]
        assert int(loser["costMicroUsd"]) > 0, "the vendor bills what it was sent"
        assert [row for row in await gateway.usage() if row["provider"] == "openai"] == known, "one call, one usage"
        assert [row["provider"] for row in await gateway.usage()].count("groq") == 1
        assert groq.ledger.total == 1
        assert gateway.gateway.in_flight.count == 0


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_nobody_else_is_asked_while_the_first_is_as_fast_as_ever(tmp_path: Path, endpoint: str) -> None:
    async with knowing(tmp_path, endpoint, hedge_least_seconds=10.0) as (gateway, openai, groq):
        openai.fault = Fault(FaultKind.SLOW, seconds=0.05)
        assert (await call(gateway, endpoint)).headers["x-speko-provider"] == "openai"
        assert groq.ledger.total == 0


async def test_hedging_is_off_unless_it_is_asked_for(tmp_path: Path) -> None:
    async with knowing(tmp_path, "complete", hedge="off") as (gateway, openai, groq):
        assert gateway.gateway.usual is None
        openai.fault = Fault(FaultKind.SLOW, seconds=0.5)
        assert (await call(gateway, "complete")).headers["x-speko-provider"] == "openai"
        assert groq.ledger.total == 0


async def test_when_both_are_slow_and_fail_the_call_fails_once(tmp_path: Path) -> None:
    async with knowing(tmp_path, "complete", first_byte_timeout=2.5) as (gateway, openai, groq):
        openai.fault = groq.fault = NEVER
        answer = await call(gateway, "complete")
        assert (answer.status_code, answer.json()["code"]) == (500, "COMPLETE_FAILED")
        rows = (await gateway.attempts("r1"))[LEARNED:]
        assert [(row["provider"], row["cause"]) for row in rows] == [("openai", "timeout"), ("groq", "timeout")]
