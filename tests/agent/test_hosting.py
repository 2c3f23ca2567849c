"""The process's end of a socket: who may come in, and what cuts a connection and nothing else. In the test's own loop,
so that times can be short."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from speko.agent import hosting
from speko.agent.context import Conversation, TurnOptions
from speko.agent.hosting import Hosted
from speko.agent.plan import SessionPlan
from speko.agent.sockets import dial, listen
from speko.agent.wire import AUDIO, DOWN, MAX_GREETING, UP, FrameParser, Hello, Open, Opened, Refused, audio_frame
from speko.providers.errors import Busy
from speko.providers.s2s import Commit, EngineCommand, S2sRequest, Say
from speko.routing.attempts import Deadlines
from speko.version import __version__
from tests import loops
from tests.agent.pools import until

LOOPS = loops.BOTH
SECRET = "swordfish"
PLAN = SessionPlan(
    organization_id="org",
    session_id="ses",
    request_id="req",
    language="en",
    optimize_for="balanced",
    candidates={},
    deadlines=Deadlines(),
    turns=TurnOptions(),
)
HELLO = UP.frame(Hello(SECRET, __version__))
OPEN = UP.frame(Open(S2sRequest(model="m", input_rate=24000, output_rate=24000), PLAN))


class Recorder:
    """A conversation, and the process around it."""

    def __init__(self) -> None:
        self.secret = SECRET
        self.heard: list[bytes | EngineCommand] = []
        self.started = asyncio.Event()
        self.may_start = asyncio.Event()
        self.may_start.set()
        self.closed = 0
        self.left = 0

    def admit(self, hosted: Hosted) -> bool:
        return True

    def leave(self, hosted: Hosted) -> None:
        self.left += 1

    def conversation(self, wanted: Open, hosted: Hosted) -> Conversation:
        return self

    async def start(self) -> None:
        self.started.set()
        await self.may_start.wait()

    def on_audio(self, pcm: bytes) -> None:
        self.heard.append(pcm)

    def on_command(self, command: EngineCommand) -> None:
        self.heard.append(command)

    async def close(self) -> None:
        self.closed += 1


class Caller(asyncio.Protocol):
    """A gateway that says whatever the test wants."""

    def __init__(self) -> None:
        self.parser = FrameParser()
        self.said: list[object] = []
        self.gone = False
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.parser.feed(data)
        while (frame := self.parser.next()) is not None:
            self.said.append(frame[1] if frame[0] == AUDIO else DOWN.read(*frame))

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone = True

    def send(self, *data: bytes) -> None:
        for piece in data:
            self.transport.write(piece)


class House:
    """A listening socket with recorders behind it."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.recorder = Recorder()

    async def call(self, *data: bytes) -> Caller:
        caller = Caller()
        await dial(self.address, lambda: caller)
        caller.send(*data)
        return caller

    async def opened(self) -> Caller:
        caller = await self.call(HELLO, OPEN)
        await until(lambda: caller.said)
        assert caller.said == [Opened()]
        return caller


@pytest.fixture(params=["unix", "tcp"])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    recorder = Recorder()
    address = str(tmp_path / "s") if request.param == "unix" else "127.0.0.1:0"
    server = await listen(address, lambda: Hosted(recorder))
    if request.param == "tcp":
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    found = House(address)
    found.recorder = recorder
    yield found
    server.close()


async def test_a_conversation_from_hello_to_its_end(house: House) -> None:
    caller = await house.opened()
    caller.send(audio_frame(b"\1\2"), UP.frame(Commit()), UP.frame(Say("hello")))
    await until(lambda: len(house.recorder.heard) == 3)
    assert house.recorder.heard == [b"\1\2", Commit(), Say("hello")]
    caller.transport.write_eof()
    await until(lambda: caller.gone)
    assert (house.recorder.closed, house.recorder.left) == (1, 1)


