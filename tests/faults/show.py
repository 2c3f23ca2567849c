"""A gateway with two simulated speech-to-speech vendors, the second of which speaks exactly as the first."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from msgspec import structs

from speko.providers.registry import Registry
from speko.settings import ProviderSettings
from speko.simulators.openai import OpenAISimulator
from speko.simulators.script import RealtimeScript, Script
from tests.api.running import Running, running
from tests.faults.callers import ROUTED, Caller, create

ANSWER = "alpha bravo charlie delta echo foxtrot golf hotel india juliett kilo lima"
SCRIPT = Script(
    first_byte=0.0,
    realtime=RealtimeScript(
        answers=(ANSWER,),
        transcripts=("what do you say",),
        pace=20.0,
        delta_ms=20,
        in_step=True,
    ),
)


class Show:
    """A gateway and two simulated vendors."""

    def __init__(self, gateway: Running, vendors: dict[str, OpenAISimulator]) -> None:
        self.gateway = gateway
        self.vendors = vendors
        self.requests: dict[str, str] = {}
        """Request ids of the sessions' creations, which their attempts are booked under."""

    async def call(self, **body: Any) -> Caller:
        made = await create(self.gateway.client, **body)
        self.requests[made["sessionId"]] = made["requestId"]
        return await Caller.join(made)

    async def first(self) -> str:
        """Who is asked first when both may be."""
        return str((await create(self.gateway.client, **ROUTED))["provider"])

    def spoken(self) -> str:
        """All words whose sound any vendor sent to its end, in the order of the sessions."""
        sessions = [session for sim in self.vendors.values() for session in sim.realtime.sessions]
        return " ".join(r.spoken for session in sessions for r in session.responses if r.spoken)

    async def attempts(self, caller: Caller) -> list[dict[str, Any]]:
        """The attempts of a session that has ended."""
        return await self.gateway.attempts(self.requests[caller.session_id])

    async def row(self, caller: Caller) -> dict[str, Any]:
        answer = await self.gateway.client.get(f"/v1/sessions/{caller.session_id}")
        row: dict[str, Any] = answer.json()
        return row


@asynccontextmanager
async def stage(folder: Path, script: Script = SCRIPT, **settings: Any) -> AsyncIterator[Show]:
    async with AsyncExitStack() as stack:
        vendors = {v: await stack.enter_async_context(OpenAISimulator(script=script)) for v in ("openai", "twin")}
        providers = {
            vendor: ProviderSettings(api_key=f"key-of-{vendor}", base_url=sim.base_url)
            for vendor, sim in vendors.items()
        }
        gateway = await stack.enter_async_context(
            running(folder, registry_with_a_twin(), providers=providers, **{"embedded": "never", **settings})
        )
        yield Show(gateway, vendors)


def registry_with_a_twin() -> Registry:
    """A second vendor that speaks exactly as the first."""
    registry = Registry.load()
    openai = registry.vendors["openai"]
    twin = structs.replace(openai.vendor, id="twin", name="Twin", key_env="TWIN_API_KEY", base_url_env="TWIN_BASE_URL")
    registry.add(replace(openai, vendor=twin))
    return registry
