"""Autobahn group 4: opcodes that mean nothing."""

import pytest

from tests import loops
from tests.api.socket.echo import echoing
from tests.api.socket.raw_socket import PING, TEXT, frame, open_socket

LOOPS = loops.BOTH


@pytest.mark.parametrize("payload", [b"", b"reserved"])
@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7])
async def test_4_1_unknown_data_opcode(opcode: int, payload: bytes) -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(opcode, payload))
        await client.expect_close(1002)
        assert await server.closed() is None


@pytest.mark.parametrize("payload", [b"", b"reserved"])
@pytest.mark.parametrize("opcode", [11, 12, 13, 14, 15])
async def test_4_2_unknown_control_opcode(opcode: int, payload: bytes) -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(opcode, payload))
        await client.expect_close(1002)
        assert await server.closed() is None


@pytest.mark.parametrize("opcode", [5, 13])
async def test_4_1_3_between_good_messages(opcode: int) -> None:
    """In pieces: of several frames in one read, the last one before a violation may go unanswered (not strict)."""
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(TEXT, b"good"))
        await client.expect((TEXT, b"good"))
        await client.send(frame(opcode, b"x"), frame(PING))
        await client.expect_close(1002)


async def test_4_1_4_all_in_one_read() -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(TEXT, b"one"), frame(TEXT, b"two"), frame(5, b"x"), frame(TEXT, b"three"))
        await client.expect((TEXT, b"one"))
        await client.expect_failure(1002)
        assert server.handler.texts == [b"one"]
        assert await server.closed() is None
