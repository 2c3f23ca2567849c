"""A socket that is open: what the gateway's side of it does, with clients that do not do their part."""

import asyncio
import gc
import time
import weakref
from typing import Any

import pytest

from speko.api.socket.picows_link import Manners
from speko.api.socket.seam import Accept, UpgradeRequest
from speko.realtime.link import ClientLink
from tests import loops
from tests.api.running import until
from tests.api.socket.echo import QUICK, Echo, echoing
from tests.api.socket.raw_socket import BINARY, CLOSE, PING, PONG, TEXT, close_payload, frame, open_socket, opened

LOOPS = loops.BOTH
SECOND = b"\0" * 48_000
"""Of audio."""


class Silent(Echo):
    """Sends nothing by itself."""

    def on_audio(self, pcm: bytes) -> None:
        self.audio.append(pcm)

    def on_text(self, text: bytes) -> None:
        self.texts.append(text)


# Slow clients.


async def fill(link: ClientLink, bound: int) -> int:
    """What a bridge does: sends while the client keeps up. Seconds of audio that were given."""
    given = 0
    while link.buffered < bound:
        link.send_audio(SECOND)
        given += 1
        assert given < 10_000
    return given


async def test_a_client_that_never_reads_holds_what_the_handler_lets_it_hold() -> None:
    async with echoing(Silent) as server, open_socket(server.address):
        bound = 1_000_000
        await fill(server.handler.link, bound)
        assert bound <= server.handler.link.buffered < bound + len(SECOND) + 100
        assert server.handler.drained == 0
        server.handler.link.abort()
        assert await server.closed() is None
        await server.forgotten()


async def test_a_client_that_never_reads_cannot_keep_a_closed_socket() -> None:
    async with echoing(Silent) as server, open_socket(server.address):
        await fill(server.handler.link, 1_000_000)
        server.handler.link.close(1008, "too slow")
        assert await server.closed() is None
        await server.forgotten()


@pytest.mark.parametrize(
    "last_words",
    [frame(CLOSE, close_payload(1000)), frame(5), frame(TEXT, b"\xff"), frame(BINARY, b"x", masked=False)],
    ids=["close", "opcode", "UTF-8", "mask"],
)
async def test_a_client_that_never_reads_cannot_keep_a_socket_that_it_ended(last_words: bytes) -> None:
    async with echoing(Silent) as server, open_socket(server.address) as client:
        await fill(server.handler.link, 1_000_000)
        await client.send(last_words)
        await server.closed()
        await server.forgotten()


async def test_a_client_that_has_left_without_reading_is_forgotten() -> None:
    async with echoing(Silent) as server, open_socket(server.address) as client:
        await fill(server.handler.link, 1_000_000)
        client.writer.write_eof()
        assert await server.closed() is None
        await server.forgotten()


async def test_draining_is_told_and_nothing_is_lost() -> None:
    async with echoing(Silent) as server, open_socket(server.address) as client:
        link = server.handler.link
        given = await fill(link, 1_000_000)
        link.send_text(b"behind it")
        assert server.handler.drained == 0
        for _ in range(given):
            await client.expect((BINARY, SECOND))
        await client.expect((TEXT, b"behind it"))

        async def drained() -> bool:
            return bool(server.handler.drained == 1)

        await until(drained)
        assert link.buffered == 0


async def test_a_quarter_of_a_megabyte_is_not_slow_yet() -> None:
    async with echoing(Silent) as server, open_socket(server.address) as client:
        given = await fill(server.handler.link, 150_000)
        await client.send(frame(PING, b"p"))
        for _ in range(given):
            await client.expect((BINARY, SECOND))
        await client.expect((PONG, b"p"))
        server.handler.link.send_text(b"x")
        await client.expect((TEXT, b"x"))
        assert server.handler.drained == 0


async def test_closing_sends_what_was_given_first() -> None:
    async with echoing(Silent, Manners()) as server, open_socket(server.address) as client:
        given = await fill(server.handler.link, 1_000_000)
        server.handler.link.close(1000, "")
        for _ in range(given):
            await client.expect((BINARY, SECOND))
        await client.expect((CLOSE, close_payload(1000)))
        await client.send(frame(CLOSE, close_payload(1000)))
        await client.expect_end()
        assert await server.closed() == 1000


async def test_pings_without_reading_do_not_fill_our_memory() -> None:
    async with echoing(Silent) as server, open_socket(server.address) as client:
        link = server.handler.link
        await fill(link, 300_000)
        before = link.buffered
        for number in range(1000):
            await client.send(frame(PING, b"%d" % number * 20))
        await client.send(frame(TEXT, b"all sent"))

        async def arrived() -> bool:
            return bool(server.handler.texts)

        await until(arrived)
        assert link.buffered == before
        while (got := await client.receive()).opcode == BINARY:
            pass
        assert got == (PONG, b"999" * 20), "the newest alone, once it reads"


# Clients that are there, and clients that are not.


async def test_pings_are_sent_whether_idle_or_not() -> None:
    manners = Manners(ping_every=0.05, pong_within=5, close_within=0.3, linger=0.3)
    async with echoing(manners=manners) as server, open_socket(server.address) as client:
        pings: list[bytes] = []
        while len(pings) < 3:
            await client.send(frame(BINARY, b"busy"))
            got = await client.receive()
            if got.opcode == PING:
                pings.append(got.payload)
                await client.send(frame(PONG, got.payload))
        assert server.handler.closed == []


async def test_a_client_that_vanishes_is_noticed() -> None:
    manners = Manners(ping_every=0.05, pong_within=0.1, close_within=0.3, linger=0.3)
    async with echoing(manners=manners) as server, open_socket(server.address) as client:
        assert await server.closed() is None
        while (got := await client.receive()).opcode == PING:
            pass
        assert (got.opcode, got.payload[:2]) == (CLOSE, close_payload(1011))
        await client.expect_end()
        await server.forgotten()


