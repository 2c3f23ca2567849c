"""Vendors that die and recover at random, in this process, so that they remember what they were asked."""

import asyncio
import random
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from speko.simulators import Engines, Fault, FaultKind, OpenAISimulator, Script
from speko.simulators.script import RealtimeScript

VENDORS = ("openai", "groq", "together")
WORDS = "one two three four five six seven eight nine ten"
SCRIPT = Script(
    text=WORDS,
    transcript="hello there",
    audio_ms=1500,
    pace=0.01,
    realtime=RealtimeScript(pace=4.0),
)
KINDS = (
    FaultKind.REFUSE,
    FaultKind.UNAUTHORIZED,
    FaultKind.PAYMENT_REQUIRED,
    FaultKind.FORBIDDEN,
    FaultKind.NOT_FOUND,
    FaultKind.RATE_LIMITED,
    FaultKind.SERVER_ERROR,
    FaultKind.OVERLOADED,
    FaultKind.SILENT,
    FaultKind.STALL,
    FaultKind.CUT,
    FaultKind.MALFORMED,
    FaultKind.TRUNCATED,
    FaultKind.EMPTY,
    FaultKind.SLOW,
)


@dataclass
class Chaos:
    """The vendors and what is done to them. A vendor is well for some seconds, then ill in one way for some."""

    dice: random.Random
    vendors: dict[str, OpenAISimulator] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    """How often each fault came."""
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def start(self) -> None:
        """All vendors, well."""
        for vendor in VENDORS:
            simulator = OpenAISimulator(script=SCRIPT, engines=Engines.none(), keep=1)
            simulator.realtime.sessions = deque()  # all of them, for the books
            self.vendors[vendor] = await self._stack.enter_async_context(simulator)

    def unleash(self) -> None:
        """From now on they fall ill."""
        for simulator in self.vendors.values():
            self._tasks.append(asyncio.create_task(self._flap(simulator)))

    async def calm(self) -> None:
        """All are well again, and stay so."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for simulator in self.vendors.values():
            simulator.fault = None

    def heard(self) -> dict[str, int]:
        """By vendor, the requests that it has read. A connection that was reset at the request's head is none: the
        gateway may have taken it for a stale one and asked once more."""
        ledgers = {vendor: simulator.ledger for vendor, simulator in self.vendors.items()}
        return {vendor: ledger.total - ledger.faults["refuse"] for vendor, ledger in ledgers.items()}

    def responses(self) -> dict[str, list[dict[str, Any]]]:
        """By vendor, the usage that it told of each response of its conversations."""
        told: dict[str, list[dict[str, Any]]] = {}
        for vendor, simulator in self.vendors.items():
            every = (response for session in simulator.realtime.sessions for response in session.responses)
            told[vendor] = [response.usage for response in every if response.usage is not None]
        return told

    async def stop(self) -> None:
        """Ends them."""
        await self._stack.aclose()

    async def _flap(self, simulator: OpenAISimulator) -> None:
        for kind in self._illnesses():
            simulator.fault = None
            await asyncio.sleep(self.dice.uniform(0.5, 6.0))
            self.done["dead" if kind is None else kind.value] += 1
            lasts = self.dice.uniform(0.3, 4.0)
            if kind is None:
                async with simulator.port_closed():
                    await asyncio.sleep(lasts)
                continue
            # Often only some requests: a vendor is seldom ill all through.
            some = self.dice.choice((0.3, 0.7, 1.0))
            simulator.fault = Fault(
                kind, probability=some, seed=self.dice.randrange(1 << 30), chunks=self.dice.randrange(5), seconds=0.6
            )
            await asyncio.sleep(lasts)

    def _illnesses(self) -> Iterator[FaultKind | None]:
        """Each once, in any order, then again; None = dead."""
        while True:
            kinds = [*KINDS, None, None]
            self.dice.shuffle(kinds)
            yield from kinds
