"""Autobahn group 1: one message in one frame."""

import pytest

from tests import loops
from tests.api.socket.echo import echoing
from tests.api.socket.raw_socket import BINARY, CLOSE, TEXT, close_payload, frame, open_socket

LOOPS = loops.BOTH
SIZES = [0, 125, 126, 127, 128, 65535, 65536]
CHOPS = [(65536, 997), (128, 1), (0, 1)]
"""(size, bytes sent at once)."""


async def round_trip(opcode: int, payload: bytes, chop: int = 0) -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(opcode, payload), chop=chop)
        await client.expect((opcode, payload))
        assert [*server.handler.texts, *server.handler.audio] == [payload]
        await client.send(frame(CLOSE, close_payload(1000)))
        await client.expect_close(1000)
        assert await server.closed() == 1000


@pytest.mark.parametrize("size", SIZES)
async def test_1_1_text_of_size(size: int) -> None:
    await round_trip(TEXT, b"*" * size)


@pytest.mark.parametrize(("size", "chop"), CHOPS)
async def test_1_1_8_text_in_pieces(size: int, chop: int) -> None:
    await round_trip(TEXT, b"*" * size, chop)


@pytest.mark.parametrize("size", SIZES)
async def test_1_2_binary_of_size(size: int) -> None:
    await round_trip(BINARY, b"\xfe" * size)


@pytest.mark.parametrize(("size", "chop"), CHOPS)
async def test_1_2_8_binary_in_pieces(size: int, chop: int) -> None:
    await round_trip(BINARY, b"\xfe" * size, chop)


@pytest.mark.parametrize(
    "head",
    [b"\x82\xfe\x00\x05", b"\x82\xff" + (5).to_bytes(8, "big"), b"\x82\xff" + (65535).to_bytes(8, "big")],
    ids=["5 in 16 bits", "5 in 64 bits", "65535 in 64 bits"],
)
async def test_1_3_length_not_in_its_shortest_form(head: bytes) -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(head + b"mask" + b"\0" * 5)
        await client.expect_failure(1002)
        assert await server.closed() is None


async def test_1_4_length_with_its_highest_bit_set() -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(b"\x82\xff" + (2**63).to_bytes(8, "big") + b"mask")
        await client.expect_failure(1002)


@pytest.mark.parametrize("opcode", [TEXT, BINARY, 9, 10, CLOSE])
async def test_1_5_frame_without_a_mask(opcode: int) -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(opcode, close_payload(1000), masked=False))
        await client.expect_failure(1002)
        assert await server.closed() is None
        assert not server.handler.audio
        assert not server.handler.texts


async def test_1_6_a_mask_of_zeros() -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(b"\x82\x84" + b"\0\0\0\0" + b"four")
        await client.expect((BINARY, b"four"))
