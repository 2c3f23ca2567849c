"""The gateway's agent processes: started before it is ready, watched, replaced when they end, ended with it."""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from speko.agent.process import ProcessConfig
from speko.agent.supervision import Supervised
from speko.providers.errors import Busy, ConnectFailed, Unsupported

PROGRAM: Final = (sys.executable, "-P", "-m", "speko.agent")


class AgentPool:
    """`processes` of them.

    Args:
        processes: 0 = this gateway has no agent.
        config: of each process, without a secret: each gets its own.
        program: what to run; gets `--socket ADDRESS` and speaks as `process.main` does.
        silence: seconds without a sign of life after which a process is killed.
    """

    def __init__(
        self,
        processes: int,
        config: ProcessConfig,
        *,
        program: Sequence[str] = PROGRAM,
        silence: float = 20.0,
    ) -> None:
        self.processes = processes
        self.sessions = config.sessions
        self._config = config
        self._program = program
        self._silence = silence
        self._folder: Path | None = None
        self._workers: list[Supervised] = []
        self._news = asyncio.Event()
        self._closed = False

    async def start(self) -> None:
        """Starts all processes and waits until each of them is warm, or has failed once; then it is tried again and
        again beside everything else."""
        self._begin()
        await asyncio.gather(*(worker.first_outcome.wait() for worker in self._workers))

    async def take(self, within: float) -> Supervised:
        """A process that has room for one more conversation, the one with the fewest; `give` it back.

        Args:
            within: seconds to wait for a process when none is there yet.

        Raises:
            Unsupported: this gateway has no agent.
            Busy: all are full, or none has come up in time.
            ConnectFailed: the gateway is stopping.
        """
        if self.processes == 0:
            raise Unsupported("this gateway runs no voice agent: the setting agent_processes is 0")
        self._begin()
        try:
            async with asyncio.timeout(within):
                while not (ready := [worker for worker in self._workers if worker.ready]):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise Busy("the voice agent's processes are starting") from None
        worker = min(ready, key=lambda each: each.taken)
        if worker.taken >= self.sessions:
            raise Busy(f"all {self.processes * self.sessions} conversations of the voice agent are taken")
        worker.take()
        return worker

    @property
    def running(self) -> Sequence[Supervised]:
        """All places, for metrics and tests."""
        return self._workers

    def _begin(self) -> None:
        if self._closed:
            raise ConnectFailed("the voice agent is closed")
        if self._workers or self.processes == 0:
            return
        self._folder = Path(tempfile.mkdtemp(prefix="speko-agent-"))  # of mode 0700
        self._workers = [
            Supervised(self._folder, self._program, self._config, self._silence, self._news.set)
            for _ in range(self.processes)
        ]

    async def close(self) -> None:
        """Ends all processes; what their conversations still book arrives before it returns."""
        self._closed = True
        await asyncio.gather(*(worker.stop() for worker in self._workers))
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
