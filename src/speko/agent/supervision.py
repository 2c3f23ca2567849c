"""One place in the pool of agent processes: starts a process, watches it, and starts the next one when it ends."""

import asyncio
import logging
import os
import secrets
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from speko.agent import logs
from speko.agent.process import ENDING, ProcessConfig
from speko.providers.child_environment import child_environment

log = logging.getLogger(__name__)
START: Final = 60.0
"""Seconds within which a process has to be warm, on a machine that is busy and reads from a slow disk."""
_STEADY = 10.0
"""Seconds that a process has to serve before its end counts as an accident and not as a habit."""
_LAST_LINES = 1.0
"""Seconds for what a process that has ended wrote last."""
_PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before the next start, after so many ends in a row."""


class Supervised:
    """A process of the pool.

    Args:
        folder: where its sockets are; nobody else may enter.
        program: see `AgentPool`.
        config: without a secret: each process gets its own.
        silence: seconds without a sign of life after which it is killed.
        changed: called when `ready` has changed.
    """

    def __init__(
        self,
        folder: Path,
        program: Sequence[str],
        config: ProcessConfig,
        silence: float,
        changed: Callable[[], None],
    ) -> None:
        self.address = ""
        self.secret = ""
        self.ready = False
        self.taken = 0
        """Conversations that it holds."""
        self.pid: int | None = None
        self.first_outcome = asyncio.Event()
        """It is warm, or has failed for the first time."""
        self._folder = folder
        self._program = program
        self._config = config
        self._silence = silence
        self._changed = changed
        self._warm = False
        """The process has been ready, so people may have spoken in it; unlike `ready` it stays so."""
        self._exit_code: int | None = None
        """Of the last process; negative = the signal that killed it."""
        self._free = asyncio.Event()
        self._task = asyncio.create_task(self._live_on())

    def take(self) -> None:
        """One more conversation."""
        self.taken += 1
        self._free.clear()

    def give(self) -> None:
        """One less."""
        self.taken -= 1
        if not self.taken:
            self._free.set()

    def doubt(self) -> None:
        """It could not be reached: nobody shall try before its next sign of life, or its successor's first."""
        self._set_ready(False)

    async def stop(self) -> None:
        """Ends the process, and all its conversations in good order."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _live_on(self) -> None:
        ends = 0
        while True:
            try:
                served = await self._one_life()
            except Exception as error:  # a mistake of ours must not leave the place empty for ever
                log.error("watching an agent process failed", extra={"type": type(error).__name__})
                served = 0.0
            ends = 0 if served > _STEADY else ends + 1
            pause = _PAUSES[min(ends, len(_PAUSES)) - 1] if ends else 0.0
            ended = {"pid": self.pid, "exit_code": self._exit_code, "served_seconds": round(served)}
            log.error("agent process ended", extra={**ended, "next_in_seconds": pause})
            await asyncio.sleep(pause)

    async def _one_life(self) -> float:
        """From the start of a process to its end; the seconds that it served."""
        self.address = str(self._folder / f"{secrets.token_hex(4)}.sock")
        self.secret = secrets.token_urlsafe(32)
        self.pid = self._exit_code = None
        self._warm = False
        clock = asyncio.get_running_loop().time
        try:
            process = await asyncio.create_subprocess_exec(
                *(*self._program, "--socket", self.address),
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                env=child_environment(os.environ),
                # Out of the terminal's foreground group, which gets the interrupt key.
                start_new_session=True,
            )
        except OSError as error:
            log.error("agent process cannot be started", extra={"type": type(error).__name__})
            self.first_outcome.set()
            return 0.0
        self.pid = process.pid
        relaying = asyncio.create_task(self._relay(process))
        began = clock()
        try:
            self._configure(process)
            if await _sign_of_life(process, START):
                log.info("agent process is ready", extra={"pid": self.pid, "seconds": round(clock() - began, 1)})
                began = clock()
                self._warm = True
                self._set_ready(True)
                while await _sign_of_life(process, self._silence):
                    self._set_ready(True)
                return clock() - began
            return 0.0
        finally:
            self._set_ready(False)
            await self._end(process)
            self._exit_code = process.returncode
            await asyncio.wait({relaying}, timeout=_LAST_LINES)  # they may say why it has ended
            relaying.cancel()
            _forget(self.address)

    def _configure(self, process: Process) -> None:
        config = msgspec.structs.replace(
            self._config, secret=self.secret, log_level=logging.getLogger("speko").getEffectiveLevel()
        )
        assert process.stdin is not None  # noqa: S101 - it was asked for
        with suppress(RuntimeError):  # uvloop's word for a process that has ended already
            process.stdin.write(msgspec.json.encode(config) + b"\n")

    def _set_ready(self, ready: bool) -> None:
        self.first_outcome.set()
        if ready != self.ready:
            self.ready = ready
            self._changed()

    async def _relay(self, process: Process) -> None:
        assert process.stderr is not None  # noqa: S101 - it was asked for
        while True:
            try:
                line = await process.stderr.readline()
            except ValueError:
                line = b"too long\n"
            if not line:
                return
            logs.relay(line, process.pid, trusted=not self._warm)

    async def _end(self, process: Process) -> None:
        """Ends what may have ended, be stopped, or hang. Its conversations' last rows are waited for."""
        assert process.stdin is not None  # noqa: S101 - it was asked for
        process.stdin.close()
        try:
            async with asyncio.timeout(ENDING + 1.0):
                await process.wait()
        except TimeoutError:
            pass
        finally:  # also when this is cancelled
            if process.returncode is None:
                process.kill()
                await process.wait()
        if self.taken:
            try:
                async with asyncio.timeout(1.0):
                    await self._free.wait()
            except TimeoutError:
                log.warning("conversations outlive their agent process", extra={"conversations": self.taken})


def _forget(address: str) -> None:
    Path(address).unlink(missing_ok=True)


async def _sign_of_life(process: Process, within: float) -> bool:
    assert process.stdout is not None  # noqa: S101 - it was asked for
    try:
        async with asyncio.timeout(within):
            return bool(await process.stdout.readline())
    except TimeoutError:
        log.error("agent process gives no sign of life", extra={"pid": process.pid})
        process.kill()
        return False