async def test_bytes_may_come_one_by_one(house: House) -> None:
    caller = await house.call(*[bytes([byte]) for byte in HELLO + OPEN])
    await until(lambda: caller.said == [Opened()])


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(UP.frame(Hello("guess", __version__)) + OPEN, id="wrong secret"),
        pytest.param(UP.frame(Hello("", __version__)) + OPEN, id="no secret"),
        pytest.param(UP.frame(Hello("ä", __version__)) + OPEN, id="not even ASCII"),
        pytest.param(OPEN, id="no hello"),
        pytest.param(audio_frame(b"12"), id="sound first"),
        pytest.param((MAX_GREETING + 1).to_bytes(4, "little") + b"\0", id="long before the secret is known"),
        pytest.param(HELLO + HELLO, id="hello twice"),
        pytest.param(HELLO + audio_frame(b"12"), id="sound before the conversation"),
        pytest.param(HELLO + OPEN[:4] + b"\xfe" + OPEN[5:], id="unknown kind"),
        pytest.param(HELLO + OPEN[:4] + OPEN[4:5] + b"\xc1" * (len(OPEN) - 5), id="unreadable"),
        pytest.param(HELLO + OPEN + audio_frame(b"12"), id="sound before it has begun"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", id="another protocol"),
    ],
)
async def test_who_does_not_keep_to_the_protocol_is_cut_off(
    house: House, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    house.recorder.may_start.clear()
    other = await house.call(HELLO, OPEN)
    await house.recorder.started.wait()
    caller = await house.call(data)
    await until(lambda: caller.gone)
    assert caller.said == []
    house.recorder.may_start.set()
    await until(lambda: other.said == [Opened()])
    assert any(r.levelno == logging.WARNING for r in caplog.records)
    assert "guess" not in caplog.text


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(audio_frame(b"123"), id="half a sample"),
        pytest.param(HELLO, id="hello again"),
        pytest.param(OPEN, id="open again"),
        pytest.param((2**31).to_bytes(4, "little") + b"\0", id="too big"),
        pytest.param(b"\0\0\0\0\xff", id="unknown kind"),
    ],
)
async def test_nonsense_in_the_middle_ends_that_conversation(house: House, data: bytes) -> None:
    other = await house.opened()
    caller = await house.opened()
    caller.send(data)
    await until(lambda: caller.gone)
    await until(lambda: house.recorder.closed == 1)
    other.send(audio_frame(b"12"))
    await until(lambda: house.recorder.heard == [b"12"])


async def test_another_version_is_told_so(house: House) -> None:
    """Though it says all that it wants in one go, and begins to talk."""
    caller = await house.call(UP.frame(Hello(SECRET, "0.0.0")) + OPEN + audio_frame(b"12"))
    await until(lambda: caller.gone)
    (refused,) = caller.said
    assert isinstance(refused, Refused)
    assert "version" in refused.failure.message


async def test_who_finds_no_room_is_told_so(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(house.recorder, "admit", lambda hosted: False)
    caller = await house.call(HELLO + OPEN + audio_frame(b"12"))
    await until(lambda: caller.gone)
    (refused,) = caller.said
    assert isinstance(refused, Refused)
    assert isinstance(refused.failure.error(), Busy)
    assert not caplog.records, "nobody has done anything wrong"


async def test_who_says_nothing_does_not_stay(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosting, "GREETING", 0.05)
    silent, half = await house.call(), await house.call(HELLO)
    await until(lambda: silent.gone and half.gone)


@pytest.mark.parametrize("house", ["unix"], indirect=True)
async def test_who_opens_in_time_may_be_silent(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosting, "GREETING", 2.5)
    caller, silent = await house.opened(), await house.call()
    await until(lambda: silent.gone)
    assert not caller.gone


@pytest.mark.parametrize("way", ["eof", "abort"])
async def test_who_leaves_before_it_has_begun_ends_it(house: House, way: str) -> None:
    house.recorder.may_start.clear()
    caller = await house.call(HELLO, OPEN)
    await house.recorder.started.wait()
    if way == "eof":
        caller.transport.write_eof()
    else:
        caller.transport.abort()
    await until(lambda: house.recorder.left == 1)
    assert house.recorder.closed == 1
    await until(lambda: caller.gone)
    assert caller.said == []


async def test_who_vanishes_ends_it(house: House) -> None:
    caller = await house.opened()
    caller.transport.abort()
    await until(lambda: house.recorder.left == 1)
    assert house.recorder.closed == 1


async def test_nobody_waits_for_room_at_a_gateway_that_is_gone(tmp_path: Path) -> None:
    recorder, ends = Recorder(), list[Hosted]()

    def a_hosted() -> Hosted:
        ends.append(Hosted(recorder))
        return ends[-1]

    house = House(str(tmp_path / "s"))
    server = await listen(house.address, a_hosted)
    caller = await house.opened()
    caller.transport.pause_reading()
    for _ in range(8):
        ends[0].send_audio(bytes(2**20))
    waiting = asyncio.create_task(ends[0].drained())
    await asyncio.sleep(0)
    assert not waiting.done()
    caller.transport.abort()
    await asyncio.wait_for(waiting, 10)
    await until(lambda: recorder.left == 1)
    ends[0].send_audio(b"12")
    await ends[0].drained()
    server.close()
