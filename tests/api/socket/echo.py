"""A server of sockets without a gateway behind it: it echoes, takes notes, and does what a test tells it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from speko.api.coalescing import CoalescingProtocol
from speko.api.socket.picows_link import Manners
from speko.api.socket.protocol import websocket_protocol
from speko.api.socket.seam import Accept, Refusal, UpgradeRequest
from speko.realtime.link import ClientLink
from tests.api.running import until
from tests.api.socket.raw_socket import Address


class Echo:
    """Takes a socket, sends back what comes, and writes down what happens."""

    def __init__(self) -> None:
        self.link: ClientLink
        self.audio: list[bytes] = []
        self.texts: list[bytes] = []
        self.closed: list[int | None] = []
        self.drained = 0

    def on_open(self, link: ClientLink) -> None:
        self.link = link

    def on_audio(self, pcm: bytes) -> None:
        self.audio.append(pcm)
        self.link.send_audio(pcm)

    def on_text(self, text: bytes) -> None:
        self.texts.append(text)
        self.link.send_text(text)

    def last_words(self, code: int, reason: str) -> bytes | None:
        return None

    def on_drained(self) -> None:
        self.drained += 1

    def on_closed(self, code: int | None) -> None:
        self.closed.append(code)


class Server:
    """Accepts `/echo` with the first subprotocol, refuses every other path."""

    def __init__(self, handler: Callable[[], Any]) -> None:
        self.address: Address
        self.state = ServerState()
        self.requests: list[UpgradeRequest] = []
        self.handlers: list[Any] = []
        self._handler = handler

    def upgrade(self, request: UpgradeRequest) -> Accept | Refusal:
        self.requests.append(request)
        if request.path == "/crash":
            raise RuntimeError("secret words")
        if request.path != "/echo":
            return Refusal(404, "NOT_FOUND", "Not found")
        self.handlers.append(self._handler())
        return Accept(self.handlers[-1], next(iter(request.subprotocols), None))

    @property
    def handler(self) -> Any:
        """Of the newest socket."""
        return self.handlers[-1]

    async def closed(self) -> int | None:
        """With what code the newest socket ended, once it has."""

        async def told() -> bool:
            return bool(self.handler.closed)

        await until(told)
        (code,) = self.handler.closed
        found: int | None = code
        return found

    async def forgotten(self) -> None:
        """Returns when no connection is left."""

        async def empty() -> bool:
            return not self.state.connections

        await until(empty)


async def plain_app(scope: Any, receive: Any, send: Any) -> None:
    """Answers what is no upgrade."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"plain", "more_body": False})


QUICK = Manners(close_within=0.3, linger=0.3)
"""Seconds, for clients that do not do their part."""


@asynccontextmanager
async def echoing(
    handler: Callable[[], Any] = Echo, manners: Manners = QUICK, app: Any = plain_app
) -> AsyncIterator[Server]:
    """Serves on a free port."""
    server = Server(handler)
    protocol = websocket_protocol(server.upgrade, manners)
    config = uvicorn.Config(app, http=CoalescingProtocol, ws=protocol, lifespan="off", log_config=None)
    config.load()
    listening = await asyncio.get_running_loop().create_server(
        lambda: CoalescingProtocol(config, server.state, {}), "127.0.0.1", 0
    )
    server.address = listening.sockets[0].getsockname()
    try:
        yield server
    finally:
        listening.close()
        connections: list[Any] = list(server.state.connections)
        for connection in connections:
            (connection.transport if isinstance(connection, CoalescingProtocol) else connection).abort()
        await server.forgotten()
