"""A session under test, with a client, an engine and a clock that the test moves. Sound is numbered: a sample's value
is its place in all that was said, so that what is lost, doubled or out of order shows. At 1000 Hz a sample is 1 ms."""

from array import array
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from speko.events.s2s import ErrorFrame, Ready, ServerFrame, TranscriptFrame, TurnFrame
from speko.providers.errors import ConnectionLost
from speko.providers.s2s import EngineCommand, EngineEvent, S2sCapabilities
from speko.realtime import actions as do
from speko.realtime.session import Session, SessionConfig

RATE = 1000
"""Hz: a sample is a millisecond."""
MANUAL = S2sCapabilities((RATE,), (RATE,))
CONTINUES = S2sCapabilities((RATE,), (RATE,), continues=True)
OWNER = S2sCapabilities((RATE,), (RATE,), owns_turns=True, continues=True)
START = datetime(2026, 1, 1, tzinfo=UTC)


def samples(pcm: bytes) -> list[int]:
    """The numbers in some sound."""
    return array("H", pcm).tolist()


class Numbered:
    """Sound whose samples count up."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, size: int) -> bytes:
        first, self.count = self.count, self.count + size
        return array("H", (number & 0xFFFF for number in range(first, self.count))).tobytes()


class Talking:
    """Drives a session like the bridge does, and keeps what came out."""

    def __init__(self, *, attach: bool = True, ready: S2sCapabilities | None = MANUAL, **config: Any) -> None:
        self.now = 100.0
        rates = {"input_rate": RATE, "output_rate": RATE, "expires_at": 100_000.0, "idle_timeout": 10_000.0}
        self.config = SessionConfig(**{**rates, "wall_clock": self._wall, **config})
        self.session = Session(self.config, self.now)
        self.user_sound = Numbered()
        self.engine_sound = Numbered()
        self.frames: list[ServerFrame] = []
        """To the client, over all sockets."""
        self.played: list[int] = []
        """Samples to the client, over all sockets."""
        self.sockets: list[list[ServerFrame | list[int]]] = []
        """What came over each, in order."""
        self.heard: list[int] = []
        """Samples to the engine in service."""
        self.told: list[EngineCommand] = []
        self.connects: list[do.Connect] = []
        self.records: list[do.TurnRecord | do.Spoken] = []
        self.holds: list[bool] = []
        self.closed: do.Close | None = None
        self.watch: Callable[[do.Action], None] = lambda action: None
        if attach:
            self.attach()
            if ready is not None:
                self.ready(ready)

    def _wall(self) -> datetime:
        return START + timedelta(seconds=self.now - 100.0)

    # ---- what happens

    def attach(self) -> None:
        self.sockets.append([])
        self.carry_out(self.session.attached(self.now))

    def detach(self, code: int | None = None) -> None:
        self.carry_out(self.session.detached(code, self.now))

    def ready(self, capabilities: S2sCapabilities = MANUAL) -> None:
        self.heard.clear()
        self.carry_out(self.session.engine_ready("acme", "voice-1", capabilities, self.now))

    def lose(self) -> None:
        self.carry_out(self.session.engine_lost(ConnectionLost("gone"), self.now))

    def send(self, t: str, **members: Any) -> None:
        """A frame of the client."""
        self.send_raw(msgspec.json.encode({"t": t, **members}))

    def send_raw(self, text: bytes) -> None:
        self.carry_out(self.session.client_text(text, self.now))

    def commit(self) -> None:
        self.send("control", action="commit")

    def speak(self, size: int = 100) -> None:
        """Sound of the user; at 1000 Hz, in ms."""
        self.speak_raw(self.user_sound(size))

    def speak_raw(self, pcm: bytes) -> None:
        out = self.session.client_audio(pcm, self.now)
        if out is not None:
            self.heard += samples(out)
        self._pending()

    def event(self, *events: EngineEvent) -> None:
        for event in events:
            self.carry_out(self.session.engine_event(event, self.now))

    def sound(self, response: str, size: int = 100) -> None:
        """Sound of the engine; at 1000 Hz, in ms."""
        self.sound_raw(response, self.engine_sound(size))

    def sound_raw(self, response: str, pcm: bytes) -> None:
        out = self.session.engine_audio(response, pcm, self.now)
        if out is not None:
            self.watch(do.Play(out))
            self._play(out)
        self._pending()

    def wait(self, seconds: float) -> None:
        """Time passes, with a tick whenever one is due."""
        until = self.now + seconds
        while (due := self.session.deadline) is not None and due <= until:
            self.now = max(self.now, due)
            self.carry_out(self.session.tick(self.now))
        self.now = until
        self.carry_out(self.session.tick(self.now))

    # ---- what comes out

    def _pending(self) -> None:
        if self.session.has_pending:
            self.carry_out(self.session.pending())

    def carry_out(self, wanted: list[do.Action]) -> None:
        assert len(wanted) < 10_000
        for action in wanted:
            self.watch(action)
            self._do(action)

    def _do(self, action: do.Action) -> None:
        match action:
            case do.Send():
                self.frames.append(action.frame)
                self.sockets[-1].append(action.frame)
            case do.Play():
                self._play(action.pcm)
            case do.Hear():
                self.heard += samples(action.pcm)
            case do.Tell():
                self.told.append(action.command)
            case do.Connect():
                self.connects.append(action)
            case do.Record():
                self.records.append(action.what)
            case do.HoldEngine():
                self.holds.append(action.hold)
            case do.Close():
                self.closed = action

    def _play(self, pcm: bytes) -> None:
        self.played += samples(pcm)
        socket = self.sockets[-1]
        if socket and isinstance(socket[-1], list):
            socket[-1].extend(samples(pcm))
        else:
            socket.append(samples(pcm))

    def new(self) -> list[ServerFrame]:
        """Frames since the last look."""
        frames = list(self.frames)
        self.frames.clear()
        return frames

    def new_told(self) -> list[EngineCommand]:
        """Commands since the last look."""
        told = list(self.told)
        self.told.clear()
        return told

    def stages(self) -> dict[str, int]:
        return {frame.stage: frame.ms for frame in self.frames if isinstance(frame, TurnFrame)}

    def transcripts(self, role: str = "assistant") -> list[tuple[str, bool]]:
        return [(f.text, f.final) for f in self.frames if isinstance(f, TranscriptFrame) and f.role == role]

    def errors(self) -> list[str]:
        return [frame.code for frame in self.frames if isinstance(frame, ErrorFrame)]

    def turns(self) -> list[do.TurnRecord]:
        return [record for record in self.records if isinstance(record, do.TurnRecord)]

    def spoken(self) -> list[do.Spoken]:
        return [record for record in self.records if isinstance(record, do.Spoken)]


READY = Ready(RATE, RATE)
