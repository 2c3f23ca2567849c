"""What a supervisor and one of its workers say to each other, over a pair of sockets.

Down go single bytes: `drain` and `now`. Up goes one line of JSON for each report. The supervisor's end is held by
nobody else, so that its death closes it: a worker that reads the end of the stream has lost its supervisor.
"""

import socket
import threading
from collections.abc import Callable
from typing import Literal

import msgspec
from msgspec import Struct

Order = Literal["drain", "now"]
_ORDERS: dict[bytes, Order] = {b"d": "drain", b"n": "now"}
_BYTES = {order: byte for byte, order in _ORDERS.items()}


class Serves(Struct, frozen=True, tag=True):
    """The worker is ready."""

    url: str
    console_url: str | None


class Failed(Struct, frozen=True, tag=True):
    """The worker cannot start; `kind` is one of `speko.api.workers.failures`."""

    kind: str
    text: str


Report = Serves | Failed
_decode = msgspec.json.Decoder(Report).decode


class WorkersEnd:
    """The channel as the worker has it."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def report(self, report: Report) -> None:
        """Tells the supervisor."""
        self._sock.sendall(msgspec.json.encode(report) + b"\n")

    def listen(self, on_order: Callable[[Order], None], on_orphaned: Callable[[], None]) -> None:
        """Hears orders from now on, in a thread of its own: the end of the supervisor must be noticed however busy the
        event loop is. Nobody waits for that thread."""

        def hear() -> None:
            while (heard := self._sock.recv(1)) in _ORDERS:
                on_order(_ORDERS[heard])
            on_orphaned()

        threading.Thread(target=hear, name="orders of the supervisor", daemon=True).start()


class SupervisorsEnd:
    """The channel as the supervisor has it."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._heard = b""

    def fileno(self) -> int:
        """For `select`."""
        return self._sock.fileno()

    def order(self, order: Order) -> None:
        """Tells the worker. One that has gone need not be told."""
        try:
            self._sock.send(_BYTES[order])
        except OSError:
            return

    def reports(self) -> tuple[list[Report], bool]:
        """What came since the last time, and whether more may come."""
        try:
            heard = self._sock.recv(65536)
        except BlockingIOError:
            return [], True
        except OSError:
            heard = b""
        *lines, self._heard = (self._heard + heard).split(b"\n")
        return [_decode(line) for line in lines], bool(heard)

    def close(self) -> None:
        """Closes it."""
        self._sock.close()


def make_channel() -> tuple[SupervisorsEnd, socket.socket]:
    """The supervisor's end, and the socket of the worker's."""
    ours, theirs = socket.socketpair()
    return SupervisorsEnd(ours), theirs
