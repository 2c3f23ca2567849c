"""The program that loads the model and forks workers: `python -m speko.providers.embedded.sphinx.nursery FD`.

`FD` is a Unix socket of kind SEQPACKET, on which the gateway sends one packet per order: `F` and a number, with the
socket of the call as ancillary data, forks a worker that serves it; `K` and a number kills that worker. The end of the
socket ends everything. Nothing here runs an event loop or a thread, because a fork takes along only the thread that
calls it.
"""

import gc
import os
import select
import signal
import socket
import struct
import sys
from typing import Any, NoReturn

from speko.providers.embedded.sphinx.decoding import load_decoder
from speko.providers.embedded.sphinx.worker import serve

ORDER = struct.Struct("<cI")


def main() -> None:
    """Runs until the gateway goes."""
    # The gateway alone decides how long we live: a signal for its whole group must not end calls that it still serves.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    control = socket.socket(fileno=int(sys.argv[1]))
    decoder = load_decoder()
    # What exists now is shared with every worker; a collection must not touch, and so copy, its pages.
    gc.collect()
    gc.freeze()
    nursery = _Nursery(control, decoder)
    try:
        nursery.run()
    finally:
        nursery.end()


class _Nursery:
    def __init__(self, control: socket.socket, decoder: Any) -> None:
        self._control = control
        self._decoder = decoder
        self._workers: dict[int, int] = {}
        """Process ids of children that are not reaped yet, by number: nobody else can have such an id."""
        self._bell, self._rope = socket.socketpair()
        self._bell.setblocking(False)
        self._rope.setblocking(False)
        signal.set_wakeup_fd(self._rope.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def run(self) -> None:
        while True:
            readable, _, _ = select.select([self._control, self._bell], [], [])
            if self._bell in readable:
                self._bell.recv(4096)
                self._reap()
            if self._control in readable and not self._obey():
                return

    def end(self) -> None:
        for pid in self._workers.values():
            os.kill(pid, signal.SIGKILL)

    def _obey(self) -> bool:
        packet, descriptors, _, _ = socket.recv_fds(self._control, ORDER.size, 1)
        if not packet:
            return False
        order, number = ORDER.unpack(packet)
        if order == b"F":
            self._fork(number, descriptors[0])
        elif number in self._workers:
            os.kill(self._workers[number], signal.SIGKILL)
        return True

    def _fork(self, number: int, descriptor: int) -> None:
        pid = os.fork()
        if pid:
            os.close(descriptor)
            self._workers[number] = pid
        else:
            self._become_worker(descriptor)

    def _become_worker(self, descriptor: int) -> NoReturn:
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for inherited in (self._control, self._bell, self._rope):
                inherited.close()
            with socket.socket(fileno=descriptor) as connection:
                serve(connection, self._decoder)
            status = 0
        finally:
            # Not `sys.exit`: the rest of the nursery's stack is not ours to unwind.
            os._exit(status)

    def _reap(self) -> None:
        for number, pid in list(self._workers.items()):
            if os.waitpid(pid, os.WNOHANG)[0]:
                del self._workers[number]


if __name__ == "__main__":
    main()
