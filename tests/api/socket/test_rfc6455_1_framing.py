"""Autobahn group 1: one message in one frame."""

import pytest

from tests import loops
from tests.api.socket.echo import echoing
from tests.api.socket.raw_socket import BINARY, TEXT, close_payload, frame, open_socket

LOOPS = loops.BOTH
SIZES = [0, 125, 126, 127, 128, 65535, 65536]


@pytest.mark.parametrize("size", SIZES)
async def test_1_1_text(size: int) -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(TEXT, b"*" * size))
        await client.expect((TEXT, b"*" * size))
        assert server.handler.texts == [b"*" * size]
        await client.send(frame(8, close_payload(1000)))
        await client.expect_close(1000)
        assert await server.closed() == 1000


@pytest.mark.parametrize("size", SIZES)
async def test_1_2_binary(size: int) -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(BINARY, b"\xfe" * size))
        await client.expect((BINARY, b"\xfe" * size))
        assert server.handler.audio == [b"\xfe" * size]
        await client.send(frame(8, close_payload(1000)))
        await client.expect_close(1000)
        assert await server.closed() == 1000
