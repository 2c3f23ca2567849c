"""The transport that joins writes, and the manners of connections, on both event loops."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
import uvicorn

from speko.api import coalescing
from speko.api.coalescing import CoalescingProtocol, CoalescingTransport
from tests import loops
from tests.api.raw import address_of, connect, request, reset
from tests.api.running import running, until
from tests.api.vendors import Scripted, registry_of

LOOPS = loops.BOTH


# The transport alone.


class FakeTransport:
    """Takes notes."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.buffered = 0
        self.closing = False
        self.aborted = False
        self.paused = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def get_write_buffer_size(self) -> int:
        return self.buffered

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    def abort(self) -> None:
        self.closing = self.aborted = True

    def pause_reading(self) -> None:
        self.paused = True


def transport() -> tuple[CoalescingTransport, FakeTransport]:
    raw = FakeTransport()
    return CoalescingTransport(cast(asyncio.Transport, raw), asyncio.get_running_loop()), raw


async def test_two_writes_of_one_turn_leave_together() -> None:
    joined, raw = transport()
    joined.write(b"one ")
    assert raw.written == []
    joined.write(b"two")
    assert raw.written == [b"one two"]
    await asyncio.sleep(0)
    assert raw.written == [b"one two"]


@pytest.mark.parametrize("count", range(1, 8))
async def test_nothing_is_lost_and_all_of_it_leaves_in_order_with_the_turn(count: int) -> None:
    joined, raw = transport()
    pieces = [b"%d " % number for number in range(count)]
    for piece in pieces:
        joined.write(piece)
    await asyncio.sleep(0)
    assert b"".join(raw.written) == b"".join(pieces)
    assert len(raw.written) == (count + 1) // 2


async def test_writes_of_different_turns_are_not_joined() -> None:
    joined, raw = transport()
    for piece in (b"one", b"two"):
        joined.write(piece)
        await asyncio.sleep(0)
    assert raw.written == [b"one", b"two"]


async def test_a_single_write_is_not_copied() -> None:
    joined, raw = transport()
    data = b"x" * 1000
    joined.write(data)
    await asyncio.sleep(0)
    assert raw.written[0] is data


async def test_closing_sends_what_was_written_first() -> None:
    joined, raw = transport()
    joined.write(b"last words")
    joined.close()
    assert (raw.written, raw.closing) == ([b"last words"], True)
    for _ in range(3):
        joined.write(b"too late")
    await asyncio.sleep(0)
    assert raw.written == [b"last words"]


async def test_aborting_sends_nothing_more() -> None:
    joined, raw = transport()
    joined.write(b"x")
    joined.abort()
    await asyncio.sleep(0)
    assert raw.written == []


@pytest.mark.parametrize("unread", [0, 1])
async def test_who_does_not_take_what_was_written_is_cut_off(unread: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coalescing, "_LINGER", 0.01)
    joined, raw = transport()
    raw.buffered = unread
    joined.close()
    assert not raw.aborted
    await asyncio.sleep(0.05)
    assert raw.aborted is bool(unread)


async def test_the_rest_passes_through() -> None:
    joined, raw = transport()
    joined.pause_reading()
    assert raw.paused
    assert joined.is_closing() is False


# A small application on a real socket.


@asynccontextmanager
async def serving(
    app: Any, protocol: type[CoalescingProtocol] = CoalescingProtocol, **config: Any
) -> AsyncIterator[tuple[str, int]]:
    """Address of an application behind the protocol."""
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, http=protocol, lifespan="off", log_config=None,
                       timeout_graceful_shutdown=1, **config)
    )  # fmt: skip
    task = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started or task.done()

    await until(started)
    try:
        yield server.servers[0].sockets[0].getsockname()[:2]
    finally:
        server.should_exit = True
        await task


class Lost:
    """Counts connections that the server knows to have ended."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        real = CoalescingProtocol.connection_lost

        def connection_lost(protocol: CoalescingProtocol, exc: Exception | None) -> None:
            self.count += 1
            real(protocol, exc)

        monkeypatch.setattr(CoalescingProtocol, "connection_lost", connection_lost)

    async def until(self, count: int) -> None:
        async def reached() -> bool:
            return self.count >= count

        await until(reached)


def body_of(size: int) -> Any:
    """An application that answers with so many bytes in one piece."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % size)]})
        await send({"type": "http.response.body", "body": b"x" * size, "more_body": False})

    return app


async def test_a_peer_that_never_reads_is_cut_off_after_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coalescing, "_LINGER", 0.1)
    lost = Lost(monkeypatch)
    async with serving(body_of(30_000_000)) as address:
        with socket.socket() as peer:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            peer.setblocking(False)
            await asyncio.get_running_loop().sock_connect(peer, address)
            await asyncio.get_running_loop().sock_sendall(
                peer, b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
            )
            await lost.until(1)


async def test_a_peer_that_reads_gets_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(body_of(3_000_000)) as address:
        reader, writer = await asyncio.open_connection(*address)
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(), 10)
        assert answer.partition(b"\r\n\r\n")[2] == b"x" * 3_000_000
        writer.close()


async def test_the_system_is_asked_to_notice_a_vanished_peer() -> None:
    seen = asyncio.get_running_loop().create_future()

    class Noting(CoalescingProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            own = transport.get_extra_info("socket")
            keep_alive = own.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            seen.set_result((keep_alive, own.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)))

    async with serving(body_of(0), Noting) as address:
        _, writer = await asyncio.open_connection(*address)
        assert await asyncio.wait_for(seen, 10) == (1, 60_000)
        writer.close()


