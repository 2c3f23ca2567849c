"""A key that its vendor refused shows in the list of vendors until it is taken again."""

from pathlib import Path
from typing import Any

import pytest

from speko.simulators import Fault, FaultKind
from tests.api.credential_checks import OWN_KEY, PLATFORM_KEY, beside, outcome_of, store_key
from tests.api.running import Running


async def refusal(gateway: Running) -> tuple[Any, Any, Any]:
    """What the list says of OpenAI's key: when it was refused, by which status, in which words."""
    rows = (await gateway.client.get("/v1/providers")).json()
    found = {(r["rejectedAt"], r["rejectedStatus"], r["rejection"]) for r in rows if r["key"] == "openai"}
    assert all(r["rejectedAt"] is None for r in rows if r["key"] != "openai")
    return found.pop() if len(found) == 1 else pytest.fail("the rows of one vendor differ")


async def complete(gateway: Running, allowed: str = "openai") -> int:
    body = {
        "messages": [{"role": "user", "content": "hello"}],
        "intent": {"language": "en"},
        "constraints": {"allowedProviders": {"llm": [allowed]}},
    }
    return (await gateway.client.post("/v1/complete", json=body)).status_code


async def test_a_refused_key_shows_after_a_test_and_after_a_call_until_it_is_taken(tmp_path: Path) -> None:
    async with beside(tmp_path) as (gateway, simulator):
        simulator.api_key = PLATFORM_KEY
        await store_key(gateway, OWN_KEY)
        assert await refusal(gateway) == (None, None, None)
        await outcome_of(gateway)
        at, status, words = await refusal(gateway)
        assert (at[-1], status) == ("Z", 401)
        assert words.startswith("HTTP 401")
        assert OWN_KEY not in words
        simulator.api_key = OWN_KEY
        assert (await outcome_of(gateway))["ok"]
        assert await refusal(gateway) == (None, None, None)
        simulator.api_key = PLATFORM_KEY
        assert await complete(gateway) == 500
        assert (await refusal(gateway))[1] == 401
        simulator.api_key = OWN_KEY
        assert await complete(gateway) == 200
        assert await refusal(gateway) == (None, None, None)


async def test_a_refused_platform_key_is_no_organizations_affair(tmp_path: Path) -> None:
    async with beside(tmp_path) as (gateway, simulator):
        simulator.api_key = OWN_KEY
        assert not (await outcome_of(gateway))["ok"]
        assert await complete(gateway) == 500
        assert await refusal(gateway) == (None, None, None)


async def test_an_answer_that_anybody_gets_clears_no_refusal(tmp_path: Path) -> None:
    async with beside(tmp_path) as (gateway, simulator):
        simulator.api_key = PLATFORM_KEY
        await store_key(gateway, OWN_KEY)
        await outcome_of(gateway)
        simulator.fault = Fault(FaultKind.NOT_FOUND)
        assert (await outcome_of(gateway))["ok"]
        assert (await refusal(gateway))[1] == 401
