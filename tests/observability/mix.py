"""Traffic of every kind, with words, keys and paths that can be found again wherever they should not be."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from speko.simulators.faults import Fault, FaultKind, Stage
from speko.simulators.script import RealtimeScript, Script
from tests.api.running import until
from tests.api.test_transcribe import wav
from tests.faults.callers import ROUTED
from tests.faults.show import Show, stage

MARK = "quetzalcoatl"
"""Is in all words, keys, paths and names that callers and vendors send; stands for a person's words."""
INTENT = {"language": "en"}
BOTH = ["openai", "twin"]
ANSWER = f"alpha bravo {MARK} charlie delta echo foxtrot golf hotel india juliett kilo lima"
SCRIPT = Script(
    text=ANSWER,
    transcript=f"I am {MARK}",
    audio_ms=200,
    realtime=RealtimeScript(
        answers=(ANSWER,), transcripts=(f"what says {MARK}",), pace=20.0, delta_ms=20, in_step=True
    ),
)


@asynccontextmanager
async def mixed(folder: Path, **settings: Any) -> AsyncIterator[Show]:
    """A gateway after the mix, with everything written and still open."""
    async with stage(folder, SCRIPT, **settings) as show:
        await _calls(show)
        await _refusals(show)
        await _conversations(show)
        await show.gateway.gateway.store.ledger.flush()
        yield show


async def _calls(show: Show) -> None:
    client = show.gateway.client
    complete = {
        "messages": [{"role": "user", "content": f"my secret is {MARK}"}],
        "systemPrompt": f"You are {MARK}",
        "intent": INTENT,
        "constraints": {"allowedProviders": {"llm": BOTH, "tts": BOTH, "stt": BOTH}},
    }
    speech = {"text": f"Say {MARK} now", "intent": INTENT}
    for _ in range(2):
        for vendor in show.vendors.values():
            assert (await client.post("/v1/complete", json=complete)).status_code == 200
            assert (await client.post("/v1/synthesize", json=speech)).status_code == 200
            vendor.fault = Fault(kind=FaultKind.SERVER_ERROR, times=1)
        heard = await client.post(
            "/v1/transcribe",
            content=wav(),
            headers={"x-speko-intent": '{"language":"en"}', "content-type": "audio/wav", "x-note": MARK},
        )
        assert heard.status_code == 200, heard.text
    for vendor in show.vendors.values():
        vendor.fault = Fault(kind=FaultKind.UNAUTHORIZED)
    assert (await client.post("/v1/complete", json=complete)).status_code == 500
    for vendor in show.vendors.values():
        vendor.fault = Fault(kind=FaultKind.RATE_LIMITED, retry_after="60")
    assert (await client.post("/v1/synthesize", json=speech)).status_code == 500
    for vendor in show.vendors.values():
        vendor.fault = Fault(kind=FaultKind.CUT, chunks=2)
    await client.post("/v1/complete", json={**complete, "model": MARK})
    for vendor in show.vendors.values():
        vendor.fault = None


async def _refusals(show: Show) -> None:
    client = show.gateway.client
    wrong = {"authorization": f"Bearer sk_live_{MARK}", "cookie": f"speko={MARK}"}
    assert (await client.get("/v1/usage", headers=wrong)).status_code == 401
    assert (await client.get(f"/v1/{MARK}?key={MARK}", headers={"user-agent": MARK})).status_code == 404
    assert (await client.get(f"/v1/requests/{MARK}")).status_code == 404
    broken = await client.post("/v1/complete", content=f'{{"messages": "{MARK}"}}')
    assert broken.status_code == 400
    assert (await client.request("PROPFIND", f"/v1/{MARK}", headers={"traceparent": MARK})).status_code in (404, 405)


async def _conversations(show: Show) -> None:
    first = await show.first()
    caller = await show.call(**ROUTED, systemPrompt=f"You are {MARK}", metadata={"name": MARK})
    await caller.turn()
    await caller.ended()
    await caller.turn()
    await caller.until(lambda: len(caller.of("transcript")) > 3)
    await caller.tell(t="control", action="interrupt")
    await caller.leave()

    show.vendors[first].fault = Fault(kind=FaultKind.CUT, at=Stage.AUDIO, words=4, times=1)
    caller = await show.call(**ROUTED)
    await caller.turn()
    await caller.until(lambda: ANSWER.rsplit(maxsplit=1)[-1] in caller.words)
    await caller.leave()

    for vendor in show.vendors.values():
        vendor.fault = Fault(kind=FaultKind.FORBIDDEN)
    caller = await show.call(**ROUTED)
    await caller.over()
    for vendor in show.vendors.values():
        vendor.fault = None

    async def over() -> bool:
        return show.gateway.gateway.sockets.count == 0

    await until(over)
