"""Speech to speech over real sockets, with engines that fail in every way at every stage: words in are words out."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from speko.settings import ProviderSettings
from speko.simulators.faults import Fault, FaultKind, Stage
from speko.simulators.openai import OpenAISimulator
from speko.simulators.script import RealtimeScript, Script
from tests.api.running import Running, running
from tests.faults.callers import PINNED, ROUTED, Caller, create

ANSWER = "alpha bravo charlie delta echo foxtrot golf hotel india juliett kilo lima"
SCRIPT = Script(
    first_byte=0.0,
    realtime=RealtimeScript(
        answers=(ANSWER,),
        transcripts=("what do you say",),
        pace=20.0,
        delta_ms=20,
        in_step=True,
        models=("grok-voice-think-fast-1.0",),
    ),
)


class Stage2:
    """A gateway and two simulated vendors."""

    def __init__(self, gateway: Running, vendors: dict[str, OpenAISimulator]) -> None:
        self.gateway = gateway
        self.vendors = vendors

    async def call(self, **body: Any) -> Caller:
        return await Caller.join(await create(self.gateway.client, **body))

    async def first(self) -> str:
        """Who is asked first when both may be."""
        return str((await create(self.gateway.client, **ROUTED))["provider"])

    def spoken(self) -> str:
        """All words whose sound any vendor sent to its end, in the order of the sessions."""
        sessions = [session for sim in self.vendors.values() for session in sim.realtime.sessions]
        return " ".join(r.spoken for session in sessions for r in session.responses if r.spoken)

    async def row(self, caller: Caller) -> dict[str, Any]:
        answer = await self.gateway.client.get(f"/v1/sessions/{caller.session_id}")
        row: dict[str, Any] = answer.json()
        return row


@asynccontextmanager
async def stage(folder: Path, script: Script = SCRIPT, **settings: Any) -> AsyncIterator[Stage2]:
    async with AsyncExitStack() as stack:
        vendors = {v: await stack.enter_async_context(OpenAISimulator(script=script)) for v in ("openai", "xai")}
        providers = {
            vendor: ProviderSettings(api_key=f"key-of-{vendor}", base_url=sim.base_url)
            for vendor, sim in vendors.items()
        }
        gateway = await stack.enter_async_context(
            running(folder, providers=providers, **{"embedded": "never", **settings})
        )
        yield Stage2(gateway, vendors)


LOSSES = [
    Fault(kind=FaultKind.CUT, at=Stage.AUDIO, words=4, times=1),
    Fault(kind=FaultKind.CUT, at=Stage.FIRST_AUDIO, times=1),
    Fault(kind=FaultKind.CUT, at=Stage.RESPONSE, times=1),
    Fault(kind=FaultKind.CLOSE, at=Stage.AUDIO, words=7, times=1),
    Fault(kind=FaultKind.SESSION_ERROR, at=Stage.AUDIO, words=1, times=1),
    Fault(kind=FaultKind.MALFORMED, at=Stage.AUDIO, words=5, times=1),
]


def named(fault: Fault) -> str:
    return f"{fault.kind}-{fault.stage}-{fault.words}"


@pytest.mark.parametrize("fault", LOSSES, ids=named)
@pytest.mark.parametrize("target", [PINNED, ROUTED], ids=["pinned", "routed"])
async def test_an_engine_that_is_lost_costs_no_word(tmp_path: Path, fault: Fault, target: dict[str, Any]) -> None:
    async with stage(tmp_path) as show:
        first = "openai" if target is PINNED else await show.first()
        show.vendors[first].fault = fault
        caller = await show.call(**target)
        await caller.turn()
        await caller.until(lambda: ANSWER.rsplit(maxsplit=1)[-1] in caller.words)
        await caller.ended()
        assert caller.words.split() == ANSWER.split()
        assert caller.frames[0]["t"] == "ready"
        await caller.leave()
