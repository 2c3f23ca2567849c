"""Autobahn group 2: pings and pongs."""

import pytest

from tests import loops
from tests.api.socket.echo import echoing
from tests.api.socket.raw_socket import PING, PONG, TEXT, frame, open_socket

LOOPS = loops.BOTH


@pytest.mark.parametrize(
    "payload", [b"", b"Hello", b"\x00\xff\xfe\xfd", b"\xfe" * 125], ids=["2_1 none", "2_2 text", "2_3 bytes", "2_4 125"]
)
async def test_2_1_to_2_4_ping_with_payload(payload: bytes) -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(PING, payload))
        await client.expect((PONG, payload))


async def test_2_5_ping_of_126_bytes() -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(PING, b"\xfe" * 126))
        await client.expect_failure(1002)


async def test_2_6_ping_in_single_bytes() -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(PING, b"\xfe" * 125), chop=1)
        await client.expect((PONG, b"\xfe" * 125))


async def test_2_7_unsolicited_pong_without_payload() -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(PONG), frame(TEXT, b"after"))
        await client.expect((TEXT, b"after"))


async def test_2_8_unsolicited_pong_with_payload() -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(PONG, b"unsolicited"), frame(TEXT, b"after"))
        await client.expect((TEXT, b"after"))


async def test_2_9_unsolicited_pong_then_ping() -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(PONG, b"unsolicited"), frame(PING, b"ping"))
        await client.expect((PONG, b"ping"))


@pytest.mark.parametrize("chop", [0, 1], ids=["2_10 at once", "2_11 in single bytes"])
async def test_2_10_ten_pings(chop: int) -> None:
    payloads = [b"payload-%d" % number for number in range(10)]
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(*(frame(PING, payload) for payload in payloads), chop=chop)
        await client.expect(*((PONG, payload) for payload in payloads))
