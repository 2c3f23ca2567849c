"""One agent process: warms everything up, listens, holds conversations, and ends with its gateway."""

import argparse
import asyncio
import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final, Literal

import msgspec
import uvloop
from msgspec import Struct

from speko.agent import logs
from speko.agent.context import AgentContext, AgentLink, Conversation, TurnOptions
from speko.agent.hosting import Hosted
from speko.agent.reports import SessionHealth, SessionLedger
from speko.agent.sockets import listen
from speko.agent.wire import Open
from speko.providers.registry import Connectors, Registry, Runtime
from speko.providers.s2s import S2sRequest
from speko.routing.health import Health

log = logging.getLogger(__name__)
ENDING: Final = 5.0
"""Seconds from the gateway's end to ours, whatever hangs."""
Factory = Callable[[S2sRequest, AgentContext, AgentLink], Conversation]
WarmUp = Callable[[TurnOptions], None]


class ProcessConfig(Struct, frozen=True, kw_only=True):
    """What the gateway tells its process, on the first line of its standard input, as JSON."""

    sessions: int
    """Conversations at once."""
    secret: str = ""
    """Who may open conversations shows it."""
    stt_workers: int = 2
    """Of the embedded recogniser."""
    engines: bool = True
    """Warm the embedded engines up."""
    turn_detection: Literal["vad", "model"] = "vad"
    """What conversations will use."""
    log_level: int = logging.INFO
    beat: float = 2.0
    """Seconds between two signs of life on standard output."""

    def __repr__(self) -> str:
        return f"ProcessConfig(sessions={self.sessions})"


class AgentProcess:
    """What all conversations of the process share."""

    def __init__(self, config: ProcessConfig, factory: Factory, registry: Registry) -> None:
        self.secret = config.secret
        self._config = config
        self._factory = factory
        self._runtime = Runtime(stt_workers=config.stt_workers, agent_processes=0)
        self._connectors = Connectors(registry, self._runtime)
        self._health = Health()
        self._hosted: set[Hosted] = set()
        self._draining = False
        self._empty = asyncio.Event()
        self._empty.set()
        self.over = asyncio.Event()

    async def warm_engines(self) -> None:
        """Starts the workers of the embedded engines."""
        starts = [r.start for r in self._connectors.registry.vendors.values() if r.start is not None]
        for result in await asyncio.gather(*(start(self._runtime) for start in starts), return_exceptions=True):
            if isinstance(result, Exception):
                log.error("agent: an engine failed to start", extra={"type": type(result).__name__})

    # ---- see `Host`

    def admit(self, hosted: Hosted) -> bool:
        """Whether there is room for one more."""
        if self._draining or len(self._hosted) >= self._config.sessions:
            return False
        self._hosted.add(hosted)
        self._empty.clear()
        return True

    def leave(self, hosted: Hosted) -> None:
        """A conversation is over."""
        self._hosted.discard(hosted)
        if not self._hosted:
            self._empty.set()
            if self._draining:
                self.over.set()

    def conversation(self, wanted: Open, hosted: Hosted) -> Conversation:
        """Makes a conversation."""
        plan, now = wanted.plan, time.monotonic()
        for breaker in wanted.breakers:
            self._health.rest(breaker.provider, breaker.model, breaker.credential_id, breaker.seconds, now)
        context = AgentContext(
            organization_id=plan.organization_id,
            session_id=plan.session_id,
            request_id=plan.request_id,
            language=plan.language,
            optimize_for=plan.optimize_for,
            candidates=plan.known_to(self._connectors.registry),
            connectors=self._connectors,
            health=SessionHealth(self._health, hosted.tell),
            ledger=SessionLedger(hosted.tell),
            deadlines=plan.deadlines,
            turns=plan.turns,
            api_key_id=plan.api_key_id,
            traceparent=plan.traceparent,
        )
        return self._factory(wanted.request, context, hosted)

    # ---- the end

    def drain(self) -> None:
        """Takes no more conversations, and ends with the last one; asked twice, it ends those that are left."""
        if self._draining or not self._hosted:
            self.over.set()
        self._draining = True

    async def close(self) -> None:
        """Ends all conversations, and the engines."""
        self._draining = True
        for hosted in list(self._hosted):
            hosted.end()
        await self._empty.wait()
        await self._runtime.close()


def main(argv: Sequence[str], factory: Factory, warm_up: WarmUp) -> int:
    """Runs one process until its gateway ends; the exit code. `argv`: `--socket` and where to listen.

    Standard input: one line of JSON, a `ProcessConfig`; its end is the gateway's. Standard output: an empty line when
    everything is warm and listening, and one every `beat` seconds from then on. Standard error: log lines, see `logs`.
    """
    parser = argparse.ArgumentParser(prog="python -m speko.agent", description="A process of the voice agent.")
    parser.add_argument("--socket", required=True, metavar="ADDRESS", help="/path/of/a/socket or host:port")
    address: str = parser.parse_args(argv).socket
    signs = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever prints, prints no sign of life
    line = sys.stdin.buffer.readline()
    if not line:
        _clean_up(address)  # the gateway has gone before it began
        return 0
    lifeline = _Lifeline(address)
    config = msgspec.json.decode(line, type=ProcessConfig)
    logs.configure(config.log_level)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(config, lifeline, factory, warm_up, signs))
        # Whatever a conversation or a package left running must not hold up the end.
        os._exit(0)


async def _run(
    config: ProcessConfig, lifeline: "_Lifeline", factory: Factory, warm_up: WarmUp, signs: BinaryIO
) -> None:
    process = AgentProcess(config, factory, Registry.load())
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, process.drain)
    loop.add_signal_handler(signal.SIGINT, process.drain)
    if config.engines:
        await process.warm_engines()
    warm_up(TurnOptions(detection=config.turn_detection))
    # What is there now stays: no collection has to look at it again.
    gc.collect()
    gc.freeze()
    lifeline.end_by(lambda: loop.call_soon_threadsafe(process.over.set))
    server = await listen(lifeline.address, lambda: Hosted(process))
    beating = asyncio.create_task(_beat(signs, config.beat))
    try:
        await process.over.wait()
    finally:
        server.close()
        beating.cancel()
        await process.close()


async def _beat(signs: BinaryIO, every: float) -> None:
    with suppress(OSError):
        while True:
            signs.write(b"\n")
            await asyncio.sleep(every)


class _Lifeline:
    """Standard input, whose end is the gateway's: watched from a thread, so that a loop that is stuck ends too. Until
    there may be conversations, the process just goes: engines that warm up take seconds."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._end: Callable[[], object] | None = None
        threading.Thread(target=self._watch, daemon=True, name="gateway's end").start()

    def end_by(self, end: Callable[[], object]) -> None:
        """How to end in good order from now on; called in the thread."""
        self._end = end

    def _watch(self) -> None:
        with suppress(OSError):
            while os.read(sys.stdin.fileno(), 4096):
                pass
        _clean_up(self.address)
        if self._end is not None:
            with suppress(RuntimeError):
                self._end()
            time.sleep(ENDING)
        os._exit(1)


def _clean_up(address: str) -> None:
    """Removes the socket, and its folder when it is the last one there: a gateway that was killed cannot."""
    if "/" in address:
        with suppress(OSError):
            Path(address).unlink()
        with suppress(OSError):
            Path(address).parent.rmdir()
