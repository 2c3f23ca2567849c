"""How the gateway processes of one machine reach each other: each listens on a local socket and answers one message a
connection."""

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

from speko.api.workers.folder import Gone, SocketFolder
from speko.api.workers.messages import Broken, Message, receive, send
from speko.api.workers.place import Place
from speko.api.workers.told import Told, decoded, encoded
from speko.storage.errors import StorageError

log = logging.getLogger(__name__)
_ATTACH, _METRICS, _ANSWER = b"A", b"M", b"R"
_PATIENCE = 5.0
"""Seconds that a message may take to arrive."""
_MOST_AT_ONCE = 64
"""Connections that are being answered; the others wait in the kernel, up to its own bound."""

Adopt = Callable[[socket.socket, bytes], Awaitable[None]]
"""Takes a client's connection over, with what was read from it."""


class Siblings:
    """This process among those of its machine.

    Args:
        data: the data folder, which they share.
        place: which of them this is.
        metrics: gives the metrics of this process.

    Raises:
        StorageError: the folder of sockets cannot be used.
    """

    def __init__(self, data: Path, place: Place, metrics: Callable[[], Told]) -> None:
        try:
            self._folder = SocketFolder(data)
        except OSError as error:
            raise StorageError(f"Local sockets cannot be kept in {data}: {error.strerror or error}") from error
        self.place = place
        self._metrics = metrics
        self._adopt: Adopt | None = None
        self._listener: socket.socket | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def listen(self, adopt: Adopt) -> None:
        """Is there for others from now on. Raises StorageError."""
        self._adopt = adopt
        try:
            self._listener = self._folder.listen(self.place.owner)
        except OSError as error:
            raise StorageError(f"A local socket cannot be opened: {error.strerror or error}") from error
        self._accept_more()

    async def close(self) -> None:
        """Is not there any more."""
        if self._listener is not None:
            asyncio.get_running_loop().remove_reader(self._listener)
            self._listener.close()
            self._folder.remove(self.place.owner)
            self._listener = None
            await self._tell()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._folder.close()

    # ---- asking others

    def dead(self) -> list[str]:
        """Processes of this machine that have died without a word."""
        found = []
        for name in self._folder.names():
            answer = self._folder.connect(name) if name != self.place.owner else Gone.BUSY
            if answer is Gone.DEAD:
                found.append(name)
            elif isinstance(answer, socket.socket):
                answer.close()
        return found

    def forget(self, name: str) -> None:
        """What a dead process has left is put in order."""
        self._folder.remove(name)

    def forget_groups(self) -> None:
        """What is left of starts of which no process lives goes."""
        self._folder.forget_all_but({self.place.group, *(name.partition("_")[0] for name in self._folder.names())})

    def _of_the_group(self) -> list[str]:
        """The other processes of the same start."""
        prefix = f"{self.place.group}_"
        return [name for name in self._folder.names() if name.startswith(prefix) and name != self.place.owner]

    async def hand_over(self, name: str, descriptor: int, received: bytes) -> Gone | None:
        """Gives a client's connection, and what was read from it, to the process that holds its session. None: that
        process has it, and here it is only to be closed.

        Raises:
            OSError, TimeoutError: nobody knows who has it.
        """
        sock = self._folder.connect(name)
        if isinstance(sock, Gone):
            return sock
        with sock:
            async with asyncio.timeout(_PATIENCE):
                await send(sock, _ATTACH, received, descriptor)
        return None

    async def metrics(self, within: float) -> tuple[list[Told], list[Told], int]:
        """The metrics of all processes of the group: of those that answer, the last that others have told, and how many
        of the others live and did not answer within so many seconds."""
        names = self._of_the_group()
        answers = await asyncio.gather(*(self._ask(name, within) for name in names))
        told = {self.place.owner: await self._tell()} | {
            name: answer for name, answer in zip(names, answers, strict=True) if isinstance(answer, bytes)
        }
        kept = await asyncio.to_thread(self._folder.kept, self.place.group)
        last = [decoded(one) for name, one in kept.items() if name not in told]
        return [decoded(one) for one in told.values()], last, sum(answer is Gone.BUSY for answer in answers)

    async def _tell(self) -> bytes:
        """The metrics of this process. They are written down before anybody sees them: what was seen once must not be
        missing from the sum when this process has died."""
        told = encoded(self._metrics())
        if self.place.number is not None:
            with suppress(OSError):  # a disk that is full costs no more than that
                await asyncio.to_thread(self._folder.keep, self.place.owner, told)
        return told

    async def _ask(self, name: str, within: float) -> bytes | Gone:
        sock = self._folder.connect(name)
        if isinstance(sock, Gone):
            return sock
        with sock:
            try:
                async with asyncio.timeout(within):
                    await send(sock, _METRICS)
                    return (await receive(sock)).payload
            except (Broken, OSError, TimeoutError):
                return Gone.BUSY

    # ---- answering others

    def _accept_more(self) -> None:
        if self._listener is not None and len(self._tasks) < _MOST_AT_ONCE:
            asyncio.get_running_loop().add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        assert self._listener is not None  # noqa: S101 - it is what is read
        try:
            sock, _ = self._listener.accept()
        except OSError:
            return  # whoever it was has left again
        sock.setblocking(False)
        self._start(self._answer(sock))
        if len(self._tasks) >= _MOST_AT_ONCE:
            asyncio.get_running_loop().remove_reader(self._listener)

    def _start(self, answering: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(answering)
        self._tasks.add(task)
        task.add_done_callback(self._answered)

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._accept_more()

    async def _answer(self, sock: socket.socket) -> None:
        with sock, suppress(Broken, OSError, TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                message = await receive(sock)
                if message.kind == _METRICS:
                    await send(sock, _ANSWER, await self._tell())
                else:
                    await self._attach(message)

    async def _attach(self, message: Message) -> None:
        if message.descriptor is None:
            return
        if message.kind != _ATTACH or self._adopt is None:
            os.close(message.descriptor)
            return
        client = socket.socket(fileno=message.descriptor)
        client.setblocking(False)
        await self._adopt(client, message.payload)
