"""The gateway's side: a bounded number of workers, some of them forked ahead of need."""

import asyncio
import logging
import os
import socket
import sys
from collections import deque
from contextlib import suppress

from speko.providers.child_environment import child_environment
from speko.providers.embedded.slots import Slots
from speko.providers.embedded.sphinx.nursery import ORDER
from speko.providers.embedded.sphinx.worker_link import WorkerLink, WorkerLost
from speko.providers.errors import ConnectFailed, DeadlineExceeded, ProviderError

log = logging.getLogger(__name__)

PATIENCE = 3.0
"""Seconds that a call may wait for a worker."""
_WAITING = 4
"""Calls that may wait, for each worker."""
START = 20.0
"""Seconds within which a worker has to exist, on a machine that is busy and reads the model from a slow disk."""


class Pool:
    """At most `limit` calls at once; four times as many wait up to `patience` seconds; the rest hears `Busy`.

    Every call gets a worker of its own, forked ahead while there was time: there are never more than `limit` of them.
    """

    def __init__(self, limit: int, patience: float = PATIENCE) -> None:
        self._limit = limit
        self._slots = Slots(
            limit,
            waiting=_WAITING * limit,
            patience=patience,
            refusal="all workers of the embedded recogniser are taken",
        )
        self._ahead: deque[asyncio.Task[WorkerLink]] = deque()
        """Workers that nobody uses yet. With those in use they are `limit` at most."""
        self._numbers = 0
        self._nursery: _Nursery | None = None
        self._starting = asyncio.Lock()
        self._closed = False

    async def warm(self) -> None:
        """Forks all workers ahead of need, and waits for them.

        Raises:
            ConnectFailed, DeadlineExceeded: as `take`.
        """
        while len(self._ahead) < self._limit:
            self._fork_ahead()
        await asyncio.gather(*self._ahead)

    async def take(self, timeout: float) -> WorkerLink:
        """A worker for one call; give it back with `give`.

        Args:
            timeout: seconds within which it has to exist.

        Raises:
            Busy: all are taken.
            ConnectFailed: workers cannot be started.
            DeadlineExceeded: not within `timeout`.
        """
        await self._slots.take()
        try:
            async with asyncio.timeout(timeout):
                while self._ahead:
                    # What failed or died while nobody looked is no news: this call tries for itself.
                    with suppress(ConnectFailed, DeadlineExceeded):
                        worker = await self._ahead.popleft()
                        if worker.alive:
                            return worker
                        self._dismiss(worker)
                return await self._spawn()
        except TimeoutError:
            self._slots.give()
            raise DeadlineExceeded("the embedded recogniser does not start in time", stage="connect") from None
        except BaseException:
            self._slots.give()
            raise

    def give(self, worker: WorkerLink) -> None:
        """Ends a call's worker, whatever it is doing, and has another one forked. Does not wait."""
        self._dismiss(worker)
        self._slots.give()
        if not self._closed:
            self._fork_ahead()

    async def close(self) -> None:
        """Ends all processes."""
        self._closed = True
        while self._ahead:
            task = self._ahead.popleft()
            task.cancel()
            with suppress(asyncio.CancelledError, ProviderError):
                (await task).close()
        if self._nursery is not None:
            await self._nursery.close()
            self._nursery = None

    def _fork_ahead(self) -> None:
        task = asyncio.create_task(self._spawn())
        task.add_done_callback(_report)
        self._ahead.append(task)

    async def _spawn(self) -> WorkerLink:
        if self._closed:
            raise ConnectFailed("the embedded recogniser is closed")
        worker: WorkerLink | None = None
        try:
            async with asyncio.timeout(START):
                nursery = await self._running_nursery()
                self._numbers += 1
                worker = await nursery.fork(self._numbers)
                await worker.ready()
                return worker
        except BaseException as error:
            if worker is not None:
                self._dismiss(worker)
            if isinstance(error, TimeoutError):
                raise DeadlineExceeded("the embedded recogniser does not start in time", stage="connect") from None
            if isinstance(error, OSError | WorkerLost):
                raise ConnectFailed("the embedded recogniser does not start") from None
            raise

    def _dismiss(self, worker: WorkerLink) -> None:
        worker.close()
        if self._nursery is not None:
            self._nursery.kill(worker.number)

    async def _running_nursery(self) -> "_Nursery":
        async with self._starting:
            if self._nursery is not None and self._nursery.process.returncode is not None:
                log.warning("embedded recogniser ended", extra={"status": self._nursery.process.returncode})
                await self._nursery.close()
                self._nursery = None
            if self._nursery is None:
                self._nursery = await _Nursery.start()
            return self._nursery


def _report(task: asyncio.Task[WorkerLink]) -> None:
    if not task.cancelled() and isinstance(error := task.exception(), ProviderError):
        log.warning("embedded recogniser: no new worker", extra={"cause": error.cause})


class _Nursery:
    """The process that forks workers, and the socket on which it takes orders."""

    def __init__(self, process: asyncio.subprocess.Process, control: socket.socket) -> None:
        self.process = process
        self._control = control

    @classmethod
    async def start(cls) -> "_Nursery":
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                process = await asyncio.create_subprocess_exec(
                    # Not from the working directory: what lies there must not become the recogniser.
                    *(sys.executable, "-P", "-m", "speko.providers.embedded.sphinx.nursery", str(theirs.fileno())),
                    pass_fds=[theirs.fileno()],
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    env=child_environment(os.environ),
                    # Out of the terminal's foreground group, which gets the interrupt key.
                    start_new_session=True,
                )
            except BaseException:
                ours.close()
                raise
        ours.setblocking(False)
        return cls(process, ours)

    async def fork(self, number: int) -> WorkerLink:
        """A worker, not yet `ready`. Raises OSError when the nursery is gone."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._control, [ORDER.pack(b"F", number)], [theirs.fileno()])
                return await WorkerLink.over(ours, number)
            except BaseException:
                ours.close()
                raise

    def kill(self, number: int) -> None:
        """Kills a worker. One that has ended by itself, or whose nursery has, needs no killing."""
        with suppress(OSError):
            self._control.send(ORDER.pack(b"K", number))

    async def close(self) -> None:
        self._control.close()
        try:
            async with asyncio.timeout(5.0):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
