"""The gateway's end of one worker's socket."""

import asyncio
import socket
from typing import Self

import msgspec

from speko.providers.embedded.sphinx.messages import (
    LENGTH_BYTES,
    MAX_FRAME_BYTES,
    Answer,
    Job,
    Ready,
    decode_answer,
    encode,
    frame,
)

_IN_FLIGHT = 64 * 1024
"""Bytes of sound (2 s) written but not taken by the worker, at which the sender pauses; the kernel holds some more."""


class WorkerLost(Exception):
    """The worker is gone, or says what no worker says."""


class WorkerLink:
    """One worker, as its caller sees it."""

    def __init__(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.number = number
        self._reader = reader
        self._writer = writer
        writer.transport.set_write_buffer_limits(high=_IN_FLIGHT)

    @classmethod
    async def over(cls, connection: socket.socket, number: int) -> Self:
        """Takes over our end of the worker's socket."""
        connection.setblocking(False)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _IN_FLIGHT)
        return cls(number, *await asyncio.open_unix_connection(sock=connection))

    @property
    def alive(self) -> bool:
        """Whether the worker still holds its end, as far as is known."""
        return not self._reader.at_eof() and not self._writer.is_closing()

    async def ready(self) -> None:
        """Waits until the worker exists. Raises WorkerLost."""
        if not isinstance(await self.answer(), Ready):
            raise WorkerLost

    async def begin(self, job: Job) -> None:
        """Raises WorkerLost."""
        await self._write(encode(job))

    async def hear(self, pcm: bytes) -> None:
        """Sends PCM16 mono at 16 kHz; waits while the worker is behind. Raises WorkerLost."""
        for start in range(0, len(pcm), MAX_FRAME_BYTES):
            await self._write(frame(pcm[start : start + MAX_FRAME_BYTES]))

    async def finish(self) -> None:
        """Says that there is no more sound. Raises WorkerLost."""
        await self._write(frame(b""))

    async def answer(self) -> Answer:
        """The next thing the worker says. Raises WorkerLost."""
        try:
            length = int.from_bytes(await self._reader.readexactly(LENGTH_BYTES), "little")
            if length > MAX_FRAME_BYTES:
                raise WorkerLost
            return decode_answer(await self._reader.readexactly(length))
        except (OSError, asyncio.IncompleteReadError, msgspec.DecodeError) as error:
            raise WorkerLost from error

    def close(self) -> None:
        """Hangs up at once."""
        self._writer.transport.abort()

    async def _write(self, data: bytes) -> None:
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError as error:
            raise WorkerLost from error
