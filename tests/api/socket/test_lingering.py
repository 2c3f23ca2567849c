"""The last seconds of a connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import pytest

from speko.api.socket.lingering import Lingering
from tests import loops
from tests.api.running import until

LOOPS = loops.BOTH


class Meeting(asyncio.Protocol):
    """Hands its connection over to `Lingering` with something written."""

    def __init__(self, written: int, seconds: float) -> None:
        self.written = written
        self.seconds = seconds
        self.gone: list[Exception | None] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        own = cast(asyncio.Transport, transport)
        own.write(b"x" * self.written)
        Lingering(own, self.seconds, self.gone.append)


@asynccontextmanager
async def meeting(
    written: int, seconds: float
) -> AsyncIterator[tuple[Meeting, asyncio.StreamReader, asyncio.StreamWriter]]:
    protocol = Meeting(written, seconds)
    server = await asyncio.get_running_loop().create_server(lambda: protocol, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    try:
        yield protocol, reader, writer
    finally:
        writer.close()
        server.close()


async def is_gone(protocol: Meeting) -> None:
    async def gone() -> bool:
        return len(protocol.gone) == 1

    await until(gone)


@pytest.mark.parametrize("written", [5, 5_000_000])
async def test_what_was_written_leaves_and_the_end_follows(written: int) -> None:
    async with meeting(written, 10) as (protocol, reader, writer):
        writer.write(b"still talking" * 1000)
        assert len(await asyncio.wait_for(reader.read(), 10)) == written
        assert not protocol.gone, "it waits for the other side"
        writer.write(b"and still" * 1000)
        writer.close()
        await is_gone(protocol)


async def test_who_does_not_close_is_cut_off() -> None:
    async with meeting(5, 0.1) as (protocol, reader, _):
        assert await asyncio.wait_for(reader.read(), 10) == b"xxxxx"
        await is_gone(protocol)


async def test_who_does_not_read_is_cut_off() -> None:
    async with meeting(30_000_000, 0.1) as (protocol, _, writer):
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await is_gone(protocol)
