"""Autobahn group 7: the close handshake."""

import pytest

from tests import loops
from tests.api.socket.echo import Echo, echoing
from tests.api.socket.raw_socket import BINARY, CLOSE, PING, TEXT, close_payload, frame, open_socket

LOOPS = loops.BOTH
VALID = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]
INVALID = [0, 999, 1004, 1005, 1006, 1012, 1013, 1014, 1015, 1016, 1100, 2000, 2999, 5000, 65535]


async def test_7_1_1_message_then_close() -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(TEXT, b"hi"), frame(CLOSE, close_payload(1000)))
        await client.expect((TEXT, b"hi"))
        await client.expect_close(1000)
        assert await server.closed() == 1000


@pytest.mark.parametrize("chop", [0, 1], ids=["at once", "in single bytes"])
async def test_7_1_2_two_closes(chop: int) -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(CLOSE, close_payload(3000)), frame(CLOSE, close_payload(3001)), chop=chop)
        await client.expect_close(3000)
        assert await server.closed() == 3000
    await server.forgotten()


@pytest.mark.parametrize(
    "after",
    [frame(PING, b"x"), frame(TEXT, b"x"), frame(BINARY, b"x" * 9000), frame(TEXT, b"\xff"), frame(5), b"\xff" * 50],
    ids=["7_1_3 ping", "7_1_4 text", "binary", "no UTF-8", "no opcode", "garbage"],
)
async def test_7_1_3_whatever_comes_after_a_close(after: bytes) -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(CLOSE, close_payload(1000)), after)
        await client.expect_close(1000)
        assert await server.closed() == 1000
        assert not server.handler.texts
        assert not server.handler.audio


async def test_7_1_5_close_with_an_unfinished_message() -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(TEXT, b"x", fin=False), frame(CLOSE, close_payload(1000)), frame(0, b"y"))
        await client.expect_close(1000)


async def test_7_1_6_a_large_message_before_the_close() -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(BINARY, b"x" * 2**18), frame(CLOSE, close_payload(1000)), frame(PING))
        await client.expect((BINARY, b"x" * 2**18))
        await client.expect_close(1000)


async def test_7_3_1_without_a_code() -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(CLOSE))
        await client.expect_close(1000)
        assert await server.closed() == 1005


async def test_7_3_2_payload_of_one_byte() -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(CLOSE, b"\x03"))
        await client.expect_close(1002)
        assert await server.closed() is None


@pytest.mark.parametrize("reason", [b"", b"Hello World!", b"x" * 123], ids=["7_3_3", "7_3_4", "7_3_5 longest"])
async def test_7_3_3_with_a_reason(reason: bytes) -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(CLOSE, close_payload(1000, reason)))
        await client.expect_close(1000)
        assert await server.closed() == 1000


async def test_7_3_6_reason_too_long() -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(CLOSE, close_payload(1000, b"x" * 124)))
        await client.expect_close(1002)
        assert await server.closed() is None


async def test_7_5_1_reason_that_is_not_utf_8() -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(CLOSE, close_payload(1000, b"\xce\xba\xed\xa0\x80")))
        await client.expect_close(1007)
        assert await server.closed() is None


@pytest.mark.parametrize("code", VALID)
async def test_7_7_valid_code(code: int) -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(CLOSE, close_payload(code, b"why")))
        await client.expect_close(code)
        assert await server.closed() == code


@pytest.mark.parametrize("code", INVALID)
async def test_7_9_invalid_code(code: int) -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(CLOSE, close_payload(code)))
        await client.expect_close(1002)
        assert await server.closed() is None


# The other way round: the gateway closes.


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1009, 1011, 4400, 4401, 4404, 4409])
async def test_7_20_server_closes(code: int) -> None:
    async with echoing() as server, open_socket(server.address) as client:
        server.handler.link.send_text(b"last words")
        server.handler.link.close(code, "because")
        await client.expect((TEXT, b"last words"), (CLOSE, close_payload(code, b"because")))
        assert not server.handler.closed
        await client.send(frame(CLOSE, close_payload(code)))
        await client.expect_end()
        assert await server.closed() == code
    await server.forgotten()


async def test_7_21_what_the_client_sends_before_it_answers_is_dropped() -> None:
    async with echoing() as server, open_socket(server.address) as client:
        server.handler.link.close(1000, "")
        await client.send(frame(TEXT, b"x"), frame(BINARY, b"xx"), frame(PING), frame(CLOSE, close_payload(1000)))
        await client.expect_close(1000)
        assert await server.closed() == 1000
        assert not server.handler.texts
        assert not server.handler.audio


async def test_7_22_both_close_at_once() -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(CLOSE, close_payload(3000)))
        server.handler.link.close(4000, "")
        await client.expect_close(4000)
        assert await server.closed() == 3000


async def test_7_23_closing_twice_and_sending_after_it_is_nothing() -> None:
    async with echoing() as server, open_socket(server.address) as client:
        link = server.handler.link
        link.close(1000, "one")
        link.close(1001, "two")
        link.send_text(b"x")
        link.send_audio(b"x")
        await client.expect((CLOSE, close_payload(1000, b"one")))
        await client.send(frame(CLOSE, close_payload(1000)))
        await client.expect_end()
        await server.closed()
        link.close(1000, "")
        link.abort()
        link.send_audio(b"x" * 10_000)
        assert not await link.alive(1)
    await server.forgotten()
    link.close(1000, "")
    link.abort()
    link.send_audio(b"x" * 10_000)
    assert link.buffered == 0
    assert server.handler.closed == [1000]


async def test_7_24_an_answer_with_a_bad_code_still_ends_it() -> None:
    async with echoing() as server, open_socket(server.address) as client:
        server.handler.link.close(1000, "")
        await client.send(frame(CLOSE, close_payload(1006)))
        await client.expect_close(1000)
        assert await server.closed() is None


async def test_7_25_a_long_reason_is_cut_between_characters() -> None:
    async with echoing() as server, open_socket(server.address) as client:
        server.handler.link.close(1000, "ü" * 100)
        assert await client.expect_close(1000) == ("ü" * 61).encode()


async def test_7_26_a_client_that_does_not_answer() -> None:
    async with echoing() as server, open_socket(server.address) as client:
        server.handler.link.close(1000, "")
        await client.expect_close(1000)
        assert await server.closed() is None
        await server.forgotten()


async def test_7_27_closing_while_the_upgrade_is_answered() -> None:
    class Refusing(Echo):
        def on_open(self, link: object) -> None:
            super().on_open(link)  # type: ignore[arg-type]
            self.link.send_text(b"no")
            self.link.close(4401, "UNAUTHORIZED")

    async with echoing(Refusing) as server, open_socket(server.address, behind=[frame(TEXT, b"early")]) as client:
        await client.expect((TEXT, b"no"), (CLOSE, close_payload(4401, b"UNAUTHORIZED")))
        await client.send(frame(CLOSE, close_payload(4401)))
        await client.expect_end()
        assert await server.closed() == 4401
        assert not server.handler.texts


@pytest.mark.parametrize("how", ["leave", "reset"])
async def test_7_28_an_end_without_a_close_frame(how: str) -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(TEXT, b"x"))
        await client.expect((TEXT, b"x"))
        getattr(client, how)()
        assert await server.closed() is None
        await server.forgotten()
