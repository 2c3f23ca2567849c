"""A vendor with a script, and a sink that writes down what it is told.

Everything that the two sides say to each other is checked against the types of the `openai` package.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from speko.providers.call import Call, Credential
from speko.providers.catalogue import Vendor
from speko.providers.errors import ProviderError
from speko.providers.openai_realtime import OpenAIRealtime, RealtimeFacts
from speko.providers.openai_realtime.connection import Connection
from speko.providers.s2s import EngineEvent, S2sRequest
from tests.providers.openai_realtime.events import Event, session
from tests.providers.openai_realtime.shapes import checked_client_event, checked_server_event

KEY = "sk-test-0123456789abcdef"
PATIENCE = 10.0
"""Seconds after which something that should happen has not."""
OPENAI = RealtimeFacts(transcriber="gpt-transcribe")


class Heard:
    """A sink; `log` holds events, `(response, pcm)`, `ProviderError`s, "pause" and "resume" in their order."""

    def __init__(self) -> None:
        self.log: list[Any] = []
        self._more = asyncio.Event()

    def audio(self, response: str, pcm: bytes) -> None:
        self._add((response, pcm))

    def event(self, event: EngineEvent) -> None:
        self._add(event)

    def lost(self, error: ProviderError) -> None:
        self._add(error)

    def pause(self) -> None:
        self._add("pause")

    def resume(self) -> None:
        self._add("resume")

    def _add(self, entry: Any) -> None:
        assert not any(isinstance(earlier, ProviderError) for earlier in self.log), f"after lost: {entry}"
        self.log.append(entry)
        self._more.set()

    def events(self) -> list[Any]:
        """Without the audio."""
        return [entry for entry in self.log if isinstance(entry, msgspec.Struct)]

    def sound(self) -> bytes:
        """All audio."""
        return b"".join(entry[1] for entry in self.log if isinstance(entry, tuple))

    async def until(self, wanted: Any) -> Any:
        """Waits for an entry that equals `wanted`, is of that type, or fulfils that function."""
        kind = isinstance(wanted, type)
        matches = wanted if callable(wanted) and not kind else None
        seen = 0
        async with asyncio.timeout(PATIENCE):
            while True:
                for entry in self.log[seen:]:
                    if matches(entry) if matches else isinstance(entry, wanted) if kind else entry == wanted:
                        return entry
                seen = len(self.log)
                self._more.clear()
                await self._more.wait()


class Peer:
    """The vendor's end of one session."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket
        self.strict = True

    async def send(self, *events: Event) -> None:
        """Sends events, checked."""
        for event in events:
            await self.socket.send(json.dumps(checked_server_event(event) if self.strict else event))

    async def receive(self) -> Event:
        """The client's next message, checked."""
        async with asyncio.timeout(PATIENCE):
            message = json.loads(await self.socket.recv())
        return checked_client_event(message) if self.strict else message

    async def expect(self, kind: str) -> Event:
        """The client's next message but audio, which has to be of that kind."""
        while (message := await self.receive())["type"] == "input_audio_buffer.append" != kind:
            pass
        assert message["type"] == kind, message
        return message

    async def set_up(self) -> Event:
        """Accepts the settings and returns them."""
        await self.send(session())
        settings = await self.expect("session.update")
        await self.send(session("session.updated"))
        found: Event = settings["session"]
        return found


Script = Callable[[Peer], Awaitable[None]]


class Server:
    """A vendor on a port of this machine."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.peers: asyncio.Queue[Peer] = asyncio.Queue()
        self.requests: list[Any] = []

    async def peer(self) -> Peer:
        """The next session that a client opens."""
        async with asyncio.timeout(PATIENCE):
            return await self.peers.get()


@asynccontextmanager
async def vendor_server(**options: Any) -> AsyncIterator[Server]:
    """A server whose sessions the test plays by hand."""
    over = asyncio.Event()

    async def handle(socket: ServerConnection) -> None:
        server.requests.append(socket.request)
        server.peers.put_nowait(Peer(socket))
        closed = asyncio.create_task(socket.wait_closed())
        ended = asyncio.create_task(over.wait())
        await asyncio.wait([closed, ended], return_when=asyncio.FIRST_COMPLETED)
        for task in (closed, ended):
            task.cancel()

    async with serve(handle, "127.0.0.1", 0, compression=None, max_size=None, **options) as listening:
        port = listening.sockets[0].getsockname()[1]
        server = Server(f"http://127.0.0.1:{port}/v1")
        try:
            yield server
        finally:
            over.set()


def vendor(url: str | None) -> Vendor:
    """A vendor at that base URL."""
    return Vendor(id="openai", name="OpenAI", key_env="OPENAI_API_KEY", base_url=url)


def call(**members: Any) -> Call:
    """A call with a key."""
    return Call(Credential(KEY), **members)


def request(**members: Any) -> S2sRequest:
    """A request for a session."""
    return S2sRequest(**{"model": "gpt-realtime", "input_rate": 24000, "output_rate": 24000, **members})


@asynccontextmanager
async def conversation(
    asked: S2sRequest | None = None, attempt: Call | None = None, *, facts: RealtimeFacts = OPENAI
) -> AsyncIterator[tuple[Peer, Connection, Heard]]:
    """A session that is set up, from both ends."""
    heard = Heard()
    async with vendor_server() as server:
        opening = asyncio.create_task(
            OpenAIRealtime(vendor(server.url), facts).connect(asked or request(), attempt or call(), heard)
        )
        peer = await server.peer()
        peer.strict = facts is OPENAI
        await peer.set_up()
        connection = await opening
        try:
            yield peer, connection, heard
        finally:
            connection.close()


async def drained(peer: Peer) -> list[Event]:
    """What the client sends until it hangs up."""
    found = []
    async with asyncio.timeout(PATIENCE):
        try:
            while True:
                found.append(await peer.receive())
        except ConnectionClosed:
            return found
