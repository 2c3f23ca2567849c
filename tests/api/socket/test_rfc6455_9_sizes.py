"""Autobahn group 9: large messages, up to our limits and beyond."""

import pytest

from speko.api.socket.messages import BINARY_LIMIT, TEXT_LIMIT
from tests import loops
from tests.api.socket.echo import echoing
from tests.api.socket.raw_socket import BINARY, CONTINUATION, TEXT, frame, open_socket
from tests.api.socket.test_rfc6455_5_fragmentation import parts

LOOPS = loops.BOTH
LIMITS = pytest.mark.parametrize(("opcode", "limit"), [(TEXT, TEXT_LIMIT), (BINARY, BINARY_LIMIT)])


def test_9_0_limits_are_the_contracts() -> None:
    assert (TEXT_LIMIT, BINARY_LIMIT) == (256 * 1024, 1024 * 1024)


@LIMITS
async def test_9_1_at_the_limit(opcode: int, limit: int) -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(opcode, b"x" * limit))
        await client.expect((opcode, b"x" * limit))


@LIMITS
async def test_9_2_over_the_limit(opcode: int, limit: int) -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(opcode, b"x" * (limit + 1)))
        await client.expect_close(1009)
        assert await server.closed() is None


@LIMITS
@pytest.mark.parametrize("size", [64, 1000, 100_000])
async def test_9_3_at_the_limit_in_frames_of(opcode: int, limit: int, size: int) -> None:
    whole = b"x" * limit
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(*parts(opcode, *(whole[at : at + size] for at in range(0, limit, size))))
        await client.expect((opcode, whole))


@LIMITS
async def test_9_4_over_the_limit_in_two_frames(opcode: int, limit: int) -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(opcode, b"x" * limit, fin=False), frame(CONTINUATION, b"x"))
        await client.expect_close(1009)


@LIMITS
async def test_9_5_over_the_limit_before_the_message_is_whole(opcode: int, limit: int) -> None:
    step = limit // 4
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(opcode, b"x" * step, fin=False))
        for _ in range(4):
            await client.send(frame(CONTINUATION, b"x" * step, fin=False))
        await client.expect_close(1009)


@pytest.mark.parametrize("size", [BINARY_LIMIT + 1, 2**40, 2**62])
async def test_9_6_a_length_that_never_comes(size: int) -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(b"\x82\xff" + size.to_bytes(8, "big"))
        await client.expect_close(1009)


async def test_9_7_in_packets() -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(BINARY, b"x" * 2**18), chop=1300)
        await client.expect((BINARY, b"x" * 2**18))


async def test_9_8_several_large_ones_at_once() -> None:
    """The transport keeps what the client does not take at once; each frame must still have its own header."""
    payloads = [bytes([number]) * (9000 + 1000 * number) for number in range(200)]
    async with echoing() as server, open_socket(server.address) as client:
        for payload in payloads:
            server.handler.link.send_audio(payload)
            server.handler.link.send_audio(payload[:100])
        assert server.handler.link.buffered > 0, "or this would test nothing"
        for payload in payloads:
            await client.expect((BINARY, payload), (BINARY, payload[:100]))