async def test_pongs_keep_a_silent_client() -> None:
    manners = Manners(ping_every=0.02, pong_within=5, close_within=0.3, linger=0.3)
    async with echoing(manners=manners) as server, open_socket(server.address) as client:
        for _ in range(20):
            got = await client.receive()
            assert got.opcode == PING
            await client.send(frame(PONG, got.payload))
        assert server.handler.closed == []


async def test_alive() -> None:
    async with echoing() as server, open_socket(server.address) as client:
        link = server.handler.link
        asked = asyncio.create_task(link.alive(5))
        got = await client.receive()
        assert got.opcode == PING
        await client.send(frame(PONG, got.payload))
        assert await asked is True
        assert await link.alive(0.05) is False
        asked = asyncio.create_task(link.alive(60))
        await client.receive()
        await client.receive()
        client.reset()
        assert await asyncio.wait_for(asked, 20) is False


async def test_aborting_ends_it_at_once_and_nothing_more_is_told() -> None:
    class Aborting(Silent):
        def on_text(self, text: bytes) -> None:
            super().on_text(text)
            self.link.abort()

    async with echoing(Aborting) as server, open_socket(server.address) as client:
        await client.send(frame(TEXT, b"one"), frame(TEXT, b"two"), frame(BINARY, b"three"))
        assert await server.closed() is None
        assert (server.handler.texts, server.handler.audio) == ([b"one"], [])
        with pytest.raises((EOFError, ConnectionError)):
            await client.receive()


# Handlers that fail.


@pytest.mark.parametrize("where", ["on_open", "on_audio", "on_text", "on_drained", "on_closed"])
async def test_a_crash_of_the_handler_ends_its_socket_alone(where: str, caplog: pytest.LogCaptureFixture) -> None:
    class Crashing(Silent):
        pass

    def crash(*_: Any) -> None:
        raise RuntimeError("secret words")

    setattr(Crashing, where, crash)
    handler = Crashing()
    async with echoing(lambda: handler) as server, open_socket(server.address) as client:
        if where == "on_drained":
            given = await fill(handler.link, 1_000_000)
            for _ in range(given):
                await client.expect((BINARY, SECOND))
        else:
            await client.send(frame(BINARY, b"x"), frame(TEXT, b"x"), frame(CLOSE, close_payload(1000)))
        reason = await client.expect_close(1000 if where == "on_closed" else 1011)
        assert b"secret" not in reason
        await server.forgotten()
    assert "secret words" not in caplog.text
    assert any(getattr(record, "type", "") == "RuntimeError" for record in caplog.records)
    assert where == "on_closed" or handler.closed == [None]


# Floods.


@pytest.mark.parametrize("payload", [b"", b"ab"])
async def test_a_million_tiny_frames(payload: bytes) -> None:
    """A fifth of a million, to keep the suite quick. Others are served meanwhile, and nothing piles up."""
    count, worst = 200_000, 0.0

    class Counting(Silent):
        heard = 0

        def on_audio(self, pcm: bytes) -> None:
            assert pcm == payload
            self.heard += 1

    async with echoing(Counting) as server, open_socket(server.address) as client:
        handler = server.handler
        flood = asyncio.create_task(client.send(frame(BINARY, payload) * count, frame(TEXT, b"over")))
        while not handler.texts:
            before = time.perf_counter()
            await asyncio.sleep(0)
            worst = max(worst, time.perf_counter() - before)
        await flood
        assert handler.heard == count
        assert worst < 0.5, "one read of one client does not hold up the loop"
        assert len(handler.link._protocol.get_buffer(-1)) <= 4096, "and the buffer did not grow with the flood"


async def test_a_message_in_a_million_empty_frames_takes_no_memory() -> None:
    async with echoing(Silent) as server, open_socket(server.address) as client:
        await client.send(frame(BINARY, b"a", fin=False), frame(0, fin=False) * 100_000, frame(0, b"b"))
        await client.send(frame(TEXT, b"over"))

        async def over() -> bool:
            return bool(server.handler.texts)

        await until(over)
        assert server.handler.audio == [b"ab"]


async def test_many_sockets_and_nothing_is_left_of_them() -> None:
    links: list[weakref.ref[Any]] = []

    class Noting(Echo):
        def on_open(self, link: ClientLink) -> None:
            super().on_open(link)
            links.append(weakref.ref(link))

    ends = [frame(CLOSE, close_payload(1000)), frame(5), b""]
    async with echoing(Noting) as server:
        for number in range(30):
            client = await opened(server.address)
            await client.send(frame(TEXT, b"hi"))
            await client.expect((TEXT, b"hi"))
            await client.send(ends[number % 3])
            client.leave()
        await server.forgotten()
        server.handlers.clear()

        async def collected() -> bool:
            gc.collect()
            return not [link for link in links if link() is not None]

        assert len(links) == 30
        await until(collected)


async def test_a_lost_connection_is_told_when_nothing_is_sent_after_it() -> None:
    async with echoing(Silent) as server, open_socket(server.address) as client:
        client.reset()
        assert await server.closed() is None
        for _ in range(3):
            server.handler.link.send_audio(SECOND)
            server.handler.link.send_text(b"x")
        assert server.handler.closed == [None]


def test_what_the_seam_offers_is_what_the_contract_asks() -> None:
    assert (Manners().ping_every, Manners().pong_within) == (20.0, 20.0)
    request = UpgradeRequest("/", {"sec-websocket-protocol": " a , ,b"}, None, "r")
    assert request.subprotocols == ("a", "b")
    assert Accept(Echo()).subprotocol is None
    assert QUICK.linger < Manners().linger
