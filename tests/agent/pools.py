"""Pools of fake agent processes, and a sink that remembers."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from speko.agent.context import TurnOptions
from speko.agent.engine import AgentEngine
from speko.agent.plan import AgentPlan, OpenBreaker, SessionPlan
from speko.agent.pool import AgentPool
from speko.agent.process import ProcessConfig
from speko.agent.reports import HealthReport
from speko.providers.call import Call, Credential
from speko.providers.errors import ProviderError
from speko.providers.s2s import AssistantText, EngineConnection, EngineEvent, S2sRequest, Say, UserTranscript
from speko.routing.attempts import Candidate, Deadlines
from speko.routing.ledger import AttemptRow, UsageRow

FAKE = (sys.executable, str(Path(__file__).with_name("fake_agent.py")))
KEY = "sk-very-secret"


class Rows:
    """A ledger, and the health reports."""

    def __init__(self) -> None:
        self.attempts: list[AttemptRow] = []
        self.usages: list[UsageRow] = []
        self.health: list[HealthReport] = []

    def attempt(self, row: AttemptRow) -> None:
        self.attempts.append(row)

    def usage(self, row: UsageRow) -> None:
        self.usages.append(row)


class Sink:
    """Remembers what an engine sends. Nothing may come after `lost`, nor after the test has set `closed`."""

    def __init__(self) -> None:
        self.events: list[EngineEvent] = []
        self.sounds: list[tuple[str, bytes]] = []
        self.error: ProviderError | None = None
        self.pauses: list[bool] = []
        self.closed = False

    def _live(self) -> None:
        assert self.error is None
        assert not self.closed

    def audio(self, response: str, pcm: bytes) -> None:
        self._live()
        self.sounds.append((response, pcm))

    def event(self, event: EngineEvent) -> None:
        self._live()
        self.events.append(event)

    def lost(self, error: ProviderError) -> None:
        self._live()
        self.error = error

    def pause(self) -> None:
        self._live()
        self.pauses.append(True)

    def resume(self) -> None:
        self._live()
        self.pauses.append(False)

    def said(self, text: str) -> bool:
        return any(isinstance(e, AssistantText) and e.delta == text for e in self.events)

    @property
    def facts(self) -> dict[str, Any] | None:
        told = [e.text for e in self.events if isinstance(e, UserTranscript)]
        found: dict[str, Any] | None = json.loads(told[-1]) if told else None
        return found


def a_request(plan: AgentPlan | None, prompt: str | None = None) -> S2sRequest:
    return S2sRequest(model="cascade", input_rate=24000, output_rate=24000, system_prompt=prompt, plan=plan)


def a_candidate(provider: str = "speko", model: str = "rules") -> Candidate:
    return Candidate("llm", provider, model, model, Credential(api_key=KEY), "platform")


def a_plan(rows: Rows, *, breakers: tuple[OpenBreaker, ...] = (), llm: tuple[Candidate, ...] = ()) -> AgentPlan:
    session = SessionPlan(
        organization_id="org",
        session_id="ses",
        request_id="req",
        language="en-GB",
        optimize_for="latency",
        candidates={"stt": (), "llm": llm or (a_candidate(),), "tts": ()},
        deadlines=Deadlines(connect=1.25),
        turns=TurnOptions(silence=0.7),
    )
    return AgentPlan(session, rows, rows.health.append, lambda: breakers)


@asynccontextmanager
async def a_pool(
    processes: int = 1, sessions: int = 2, *, silence: float = 20.0, beat: float = 2.0
) -> AsyncIterator[AgentPool]:
    config = ProcessConfig(sessions=sessions, engines=False, beat=beat)
    pool = AgentPool(processes, config, program=FAKE, silence=silence)
    try:
        yield pool
    finally:
        await pool.close()


async def opened(
    pool: AgentPool, sink: Sink, *, rows: Rows | None = None, prompt: str | None = None, within: float = 20.0
) -> EngineConnection:
    """A session with the fake agent."""
    request = a_request(a_plan(rows or Rows()), prompt)
    return await AgentEngine(pool).connect(request, a_call(within), sink)


def a_call(within: float = 20.0) -> Call:
    return Call(Credential(), connect_timeout=within)


def tell(connection: EngineConnection, order: str) -> None:
    connection.do(Say(order))


async def until(condition: Callable[[], object]) -> None:
    """Waits for something that comes over a socket."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - what is waited for is another process's
            await asyncio.sleep(0.005)
