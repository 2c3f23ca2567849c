"""Credentials that a gateway is asked to try, for tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from speko.settings import ProviderSettings
from speko.simulators import Engines, Fault, OpenAISimulator
from tests.api.running import Running, running

PLATFORM_KEY = "sk-platform-0123456789"
OWN_KEY = "sk-own-0123456789"
THEIR_KEY = "sk-theirs-0123456789"
MEMBERS = {"provider", "ok", "source", "checkedAt", "latencyMs", "status", "message", "models", "verdict"}


@asynccontextmanager
async def beside(
    folder: Path, fault: Fault | None = None, vendor: str = "openai", key: str | None = PLATFORM_KEY, **settings: Any
) -> AsyncIterator[tuple[Running, OpenAISimulator]]:
    """A gateway whose platform reaches `vendor` at a simulator."""
    async with OpenAISimulator(fault=fault, engines=Engines.none()) as simulator:
        providers = {vendor: ProviderSettings(api_key=key, base_url=simulator.base_url)}
        async with running(folder, providers=providers, **settings) as gateway:
            yield gateway, simulator


async def outcome_of(gateway: Running, vendor: str = "openai", key: str | None = None) -> dict[str, Any]:
    """What a test says; never a key."""
    headers = {"authorization": f"Bearer {key}"} if key else None
    answer = await gateway.client.post(f"/v1/providers/{vendor}/test", headers=headers)
    assert answer.status_code == 200, answer.text
    assert not any(secret in answer.text for secret in (PLATFORM_KEY, OWN_KEY, THEIR_KEY))
    found: dict[str, Any] = answer.json()
    assert set(found) == MEMBERS
    assert found["provider"] == vendor.lower()
    assert found["message"]
    assert found["checkedAt"].endswith("Z")
    assert (found["latencyMs"] is not None) == (found["status"] is not None)
    return found


async def store_key(gateway: Running, secret: str, vendor: str = "openai", key: str | None = None) -> None:
    headers = {"authorization": f"Bearer {key}"} if key else None
    body = {"provider": vendor, "apiKey": secret}
    assert (await gateway.client.put("/v1/providers", json=body, headers=headers)).status_code == 200
