"""Autobahn group 6: texts that are UTF-8, and texts that are not."""

import pytest

from tests import loops
from tests.api.socket.echo import echoing
from tests.api.socket.raw_socket import BINARY, CONTINUATION, TEXT, frame, open_socket
from tests.api.socket.test_rfc6455_5_fragmentation import parts

LOOPS = loops.BOTH
HELLO = "Hello-µ@ßöäüàá-UTF-8!!".encode()
KOSME = "κόσμε".encode()
CASES_VALID = {
    "6_5 one word": KOSME,
    "6_6 every first of its length": "\0\x80ࠀ\U00010000".encode(),
    "6_9 every last of its length": "\x7f߿\uffff\U0010ffff".encode(),
    "6_11 around the surrogates": "\ud7ff\ue000\ufffd".encode(),
    "6_22 no characters": "\ufffe\uffff\U0001fffe\U0010ffff".encode(),
    "6_23 specials": "\ufeff\u2028\ufff9".encode(),
}
CASES_INVALID = {
    "6_3 surrogate within": KOSME + b"\xed\xa0\x80edited",
    "6_8 five bytes": b"\xf8\x88\x80\x80\x80",
    "6_8 six bytes": b"\xfc\x84\x80\x80\x80\x80",
    "6_10 above 10FFFF": b"\xf4\x90\x80\x80",
    "6_12 continuation alone": b"\x80",
    "6_13 first byte alone": b"\xc3 ",
    "6_14 cut short": b"\xf0\x9f\x98",
    "6_15 several cut short": b"\xc0\xe0\x80\xf0\x80\x80",
    "6_16 impossible bytes": b"\xfe\xff",
    "6_17 overlong slash": b"\xc0\xaf",
    "6_17 overlong of three": b"\xe0\x80\xaf",
    "6_18 overlong largest": b"\xe0\x9f\xbf",
    "6_19 overlong zero": b"\xc0\x80",
    "6_20 surrogate": b"\xed\xa0\x80",
    "6_21 surrogates in a pair": b"\xed\xa0\x80\xed\xb0\x80",
}


def by_name(cases: dict[str, bytes]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("text", cases.values(), ids=cases.keys())


async def echoed(text: bytes, *sent: bytes, chop: int = 0) -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(*sent, chop=chop)
        await client.expect((TEXT, text))
        assert server.handler.texts == [text]


async def refused(*sent: bytes) -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(*sent)
        await client.expect_close(1007)
        assert not server.handler.texts
        assert await server.closed() is None


@pytest.mark.parametrize("text", [b"", HELLO])
async def test_6_1_valid_text_in_one_frame(text: bytes) -> None:
    await echoed(text, frame(TEXT, text))


@pytest.mark.parametrize("at", range(len(HELLO) + 1))
async def test_6_2_valid_text_split_anywhere(at: int) -> None:
    await echoed(HELLO, *parts(TEXT, HELLO[:at], HELLO[at:]))


async def test_6_2_3_valid_text_in_frames_of_one_byte() -> None:
    await echoed(HELLO, *parts(TEXT, *(bytes([byte]) for byte in HELLO)))


async def test_6_2_4_valid_text_in_packets_of_one_byte() -> None:
    await echoed(KOSME, frame(TEXT, KOSME), chop=1)


@by_name(CASES_VALID)
async def test_6_5_to_6_23_valid(text: bytes) -> None:
    await echoed(text, frame(TEXT, text))


@by_name(CASES_INVALID)
async def test_6_3_to_6_21_invalid(text: bytes) -> None:
    await refused(frame(TEXT, text))


@by_name(CASES_INVALID)
async def test_6_3_2_invalid_in_frames_of_one_byte(text: bytes) -> None:
    await refused(*parts(TEXT, *(bytes([byte]) for byte in text)))


async def test_6_4_1_invalid_is_refused_before_the_message_is_whole() -> None:
    await refused(frame(TEXT, KOSME, fin=False), frame(CONTINUATION, b"\xf4\x90\x80\x80", fin=False))


async def test_6_4_2_character_that_never_ends() -> None:
    await refused(frame(TEXT, KOSME, fin=False), frame(CONTINUATION, b"\xf0\x9f", fin=False), frame(CONTINUATION))


async def test_6_4_3_half_a_character_is_no_fault_yet() -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(TEXT, b"\xf0\x9f", fin=False), frame(9, b"still there"))
        await client.expect((10, b"still there"))
        await client.send(frame(CONTINUATION, b"\x98\x80"))
        await client.expect((TEXT, "😀".encode()))


@by_name(CASES_INVALID)
async def test_6_24_binary_is_no_text(text: bytes) -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(*parts(BINARY, text, text), frame(BINARY, text))
        await client.expect((BINARY, text + text), (BINARY, text))
