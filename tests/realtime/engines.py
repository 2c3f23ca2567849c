"""Engines and clients for tests of the bridge: everything that is said to them is kept."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from speko.providers.errors import ProviderError
from speko.providers.s2s import EngineCommand, EngineSink, Rates, S2sCapabilities
from speko.realtime.actions import Spoken, TurnRecord
from speko.realtime.bridge import Bridge
from speko.realtime.config import SessionConfig
from speko.realtime.engines import Dialled, Engines, Renew
from speko.routing.attempts import Candidate, Deadlines
from speko.routing.health import Health
from speko.routing.metering import CallInfo, Meter
from tests.routing.chains import Books, candidate

CAPABILITIES = S2sCapabilities(input_rates=(24000,), output_rates=(24000,))


async def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Lets tasks run until it holds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - whatever it is
            await asyncio.sleep(0)


class FakeConnection:
    """One open session with a fake engine."""

    def __init__(self, dialled: Dialled, sink: EngineSink) -> None:
        self.dialled = dialled
        self.sink = sink
        self.heard: list[bytes] = []
        self.commands: list[EngineCommand] = []
        self.reading = True
        self.closed = False

    def audio(self, pcm: bytes) -> None:
        self.heard.append(pcm)

    def do(self, command: EngineCommand) -> None:
        self.commands.append(command)

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def close(self) -> None:
        self.closed = True


class FakeEngines:
    """What is dialled: by default everybody answers; `refusing` names who does not and why."""

    def __init__(self, capabilities: S2sCapabilities = CAPABILITIES) -> None:
        self.capabilities = capabilities
        self.refusing: dict[str, ProviderError] = {}
        self.hanging: set[str] = set()
        self.connections: list[FakeConnection] = []
        self.before_ready: Callable[[EngineSink], Awaitable[None]] | None = None
        self.rates: Rates | None = None

    @property
    def last(self) -> FakeConnection:
        return self.connections[-1]

    async def dial(self, dialled: Dialled, sink: EngineSink) -> tuple[FakeConnection, S2sCapabilities, Rates]:
        name = f"{dialled.candidate.provider}/{dialled.candidate.model}"
        if name in self.hanging:
            await asyncio.Event().wait()
        if name in self.refusing:
            raise self.refusing[name]
        if self.before_ready is not None:
            await self.before_ready(sink)
        connection = FakeConnection(dialled, sink)
        self.connections.append(connection)
        return connection, self.capabilities, self.rates or Rates.of(self.capabilities, 24000, 24000)


def chain_of(
    fakes: FakeEngines,
    *names: str,
    pinned: bool = False,
    books: Books | None = None,
    renew: Renew = lambda candidates: candidates,
    **deadlines: float,
) -> Engines:
    """The engines of a session over fakes."""
    candidates: list[Candidate] = [candidate(name, "s2s") for name in names]
    meter = Meter(CallInfo("session", "req_1", "org_1", "ses_1"), books or Books())
    limits = Deadlines(**{"connect": 10.0, "first_byte": 10.0, "total": 30.0, "budget": 30.0, **deadlines})
    return Engines(
        candidates, pinned=pinned, health=Health(), meter=meter, dial=fakes.dial, renew=renew, deadlines=limits
    )


class FakeLink:
    """A client's socket."""

    def __init__(self) -> None:
        self.audio = bytearray()
        self.pieces: list[int] = []
        """Bytes of each binary frame."""
        self.frames: list[dict[str, object]] = []
        self.order: list[object] = []
        """Kinds of what came; `audio` once for audio without a frame between."""
        self.closed: tuple[int, str] | None = None
        self.aborted = False
        self.buffered = 0

    def send_audio(self, pcm: bytes) -> None:
        assert self.closed is None, "audio after the close"
        self.audio += pcm
        self.pieces.append(len(pcm))
        if self.order[-1:] != ["audio"]:
            self.order.append("audio")

    def send_text(self, text: bytes) -> None:
        assert self.closed is None, "a frame after the close"
        self.frames.append(msgspec.json.decode(text))
        self.order.append(self.frames[-1]["t"])

    def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)

    def abort(self) -> None:
        self.aborted = True

    async def alive(self, within: float) -> bool:
        return not self.aborted

    @property
    def kinds(self) -> list[object]:
        return [frame["t"] for frame in self.frames]


class Witness:
    """An observer that remembers."""

    def __init__(self) -> None:
        self.engines: list[str] = []
        self.records: list[TurnRecord | Spoken] = []
        self.used: list[tuple[str, int]] = []
        self.end: tuple[str, str] | None = None

    def active(self, engine: Candidate) -> None:
        self.engines.append(f"{engine.provider}/{engine.model}")

    def record(self, what: TurnRecord | Spoken, engine: Candidate | None) -> None:
        self.records.append(what)

    def responded(self, engine: Candidate, usage: object, audio_ms: int) -> None:
        self.used.append((engine.provider, audio_ms))

    def ended(self, status: str, reason: str) -> None:
        assert self.end is None, "ended twice"
        self.end = (status, reason)


class Bridged:
    """A session with a client and engines, as the gateway runs it. Rates are 24 kHz unless `config` says otherwise."""

    def __init__(self, *names: str, pinned: bool = False, fakes: FakeEngines | None = None, **config: Any) -> None:
        self.fakes = fakes or FakeEngines()
        self.books = Books()
        self.witness = Witness()
        self.link = FakeLink()
        self.chain = chain_of(self.fakes, *(names or ("a/one",)), pinned=pinned, books=self.books)
        usual = {"input_rate": 24000, "output_rate": 24000, "expires_at": time.monotonic() + 600}
        self.bridge = Bridge(SessionConfig(**{**usual, **config}), self.chain, self.witness)
        self.bridge.attach(self.link)

    async def ready(self) -> FakeConnection:
        """Waits for the engine that is to serve."""
        await until(lambda: "ready" in self.link.kinds)
        return self.fakes.last

    async def next_engine(self) -> FakeConnection:
        """Waits for the engine after the last one."""
        count = len(self.fakes.connections)
        await until(lambda: len(self.fakes.connections) > count)
        await until(lambda: len(self.witness.engines) == len(self.fakes.connections))
        return self.fakes.last

    def tell(self, t: str, **members: object) -> None:
        """A text frame of the client."""
        self.bridge.on_text(msgspec.json.encode({"t": t, **members}))

    def speak(self, pcm: bytes, step: int = 640) -> None:
        """Sound of the client, in frames."""
        for at in range(0, len(pcm), step):
            self.bridge.on_audio(pcm[at : at + step])

    async def over(self) -> None:
        """Waits for the end, and for everything to be let go."""
        await until(lambda: self.bridge.over)
        assert all(connection.closed for connection in self.fakes.connections), "an engine is left open"
        ours = [task for task in asyncio.all_tasks() if "_open_engine" in repr(task) and not task.cancelling()]
        assert not ours, "an engine is still being connected"
