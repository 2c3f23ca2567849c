"""Autobahn group 5: messages in several frames."""

import pytest

from tests import loops
from tests.api.socket.echo import echoing
from tests.api.socket.raw_socket import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame, open_socket

LOOPS = loops.BOTH
CHOPS = pytest.mark.parametrize("chop", [0, 1], ids=["at once", "in single bytes"])


def parts(opcode: int, *payloads: bytes) -> list[bytes]:
    """A message in so many frames."""
    last = len(payloads) - 1
    return [frame(0 if at else opcode, payload, fin=at == last) for at, payload in enumerate(payloads)]


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE], ids=["5_1 ping", "5_2 pong", "close"])
async def test_5_1_fragmented_control_frame(opcode: int) -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(opcode, b"ab", fin=False), frame(CONTINUATION, b"cd"))
        await client.expect_failure(1002)


@CHOPS
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
async def test_5_3_fragmented_message_two_frames(opcode: int, chop: int) -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(*parts(opcode, b"fragment1", b"fragment2"), chop=chop)
        await client.expect((opcode, b"fragment1fragment2"))
        assert [*server.handler.texts, *server.handler.audio] == [b"fragment1fragment2"]


@CHOPS
async def test_5_6_ping_between_two_frames(chop: int) -> None:
    first, second = parts(TEXT, b"fragment1", b"fragment2")
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(first, frame(PING, b"ping"), second, chop=chop)
        await client.expect((PONG, b"ping"), (TEXT, b"fragment1fragment2"))


async def test_5_7_ping_between_is_answered_before_the_message_is_whole() -> None:
    first, second = parts(TEXT, b"fragment1", b"fragment2")
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(first, frame(PING, b"ping"))
        await client.expect((PONG, b"ping"))
        await client.send(second)
        await client.expect((TEXT, b"fragment1fragment2"))


@CHOPS
@pytest.mark.parametrize("fin", [True, False], ids=["5_9 last", "5_12 not last"])
async def test_5_9_continuation_of_nothing(fin: bool, chop: int) -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(CONTINUATION, b"what?", fin=fin), chop=chop)
        await client.expect_failure(1002)
        assert await server.closed() is None


async def test_5_15_continuation_after_the_last_frame() -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(*parts(TEXT, b"a", b"b"), frame(CONTINUATION, b"c"))
        await client.expect((TEXT, b"ab"))
        await client.expect_close(1002)


@pytest.mark.parametrize("fin", [True, False])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
async def test_5_18_new_message_inside_a_message(opcode: int, fin: bool) -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(TEXT, b"a", fin=False), frame(opcode, b"b", fin=fin))
        await client.expect_close(1002)
        assert not server.handler.texts


@CHOPS
async def test_5_19_five_frames_with_pings_between(chop: int) -> None:
    one, two, three, four, five = parts(TEXT, b"1", b"2", b"3", b"4", b"5")
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(one, two, frame(PING, b"p1"), three, four, frame(PING, b"p2"), five, chop=chop)
        await client.expect((PONG, b"p1"), (PONG, b"p2"), (TEXT, b"12345"))


async def test_5_20_empty_frames() -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(*parts(BINARY, b"", b"", b"x", b""), *parts(TEXT, b"", b""))
        await client.expect((BINARY, b"x"), (TEXT, b""))


async def test_5_21_close_inside_a_message() -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(TEXT, b"a", fin=False), frame(CLOSE, b"\x03\xe8"))
        await client.expect_close(1000)
        assert await server.closed() == 1000
        assert not server.handler.texts


async def test_5_22_many_frames() -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(*parts(BINARY, *[b"ab"] * 5000))
        await client.expect((BINARY, b"ab" * 5000))
