"""Two organisations in one gateway: one that has things, and a stranger that has nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.api.running import NO_TLS
from tests.faults.callers import PINNED, create
from tests.faults.show import Show

OWNED = "quetzal"
"""Is in every name that the owner gives."""
COMPLETE = {
    "messages": [{"role": "user", "content": "hi"}],
    "intent": {"language": "en"},
    "constraints": {"allowedProviders": {"llm": ["openai"]}},
}


@dataclass
class Organizations:
    """The gateway, and both callers."""

    show: Show
    owner: httpx.AsyncClient
    stranger: httpx.AsyncClient

    async def session(self) -> dict[str, Any]:
        """A session of the owner's."""
        return await create(self.owner, **PINNED, metadata={"name": OWNED})

    async def api_key(self) -> str:
        """The id of a key of the owner's."""
        answer = await self.owner.post("/v1/api-keys", json={"name": OWNED})
        return str(answer.json()["id"])

    async def call(self) -> str:
        """The id of a call of the owner's."""
        answer = await self.owner.post("/v1/complete", json=COMPLETE)
        assert answer.status_code == 200
        return str(answer.headers["x-request-id"])


@asynccontextmanager
async def organizations(show: Show) -> AsyncIterator[Organizations]:
    """The owner is the organisation that is not the gateway's first, so that nothing is found by being the default."""
    store = show.gateway.gateway.store
    owner = await store.create_organization(OWNED)
    _, key = await store.create_api_key(owner.id, OWNED)
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(
        base_url=show.gateway.url, headers=headers, timeout=30, trust_env=False, verify=NO_TLS
    ) as client:
        yield Organizations(show, client, show.gateway.client)
