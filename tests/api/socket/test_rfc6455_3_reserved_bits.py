"""Autobahn group 3: reserved bits, of which no extension is in use."""

import pytest

from tests import loops
from tests.api.socket.echo import echoing
from tests.api.socket.raw_socket import BINARY, CLOSE, PING, PONG, TEXT, close_payload, frame, open_socket

LOOPS = loops.BOTH


@pytest.mark.parametrize("reserved", range(1, 8))
@pytest.mark.parametrize("opcode", [TEXT, BINARY, PING, PONG, CLOSE])
async def test_3_1_to_3_7_reserved_bits(reserved: int, opcode: int) -> None:
    payload = close_payload(1000) if opcode == CLOSE else b"x"
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(opcode, payload, reserved=reserved))
        await client.expect_close(1002)
        assert await server.closed() is None
        assert not server.handler.texts
        assert not server.handler.audio


@pytest.mark.parametrize("chop", [0, 1], ids=["3_2 at once", "3_4 in single bytes"])
async def test_3_2_a_good_message_before_is_answered(chop: int) -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(TEXT, b"good"), frame(TEXT, b"bad", reserved=2), frame(PING), chop=chop)
        await client.expect((TEXT, b"good"))
        await client.expect_close(1002)
        assert server.handler.texts == [b"good"]


async def test_3_8_reserved_bits_of_a_continuation() -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(TEXT, b"x", fin=False), frame(0, b"y", reserved=4))
        await client.expect_close(1002)