async def test_a_websocket_protocol_takes_over_the_transport_itself() -> None:
    taken = asyncio.get_running_loop().create_future()

    class Sockets(asyncio.Protocol):
        def __init__(self, **_: Any) -> None:
            self.transport: Any = None

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            if not taken.done():
                taken.set_result((self.transport, data))
            self.transport.write(b"taken over")
            self.transport.close()

    async with serving(body_of(0), ws=Sockets) as address:
        reader, writer = await asyncio.open_connection(*address)
        writer.write(b"GET /s HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n")
        assert await asyncio.wait_for(reader.read(), 10) == b"taken over"
        given, data = await taken
        assert not isinstance(given, CoalescingTransport)
        assert data.startswith(b"GET /s HTTP/1.1\r\n")
        writer.close()


# The gateway.


@pytest.mark.parametrize("leave", [reset, socket.socket.close], ids=["reset", "closed"])
@pytest.mark.parametrize("apart", [True, False], ids=["one by one", "in one piece"])
async def test_a_peer_that_vanishes_from_a_pipeline_reaches_the_vendor_at_once(
    tmp_path: Path, leave: Any, apart: bool
) -> None:
    alpha = Scripted("alpha")
    alpha.llm = [None]
    async with running(tmp_path, registry_of(alpha), keys=("alpha",)) as gateway:
        peer, loop = await connect(gateway), asyncio.get_running_loop()
        requests = [request(gateway, "complete", f"r{number}") for number in range(3)]
        await loop.sock_sendall(peer, requests[0] if apart else b"".join(requests))
        await asyncio.wait_for(alpha.began.wait(), 10)
        if apart:
            for one in requests[1:]:
                await loop.sock_sendall(peer, one)
                await asyncio.sleep(0.02)  # so that each arrives in a read of its own
        leave(peer)
        await asyncio.wait_for(alpha.ended.wait(), 5)

        async def booked() -> bool:
            return len(await gateway.attempts("r0")) == 1

        await until(booked)
        assert [(r["outcome"], r["cause"]) for r in await gateway.attempts("r0")] == [("cancelled", "caller_left")]
        assert len(alpha.requests) == 1, "the vendor is not asked for a caller who is gone"


async def test_a_pipeline_is_answered_in_order(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha")), keys=("alpha",)) as gateway:
        reader, writer = await asyncio.open_connection(*address_of(gateway))
        names = [f"r{number}" for number in range(4)]
        for name in names:
            writer.write(request(gateway, "complete", name))
            await asyncio.sleep(0.005)
        answered: list[str] = []
        while len(answered) < len(names):
            line = await asyncio.wait_for(reader.readline(), 10)
            if line.startswith(b"x-request-id: "):
                answered.append(line.split()[1].decode())
        assert answered == names
        writer.close()


async def test_a_pipeline_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = Lost(monkeypatch)
    alpha = Scripted("alpha")
    alpha.llm = [None]
    async with running(tmp_path, registry_of(alpha), keys=("alpha",)) as gateway:
        reader, writer = await asyncio.open_connection(*address_of(gateway))
        writer.write(request(gateway, "complete", "r") * (coalescing._PIPELINED + 2))
        await lost.until(1)
        assert await asyncio.wait_for(reader.read(), 10) == b""
        await asyncio.wait_for(alpha.ended.wait(), 10)
        writer.close()


GARBAGE = [
    b"\0" * 1000,
    b"GET / HTTP/9.9\r\n\r\n",
    b"POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n",
    b"\x16\x03\x01\x02\x00",
]


@pytest.mark.parametrize("garbage", GARBAGE, ids=["zeros", "version", "length", "TLS"])
async def test_what_is_no_http_is_answered_in_the_envelope(garbage: bytes) -> None:
    async with serving(body_of(0)) as address:
        reader, writer = await asyncio.open_connection(*address)
        writer.write(garbage)
        head, _, body = (await asyncio.wait_for(reader.read(), 10)).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert b"content-type: application/json" in head
        assert f"content-length: {len(body)}".encode() in head
        assert json.loads(body)["code"] == "VALIDATION_ERROR"
        writer.close()


async def test_headers_have_a_size_and_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("speko.api.coalescing._HEAD_SECONDS", 0.5)
    async with running(tmp_path, registry_of(Scripted("alpha"))) as gateway:
        host, port = gateway.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET /healthz HTTP/1.1\r\nhost: x\r\nx: " + b"a" * 100_000)
        answer = await asyncio.wait_for(reader.read(), 5)
        assert answer.startswith(b"HTTP/1.1 400")
        assert b"x-request-id: req_" in answer
        writer.close()
        # In one piece with their end, in a single line, or in many, or in the address.
        long, many = b"x: " + b"a" * 100_000 + b"\r\n", b"x: y\r\n" * 100_000
        for path, headers in ((b"/healthz", long), (b"/healthz", many), (b"/healthz?" + b"a" * 100_000, b"")):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(b"GET " + path + b" HTTP/1.1\r\nhost: x\r\n" + headers + b"\r\n")
            assert (await asyncio.wait_for(reader.read(), 5)).startswith(b"HTTP/1.1 400")
            writer.close()
        for sent, told in ((b"", b""), (b"GET /healthz HTTP/1.1\r\nhost: x\r\n", b"HTTP/1.1 400")):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(sent)
            assert (await asyncio.wait_for(reader.read(), 5)).startswith(told)
            writer.close()
        for _ in range(2):
            assert (await gateway.client.get("/healthz")).status_code == 200, "and others are served"
