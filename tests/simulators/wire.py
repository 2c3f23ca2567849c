"""HTTP/1.1 as bytes, so that a test sees what is on the wire and how it ends."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from speko.simulators import Simulator

PATIENCE = 10.0
"""Seconds, an upper bound for anything that is to happen here."""
CHAT = "/v1/chat/completions"
HELLO = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hello"}]}


@dataclass(frozen=True)
class Reply:
    """What came back, and how it ended: the body complete, the connection closed before that, or reset."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    ending: Literal["complete", "closed", "reset"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def events(self) -> list[str]:
        return [event.removeprefix("data: ") for event in self.body.decode().split("\n\n") if event]


class Wire:
    """One connection to a simulator."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, simulator: Simulator) -> "Wire":
        return cls(*await asyncio.open_connection("127.0.0.1", simulator.port))

    async def send(self, head: str, body: bytes = b"", *, length: int | None = None) -> None:
        """`head`: request line and headers but for the length, one per line."""
        lines = [*head.strip().splitlines(), "Host: x", f"Content-Length: {len(body) if length is None else length}"]
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await self.writer.drain()

    async def post(self, path: str = CHAT, body: Any = None, *, key: str = "sk-test") -> None:
        head = f"POST {path} HTTP/1.1\nAuthorization: Bearer {key}\nContent-Type: application/json"
        await self.send(head, json.dumps(HELLO if body is None else body).encode())

    async def head(self) -> tuple[int, dict[str, str]]:
        async with asyncio.timeout(PATIENCE):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        status, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        return int(status.split()[1]), headers

    async def chunk(self) -> bytes:
        """One chunk of a chunked body; empty at its end."""
        async with asyncio.timeout(PATIENCE):
            size = int(await self.reader.readuntil(b"\r\n"), 16)
            return (await self.reader.readexactly(size + 2))[:-2]

    async def reply(self) -> Reply:
        status, headers = await self.head()
        body = bytearray()
        try:
            async with asyncio.timeout(PATIENCE):
                if "content-length" in headers:
                    while len(body) < int(headers["content-length"]):
                        data = await self.reader.read(65536)
                        if not data:
                            return Reply(status, headers, bytes(body), "closed")
                        body += data
                else:
                    while chunk := await self.chunk():
                        body += chunk
        except asyncio.IncompleteReadError:
            return Reply(status, headers, bytes(body), "closed")
        except ConnectionResetError:
            return Reply(status, headers, bytes(body), "reset")
        return Reply(status, headers, bytes(body), "complete")

    async def is_silent(self) -> bool:
        """Whether neither a byte nor an end comes for a moment."""
        try:
            async with asyncio.timeout(0.1):
                await self.reader.read(1)
        except TimeoutError:
            return True
        return False

    def close(self) -> None:
        self.writer.transport.abort()


async def ask(simulator: Simulator, path: str = CHAT, body: Any = None) -> Reply:
    """One JSON request on a connection of its own."""
    wire = await Wire.open(simulator)
    try:
        await wire.post(path, body)
        return await wire.reply()
    finally:
        wire.close()
