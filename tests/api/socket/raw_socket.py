"""A WebSocket client that can be wrong: bytes and frames on a stream, made here and by no library."""

import asyncio
import os
import socket
import struct
from base64 import b64encode
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha1
from typing import NamedTuple

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
PATIENCE = 10.0
"""Seconds for anything that has to come."""
Address = tuple[str, int]
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
HANDSHAKE = {
    "host": "gateway",
    "upgrade": "websocket",
    "connection": "Upgrade",
    "sec-websocket-version": "13",
    "sec-websocket-key": KEY,
}


def upgrade_request(path: str = "/echo", /, **headers: str | None) -> bytes:
    """A request to become a WebSocket; `_` in a name stands for `-`, None leaves a header out."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {value}" for name, value in {**HANDSHAKE, **given}.items() if value is not None]
    return "\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""]).encode()


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, reserved: int = 0, masked: bool = True) -> bytes:
    """One frame. `reserved`: the three bits as a number."""
    first = (0x80 if fin else 0) | reserved << 4 | opcode
    mask_bit = 0x80 if masked else 0
    if len(payload) < 126:
        head = struct.pack("!BB", first, mask_bit | len(payload))
    elif len(payload) < 65536:
        head = struct.pack("!BBH", first, mask_bit | 126, len(payload))
    else:
        head = struct.pack("!BBQ", first, mask_bit | 127, len(payload))
    return head + masking(payload) if masked else head + payload


def masking(payload: bytes) -> bytes:
    """A fresh mask, and the payload under it."""
    mask = os.urandom(4)
    stream = (mask * (len(payload) // 4 + 1))[: len(payload)]
    hidden = int.from_bytes(payload, "big") ^ int.from_bytes(stream, "big")
    return mask + hidden.to_bytes(len(payload), "big")


def close_payload(code: int, reason: bytes = b"") -> bytes:
    """What a close frame carries."""
    return struct.pack("!H", code) + reason


class Frame(NamedTuple):
    """What the server sent."""

    opcode: int
    payload: bytes


@dataclass(frozen=True)
class HttpAnswer:
    """The answer to a handshake."""

    status: int
    headers: dict[str, str]
    body: bytes


async def read_answer(reader: asyncio.StreamReader) -> HttpAnswer:
    """Reads an answer with its body."""
    async with asyncio.timeout(PATIENCE):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        status, *lines = head.rstrip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
    return HttpAnswer(int(status.split()[1]), headers, body)


async def ask(address: Address, request: bytes) -> HttpAnswer:
    """Sends a request that will be refused; the connection must be closed behind the answer."""
    reader, writer = await asyncio.open_connection(*address)
    try:
        writer.write(request)
        answer = await read_answer(reader)
        assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
        return answer
    finally:
        writer.close()


class RawSocket:
    """A connection that became a WebSocket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: HttpAnswer) -> None:
        self.reader = reader
        self.writer = writer
        self.answer = answer

    async def send(self, *pieces: bytes, chop: int = 0) -> None:
        """Sends bytes; `chop`: so many at once, each in a packet of its own."""
        data = b"".join(pieces)
        step = chop or len(data) or 1
        for start in range(0, len(data), step):
            self.writer.write(data[start : start + step])
            if chop:
                await asyncio.sleep(0)
        await self.writer.drain()

    async def receive(self) -> Frame:
        """The next frame, which must be one that a server may send.

        Raises:
            EOFError: the connection is over.
        """
        async with asyncio.timeout(PATIENCE):
            first, second = await self.reader.readexactly(2)
            assert first & 0xF0 == 0x80, "whole, and no reserved bits"
            assert not second & 0x80, "servers do not mask"
            size = second
            if second == 126:
                (size,) = struct.unpack("!H", await self.reader.readexactly(2))
                assert size > 125
            elif second == 127:
                (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
                assert size > 65535
            return Frame(first & 0xF, await self.reader.readexactly(size))

    async def expect(self, *frames: tuple[int, bytes]) -> None:
        """These frames come, in that order."""
        for wanted in frames:
            assert await self.receive() == wanted

    async def expect_close(self, code: int) -> bytes:
        """A close frame with that code comes, and then the end of the stream; its reason."""
        got = await self.receive()
        assert (got.opcode, int.from_bytes(got.payload[:2], "big")) == (CLOSE, code), got
        await self.expect_end()
        reason = got.payload[2:]
        reason.decode()
        return reason

    async def expect_failure(self, code: int) -> None:
        """As `expect_close`, after whatever was answered before."""
        while (got := await self.receive()).opcode != CLOSE:
            pass
        assert int.from_bytes(got.payload[:2], "big") == code
        await self.expect_end()

    async def expect_end(self) -> None:
        """Nothing comes any more, and it was no reset."""
        assert await asyncio.wait_for(self.reader.read(), PATIENCE) == b""

    def leave(self) -> None:
        """Closes without a word."""
        self.writer.close()

    def reset(self) -> None:
        """Ends the connection as a machine does that has lost it."""
        own: socket.socket = self.writer.get_extra_info("socket")
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


async def opened(address: Address, request: bytes | None = None, behind: Iterable[bytes] = ()) -> RawSocket:
    """Opens a socket; `behind`: sent in one piece with the request, before it is answered."""
    reader, writer = await asyncio.open_connection(*address)
    writer.write(b"".join([request or upgrade_request(), *behind]))
    answer = await read_answer(reader)
    assert answer.status == 101, answer
    assert answer.headers["sec-websocket-accept"] == accept_of(KEY)
    return RawSocket(reader, writer, answer)


def accept_of(key: str) -> str:
    """What a server answers to a key. RFC 6455, 4.2.2."""
    return b64encode(sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()).decode()  # noqa: S324


@asynccontextmanager
async def open_socket(
    address: Address, request: bytes | None = None, behind: Iterable[bytes] = ()
) -> AsyncIterator[RawSocket]:
    """As `opened`, and left with the context."""
    raw = await opened(address, request, behind)
    try:
        yield raw
    finally:
        raw.leave()
