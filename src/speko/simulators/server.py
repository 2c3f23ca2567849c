"""A simulated vendor as a server on a real socket. What the vendor says is up to its subclass."""

import asyncio
import contextlib
import socket
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, ClassVar, Self

from aiohttp import web

from speko.simulators.answer import Answer
from speko.simulators.captured import CapturedRequest, Ledger
from speko.simulators.engines import Engines
from speko.simulators.exchange import exchange
from speko.simulators.faults import Fault, FaultKind, FaultPlan
from speko.simulators.script import Script


class Simulator(ABC):
    """A simulated vendor, listening from `start` to `stop` or as an async context manager.

    `script` and `fault` may be set at any time and hold for the requests that come after.
    """

    vendor: ClassVar[str]
    operations: ClassVar[frozenset[str]]
    """What `Fault.path` may name."""
    conversations: ClassVar[frozenset[str]] = frozenset()
    """Operations that are conversations over a socket, served by `converse` in place of `answer`."""

    def __init__(
        self,
        *,
        script: Script | None = None,
        fault: Fault | None = None,
        engines: Engines | None = None,
        api_key: str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        keep: int = 256,
    ) -> None:
        """
        Args:
            script: fixed answers; None = everything from the engines.
            fault: what goes wrong from the start.
            engines: None = those that are installed, loaded when they are first needed. Engines that are given are
                not closed.
            api_key: the one key that is accepted; None = any that is not empty.
            host: address to listen on.
            port: port to listen on; 0 = a free one.
            keep: requests to keep with their bodies; the oldest go first.

        Raises:
            ValueError: `fault.path` is no operation of this vendor.
        """
        self.api_key = api_key
        self.engines = engines or Engines()
        self._own_engines = engines is None
        self.script = script or Script()
        self.fault = fault
        self.ledger = Ledger(keep)
        self._at_start = (self.script, fault)
        self._address = (host, port)
        self._http: web.Server | None = None
        self._listener: asyncio.Server | None = None
        self.closing = False
        """True while connections are dropped by us: no client has left then."""

    # The vendor's part.

    @abstractmethod
    def operation(self, method: str, path: str) -> str:
        """The operation that a request asks for, for counts and faults; `other` for what the vendor does not have."""

    @abstractmethod
    def key_of(self, request: web.BaseRequest) -> str | None:
        """The key that a request carries, or None."""

    @abstractmethod
    def headers(self) -> Mapping[str, str]:
        """Headers that every answer of the vendor carries."""

    @abstractmethod
    async def answer(self, request: CapturedRequest, script: Script) -> Answer:
        """The vendor's answer to a request whose key is accepted.

        Raises:
            Refused: with the vendor's error answer.
        """

    async def converse(self, request: web.BaseRequest, script: Script, fault: Fault | None) -> web.StreamResponse:
        """Serves a conversation whose key is accepted, to its end. Only for those who have `conversations`.

        Raises:
            Refused: the request asks for no socket.
        """
        raise NotImplementedError

    @abstractmethod
    def status_answer(self, kind: FaultKind) -> Answer:
        """The vendor's error answer for a fault that is a status."""

    @abstractmethod
    def error_answer(self, status: int, message: str) -> Answer:
        """An error answer in the vendor's form."""

    # What tests and the control address use.

    @property
    def fault(self) -> Fault | None:
        """What goes wrong. Setting it starts the count of `after` and `times` anew."""
        return self.plan.fault

    @fault.setter
    def fault(self, fault: Fault | None) -> None:
        if fault is not None and fault.path is not None and fault.path not in self.operations:
            raise ValueError(f"a fault's path is one of {', '.join(sorted(self.operations))}")
        self.plan = FaultPlan(fault)

    @property
    def requests(self) -> deque[CapturedRequest]:
        """The last requests that were read to their end, oldest first."""
        return self.ledger.requests

    @property
    def cancelled(self) -> int:
        """Clients that went away before they had their answer."""
        return self.ledger.cancelled

    @property
    def connections(self) -> int:
        """Connections that are open now."""
        return len(self._http.connections) if self._http else 0

    @property
    def port(self) -> int:
        """Port it listens on."""
        return self._address[1]

    @property
    def url(self) -> str:
        """Scheme, address and port."""
        host = self._address[0]
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def base_url(self) -> str:
        """What a client of the vendor is given as its base URL."""
        return f"{self.url}/v1"

    async def until(self, condition: Callable[[], bool], timeout: float = 10.0) -> None:
        """Returns when a condition about requests, counts or cancellations holds.

        Raises:
            TimeoutError: it did not hold within `timeout` seconds.
        """
        async with asyncio.timeout(timeout):
            await self.ledger.until(condition)

    def state(self) -> dict[str, Any]:
        """What happened so far, as the control address shows it."""
        return {
            "vendor": self.vendor,
            "requests": self.ledger.total,
            "operations": self.ledger.operations,
            "faults": self.ledger.faults,
            "cancelled": self.ledger.cancelled,
            "errors": self.ledger.errors,
            "connections": self.connections,
            "key": self.ledger.last_key,
            "fault": self.fault,
            "script": self.script,
        }

    def reset(self) -> None:
        """Forgets what happened, and goes back to the script and the fault of the start."""
        self.script, self.fault = self._at_start
        self.ledger.reset()

    # Life.

    async def start(self) -> None:
        """Listens.

        Raises:
            OSError: the address cannot be listened on.
        """
        self.closing = False
        self._http = web.Server(lambda request: exchange(self, request), handler_cancellation=True, access_log=None)
        sock = self._bind()
        self._address = (self._address[0], sock.getsockname()[1])
        await self._listen(self._http, sock)

    async def stop(self) -> None:
        """Closes the port and every connection. Requests under way are dropped and do not count as cancelled."""
        self.closing = True
        if self._http is not None:
            self._hang_up()
            await self._http.shutdown(2.0)
            self._http = None
        if self._own_engines:
            await self.engines.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @contextlib.asynccontextmanager
    async def port_closed(self) -> AsyncIterator[None]:
        """While it lasts, connections are refused as by a machine on which nothing listens; open ones are dropped.

        Raises:
            RuntimeError: the simulator is not running.
        """
        if self._http is None:
            raise RuntimeError("the simulator is not running")
        self.closing = True
        self._hang_up()
        # A socket that is bound but does not listen refuses connections, and keeps the port ours.
        sock = self._bind()
        try:
            yield
        finally:
            self.closing = False
            await self._listen(self._http, sock)

    def _bind(self) -> socket.socket:
        sock = socket.socket(socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(self._address)
        except BaseException:
            sock.close()
            raise
        return sock

    async def _listen(self, http: web.Server, sock: socket.socket) -> None:
        self._listener = await asyncio.get_running_loop().create_server(http, sock=sock, backlog=1024)

    def _hang_up(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for connection in self._http.connections if self._http else ():
            if connection.transport is not None:
                connection.transport.abort()
