"""The process above several workers: starts them, replaces those that die, passes signals on. It serves nobody.

Workers are forked and not started anew: they share the memory of what is imported, and one is replaced in a blink. This
process therefore has no event loop and no threads.
"""

import gc
import logging
import os
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import NoReturn

from speko.api.workers.channel import Failed, Order, Report, Serves, SupervisorsEnd, WorkersEnd, make_channel
from speko.api.workers.restarts import Restarts

log = logging.getLogger(__name__)
_GRACE = 30.0
"""Seconds that a worker has for its end beyond what it was given, before it is killed."""
Work = Callable[[int, WorkersEnd], int]
"""What a worker does: its number, its channel; the exit code."""


class StartFailed(Exception):
    """A worker could not start; `report` says why, None = the log does."""

    def __init__(self, report: Failed | None) -> None:
        super().__init__(report.text if report else "a worker could not start")
        self.report = report


@dataclass(slots=True)
class _Worker:
    number: int
    restarts: Restarts = field(default_factory=Restarts)
    pid: int | None = None
    channel: SupervisorsEnd | None = None
    listening: bool = False
    """Whether more reports may come."""
    ready_at: float | None = None
    failure: Failed | None = None
    start_at: float | None = None
    """When it is started again."""


class Supervisor:
    """`count` workers that do `work`, until a signal. `run` returns when all have ended.

    Args:
        count: how many.
        work: runs in each worker.
        on_ready: called once, when all are ready, with what the first one said.
        drain_seconds: that workers may take for their end after SIGTERM.
        inherited: sockets of this process alone, which no worker keeps open.
    """

    def __init__(
        self,
        count: int,
        work: Work,
        on_ready: Callable[[Serves], None],
        drain_seconds: float,
        inherited: tuple[socket.socket, ...] = (),
    ) -> None:
        self._workers = [_Worker(number) for number in range(count)]
        self._work = work
        self._on_ready = on_ready
        self._drain_seconds = drain_seconds
        self._inherited = inherited
        self._all_were_ready = False
        self._ending = False
        self._failure: StartFailed | None = None
        self._kill_at: float | None = None
        self._signals: list[int] = []
        """Those that came and were not acted upon: that is done between two turns, never in the middle of one."""
        self._woken, self._wake = socket.socketpair()
        self._woken.setblocking(False)
        self._wake.setblocking(False)

    def run(self) -> int:
        """Serves; the exit code.

        Raises:
            StartFailed: not all workers became ready.
        """
        gc.collect()
        gc.freeze()  # what is there stays in memory that workers share
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        before = {number: signal.signal(number, self._signalled) for number in (signal.SIGTERM, signal.SIGINT)}
        before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)  # only to be woken
        try:
            for worker in self._workers:
                self._start(worker)
            while any(worker.pid for worker in self._workers) or not self._ending:
                self._turn()
        finally:
            signal.set_wakeup_fd(-1)
            for number, handler in before.items():
                signal.signal(number, handler)
            self._woken.close()
            self._wake.close()
        if self._failure is not None:
            raise self._failure
        return 0

    def _turn(self) -> None:
        channels = {worker.channel: worker for worker in self._workers if worker.channel and worker.listening}
        awaited: list[socket.socket | SupervisorsEnd] = [self._woken, *channels]
        select.select(awaited, [], [], self._patience())
        with suppress(BlockingIOError):
            self._woken.recv(4096)
        while self._signals:
            self._act_upon(self._signals.pop(0))
        for worker in channels.values():
            self._hear(worker)
        self._reap()
        now = time.monotonic()
        for worker in self._workers:
            if worker.start_at is not None and worker.start_at <= now and not self._ending:
                self._start(worker)
        if self._kill_at is not None and self._kill_at <= now:
            self._kill()

    def _patience(self) -> float | None:
        due = [worker.start_at for worker in self._workers if worker.start_at is not None and not self._ending]
        if self._kill_at is not None:
            due.append(self._kill_at)
        return max(0.0, min(due) - time.monotonic()) if due else None

    # ---- workers

    def _start(self, worker: _Worker) -> None:
        worker.start_at = worker.ready_at = worker.failure = None
        ours, theirs = make_channel()
        sys.stdout.flush()
        try:
            pid = os.fork()
        except OSError as error:
            ours.close()
            theirs.close()
            worker.start_at = time.monotonic() + worker.restarts.died(0.0)
            log.error("no process for a worker", extra={"worker": worker.number, "reason": error.strerror})
            return
        if pid == 0:
            self._become(worker.number, ours, theirs)
        theirs.close()
        worker.pid, worker.channel, worker.listening = pid, ours, True

    def _become(self, number: int, supervisors: SupervisorsEnd, own: socket.socket) -> NoReturn:
        """The rest of a worker's life."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            # As long as one worker had the supervisor's end of another's channel, that one would not notice its death.
            supervisors.close()
            for worker in self._workers:
                if worker.channel is not None:
                    worker.channel.close()
            for sock in (self._woken, self._wake, *self._inherited):
                sock.close()
            code = self._work(number, WorkersEnd(own))
        except KeyboardInterrupt:
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except BaseException:
            traceback.print_exc()
        finally:
            # Not sys.exit: the frames above are the supervisor's, and so is what they would do at their end.
            try:
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(code)

    def _hear(self, worker: _Worker) -> None:
        assert worker.channel is not None  # noqa: S101 - it was selected
        reports, worker.listening = worker.channel.reports()
        for report in reports:
            self._reported(worker, report)

    def _reported(self, worker: _Worker, report: Report) -> None:
        if isinstance(report, Failed):
            worker.failure = report
            return
        worker.ready_at = time.monotonic()
        if self._all_were_ready:
            log.info("a worker serves again", extra={"worker": worker.number})
        elif all(other.ready_at is not None for other in self._workers) and not self._ending:
            self._all_were_ready = True
            self._on_ready(report)

    def _reap(self) -> None:
        for worker in self._workers:
            if worker.pid is None:
                continue
            pid, status = os.waitpid(worker.pid, os.WNOHANG)
            if pid == worker.pid:
                self._died(worker, os.waitstatus_to_exitcode(status))

    def _died(self, worker: _Worker, code: int) -> None:
        if worker.listening:
            self._hear(worker)  # why
        assert worker.channel is not None  # noqa: S101 - every worker that ran had one
        worker.channel.close()
        worker.pid, worker.channel = None, None
        if self._ending:
            return
        if not self._all_were_ready:
            self._failure = StartFailed(worker.failure)
            self._end("now", _GRACE)
            return
        served = time.monotonic() - worker.ready_at if worker.ready_at is not None else 0.0
        delay = worker.restarts.died(served)
        worker.start_at = time.monotonic() + delay
        why = {"reason": worker.failure.text} if worker.failure else {}
        log.error("a worker died", extra={"worker": worker.number, "code": code, "again_in_s": delay, **why})

    # ---- the end

    def _signalled(self, number: int, _: FrameType | None) -> None:
        self._signals.append(number)

    def _act_upon(self, number: int) -> None:
        if number == signal.SIGINT or self._ending:
            self._end("now", _GRACE)
        else:
            self._end("drain", self._drain_seconds + _GRACE)

    def _end(self, order: Order, within: float) -> None:
        self._ending = True
        self._kill_at = time.monotonic() + within
        for worker in self._workers:
            if worker.channel is not None:
                worker.channel.order(order)

    def _kill(self) -> None:
        self._kill_at = None
        for worker in self._workers:
            if worker.pid is not None:
                log.error("a worker did not end and is killed", extra={"worker": worker.number})
                os.kill(worker.pid, signal.SIGKILL)
