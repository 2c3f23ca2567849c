"""Runs the gateway: uvicorn in the foreground, signals, and an end that loses nothing."""

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Protocol

import uvicorn
import uvloop

from speko.api.app import create_app
from speko.api.coalescing import CoalescingProtocol
from speko.api.gateway import Gateway
from speko.api.realtime.upgrade import upgrade_of
from speko.api.socket.protocol import websocket_protocol
from speko.api.workers.siblings import Siblings
from speko.settings import Settings
from speko.storage.single_process import OneProcess

log = logging.getLogger(__name__)
_GOODBYE = 1.0
"""Seconds that sockets have at the end to say so and to be answered."""


class Sockets(Protocol):
    """What holds the open sockets."""

    async def end_all(self) -> None:
        """Tells every client that the gateway stops, and closes its socket."""


class Server(uvicorn.Server):
    """uvicorn with our meaning of signals: SIGTERM drains, SIGINT or a second SIGTERM ends at once. Sockets are drained
    as calls are: they count as open connections, and are ended when the time is up."""

    def __init__(
        self,
        config: uvicorn.Config,
        on_listening: Callable[[str], None],
        sockets: Sockets,
        on_draining: Callable[[], None] = lambda: None,
        siblings: Siblings | None = None,
    ) -> None:
        super().__init__(config)
        self._siblings = siblings
        self._on_listening = on_listening
        self._sockets = sockets
        self._on_draining = on_draining

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listens, also for other processes of this machine, then says where."""
        await super().startup(sockets)
        if self.started:
            if self._siblings is not None:
                self._siblings.listen(self._adopt)
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self._on_listening(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")

    async def _adopt(self, client: socket.socket, received: bytes) -> None:
        """Takes over a connection whose upgrade request came to another process."""
        protocol: Any = self.config.ws_protocol_class

        class Adopted(protocol):  # type: ignore[misc]
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                super().connection_made(transport)
                self.data_received(received)

        def make() -> Any:
            return Adopted(config=self.config, server_state=self.server_state, app_state={})

        await asyncio.get_running_loop().connect_accepted_socket(make, client)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drains, then ends what is still open."""
        self._on_draining()
        await super().shutdown(sockets)
        await self.end_sockets()

    async def end_sockets(self) -> None:
        """Ends all sockets, and gives their clients a moment."""
        loop = asyncio.get_running_loop()
        until = loop.time() + _GOODBYE
        with suppress(TimeoutError):
            await asyncio.wait_for(self._sockets.end_all(), _GOODBYE)
        while self._open_sockets() and loop.time() < until:  # noqa: ASYNC110 - the set is the server's own
            await asyncio.sleep(0.02)
        for link in self._open_sockets():
            link.abort()

    def _open_sockets(self) -> list[Any]:
        return [c for c in self.server_state.connections if not isinstance(c, CoalescingProtocol)]

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal arrived."""
        self.end(at_once=sig == signal.SIGINT or self.should_exit)

    def end(self, *, at_once: bool) -> None:
        """Begins the end: drains, or cuts calls short."""
        self.force_exit = self.force_exit or at_once
        self.should_exit = True


class CannotListen(OSError):
    """The address cannot be listened on. The text is for people."""


class _Quiet(logging.Filter):
    """Drops what uvicorn says when we cut a body short on purpose: that is how a broken answer shows."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "without completing response" not in record.getMessage()


@dataclass(frozen=True, slots=True)
class Ready:
    """A gateway that serves."""

    url: str
    """Where it listens."""
    console_url: str | None = field(repr=False)
    """Logs in to the console, once: a secret, for the terminal alone. None: there is no console, or no build of it."""


def serve(
    settings: Settings, environment: Mapping[str, str], *, on_ready: Callable[[Ready], None] | None = None
) -> int:
    """Serves until a signal; the exit code. `on_ready` is called when everything is warm. The vendors' usual variables
    (`OPENAI_API_KEY`, …) are looked up in `environment`.

    Raises:
        CannotListen: the address is taken or is none of this machine's.
        StorageError: the database cannot be opened, or another process serves it.
    """
    with bound(settings.host, settings.port) as sock:
        return run_gateway(Gateway(settings, environment=environment), sock, on_ready or (lambda ready: None))


def run_gateway(
    gateway: Gateway,
    sock: socket.socket,
    on_ready: Callable[[Ready], None],
    on_server: Callable[[Server], None] = lambda server: None,
) -> int:
    """Serves on a bound socket until a signal, or until somebody ends the server that `on_server` is told of."""
    logging.getLogger("uvicorn.error").addFilter(_Quiet())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_serve(gateway, sock, on_ready, on_server))


def bound(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A socket that has the address, before anything else is made or opened for it. `shared`: others of this user may
    have it too, and the kernel spreads connections over those that listen.

    Raises:
        CannotListen: it cannot be had.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        sock = socket.socket(family, kind, protocol)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(address)
    except OSError as error:
        why = error.strerror or str(error)
        raise CannotListen(
            f"cannot listen on {host} port {port}: {why}; choose others with --host and --port"
        ) from None
    return sock


async def _serve(
    gateway: Gateway, sock: socket.socket, on_ready: Callable[[Ready], None], on_server: Callable[[Server], None]
) -> int:
    settings = gateway.settings
    await gateway.open()
    warming: asyncio.Task[None] | None = None

    async def warm(url: str) -> None:
        if not gateway.warm:
            await gateway.warm_up()
        on_ready(Ready(url, gateway.console.link(url) if gateway.console is not None else None))

    def listening(url: str) -> None:
        nonlocal warming
        warming = asyncio.create_task(warm(url))

    config = uvicorn.Config(
        create_app(gateway),
        http=CoalescingProtocol,
        ws=websocket_protocol(upgrade_of(gateway)),
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=int(settings.drain_seconds),
    )
    server = Server(config, listening, gateway.sockets, gateway.drain, gateway.siblings)
    on_server(server)
    try:
        if settings.workers > 1:
            await gateway.warm_up()  # others serve meanwhile; listening on the shared port takes calls away from them
        with OneProcess(settings.data) if gateway.store.is_sqlite else nullcontext():
            if gateway.store.is_sqlite:
                await gateway.store.sessions.end_lost()
            await server.serve(sockets=[sock])
    finally:
        if warming is not None:
            warming.cancel()
            await asyncio.gather(warming, return_exceptions=True)
        await gateway.close()
    return 0
