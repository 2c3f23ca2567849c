"""An open session over a real socket: every way in which it ends."""

import asyncio

import pytest

from speko.providers import errors
from speko.providers.openai_realtime import handshake
from speko.providers.s2s import AssistantText, Commit, ResponseStarted, Say
from tests.providers.openai_realtime import events as e
from tests.providers.openai_realtime.raw import frame
from tests.providers.openai_realtime.vendor import KEY, PATIENCE, conversation, drained
from tests.providers.openai_realtime.wired import settled, text, wired


async def test_close_is_the_end() -> None:
    async with conversation() as (peer, connection, heard):
        connection.close()
        connection.close()
        connection.audio(bytes(960))
        connection.do(Commit())
        connection.pause_reading()
        connection.resume_reading()
        async with asyncio.timeout(PATIENCE):
            await peer.socket.wait_closed()
        assert peer.socket.close_code == 1000
        assert await drained(peer) == []
        assert heard.log == []


async def test_a_vendor_that_closes() -> None:
    async with conversation() as (peer, connection, heard):
        await peer.socket.close(1001, f"session over for {KEY}")
        error = await heard.until(errors.ProviderError)
        assert isinstance(error, errors.ConnectionLost)
        assert "(1001): session over" in error.message
        assert KEY not in error.message
        connection.close()
        await settled()
        assert heard.log == [error]


@pytest.mark.parametrize("code", [1011, 3000, 4000])
async def test_any_close_code(code: int) -> None:
    async with conversation() as (peer, _, heard):
        await peer.socket.close(code)
        error = await heard.until(errors.ProviderError)
        assert f"({code})" in error.message


async def test_a_close_without_a_code() -> None:
    async with wired() as (wire, _, heard):
        await wire.write(frame(b"", 8))
        assert "(1005)" in (await heard.until(errors.ConnectionLost)).message


@pytest.mark.parametrize("when", ["before the first audio", "in the middle"])
async def test_a_vendor_that_vanishes(when: str) -> None:
    async with conversation() as (peer, connection, heard):
        await peer.send(e.created())
        if when == "in the middle":
            await peer.send(e.audio(bytes(960)), e.spoken("Half a"))
            await heard.until(AssistantText)
        peer.socket.transport.abort()
        await heard.until(errors.ConnectionLost)
        entries = len(heard.log)
        connection.audio(bytes(960))
        connection.do(Say("Hello?"))
        await settled()
        assert len(heard.log) == entries


async def test_half_a_frame_and_gone() -> None:
    async with wired() as (wire, _, heard):
        await wire.write(frame(text(e.created())), frame(text(e.spoken("Hi")))[:20])
        wire.writer.transport.abort()
        await heard.until(errors.ConnectionLost)
        assert heard.events() == [ResponseStarted("resp_1")]


async def test_the_vendors_own_limit_of_a_session() -> None:
    async with conversation() as (peer, _, heard):
        await peer.send(e.error("Your session hit the maximum duration of 60 minutes.", code="session_expired"))
        error = await heard.until(errors.ProviderError)
        assert isinstance(error, errors.ConnectionLost)
        assert "maximum duration" in error.message
        async with asyncio.timeout(PATIENCE):
            await peer.socket.wait_closed()


async def test_a_vendor_that_answers_no_ping(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshake, "PING_SECONDS", 0.1)
    async with wired() as (_, _, heard):
        error = await heard.until(errors.ProviderError)
        assert isinstance(error, errors.ConnectionLost)
        assert "ping" in error.message


class Naps:
    """Stands for `asyncio.sleep`: the seconds between pings, and those that a pong may take, pass when a test says so,
    and never because the machine stood still."""

    PING_SECONDS = 1000.0

    def __init__(self) -> None:
        self._begun: asyncio.Queue[asyncio.Future[None]] = asyncio.Queue()
        self._sleep = asyncio.sleep

    async def sleep(self, delay: float) -> None:
        """A nap, where it is one of the ping's."""
        if delay < self.PING_SECONDS / 2:
            await self._sleep(delay)
            return
        over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._begun.put_nowait(over)
        await over

    async def begun(self) -> "asyncio.Future[None]":
        """The next nap, to be ended."""
        async with asyncio.timeout(PATIENCE):
            return await self._begun.get()


async def test_late_pongs_are_no_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    naps = Naps()
    monkeypatch.setattr(handshake, "PING_SECONDS", naps.PING_SECONDS)
    monkeypatch.setattr(asyncio, "sleep", naps.sleep)
    async with wired() as (wire, _, heard), asyncio.timeout(PATIENCE):
        for _ in range(4):
            (await naps.begun()).set_result(None)  # nothing was said for so long
            assert await wire.reader.readuntil(b"\x89\x80")  # a ping without content
            patience = await naps.begun()
            await wire.write(frame(b"", 10), frame(b"", 9))
            assert await wire.reader.readuntil(b"\x8a\x80")  # what came before our own ping was read, too
            patience.set_result(None)
        await naps.begun()  # and it goes on
        assert heard.log == []


async def test_while_nothing_is_read_no_pong_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshake, "PING_SECONDS", 0.1)
    async with conversation() as (peer, connection, heard):
        connection.pause_reading()
        connection.pause_reading()
        await peer.send(e.created())
        for _ in range(10):
            await asyncio.sleep(0.05)
        assert heard.log == []
        connection.resume_reading()
        connection.resume_reading()
        await heard.until(ResponseStarted("resp_1"))
