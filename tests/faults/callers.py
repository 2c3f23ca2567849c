"""A caller of an S2S session that remembers everything."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

SPEECH = b"\x10\x00\xf0\xff" * 240
"""20 ms at 24 kHz, too quiet for an engine to find speech in it."""


class Caller:
    """One client with one socket."""

    def __init__(self, socket: ClientConnection, session_id: str) -> None:
        self.socket = socket
        self.session_id = session_id
        self.frames: list[dict[str, Any]] = []
        self.audio = bytearray()
        self.order: list[str] = []
        """Kinds of what came, in order; `audio` once for audio without a frame between."""
        self._news = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def join(cls, made: dict[str, Any]) -> Self:
        """Opens the socket of a session that was created."""
        socket = await connect(made["wsUrl"], subprotocols=[made["wsToken"]], compression=None, proxy=None)
        return cls(socket, made["sessionId"])

    async def turn(self, frames: int = 20) -> None:
        """Says something, and that it is over."""
        for _ in range(frames):
            await self.socket.send(SPEECH)
        await self.tell(t="control", action="commit")

    async def tell(self, **frame: Any) -> None:
        """Sends a text frame."""
        await self.socket.send(json.dumps(frame))

    async def until(self, condition: Callable[[], bool], seconds: float = 20.0) -> None:
        """Waits for what frames bring; fails with what came in place of it."""
        try:
            async with asyncio.timeout(seconds):
                while not condition():
                    if self._reading.done():
                        break
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            pass
        assert condition(), f"closed {self.closed}, came in place of it: {self.order[-8:]} {self.frames[-3:]}"

    async def ended(self, responses: int = 1) -> None:
        """Waits for so many responses to be over."""
        await self.until(lambda: len(self.ends) >= responses)

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The frames of a kind."""
        return [frame for frame in self.frames if frame["t"] == kind]

    @property
    def ends(self) -> list[str]:
        """How responses ended, in order."""
        return [
            "interrupted" if frame["t"] == "interruption" else "done"
            for frame in self.frames
            if frame["t"] == "interruption" or (frame["t"] == "turn" and frame["stage"] == "response_done")
        ]

    @property
    def words(self) -> str:
        """What the assistant said, by its final transcripts."""
        return " ".join(
            frame["text"] for frame in self.of("transcript") if frame["role"] == "assistant" and frame["final"]
        )

    @property
    def closed(self) -> tuple[int | None, str | None]:
        """Close code and reason."""
        return self.socket.close_code, self.socket.close_reason

    @property
    def over_now(self) -> bool:
        """Whether the socket is closed and everything that came is read."""
        return self._reading.done()

    async def leave(self) -> None:
        """Closes in good order."""
        await self.socket.close()
        await self._reading

    async def vanish(self) -> None:
        """Is gone without a close frame."""
        self.socket.transport.abort()
        await self._reading

    async def over(self) -> None:
        """Waits for the gateway to close the socket."""
        async with asyncio.timeout(20):
            await self._reading

    async def _read(self) -> None:
        with suppress(ConnectionClosed):
            async for message in self.socket:
                if isinstance(message, bytes):
                    self.audio += message
                    if not self.order or self.order[-1] != "audio":
                        self.order.append("audio")
                else:
                    self.frames.append(json.loads(message))
                    self.order.append(self.frames[-1]["t"])
                    if self.frames[-1]["t"] == "usage":
                        # The answer is here as a whole; a client that says it has played it need not wait for its end.
                        with suppress(ConnectionClosed):  # what came before the close is still to be read
                            await self.tell(t="played", ms=1e6)
                self._news.set()
        self._news.set()


async def create(client: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    """A session, as the API answers, with the id of the request."""
    answer = await client.post("/v1/sessions", json={"mode": "s2s", **body})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return {**made, "requestId": answer.headers["x-request-id"]}


PINNED = {"s2s": {"provider": "openai", "model": "gpt-realtime"}}
ROUTED = {
    "intent": {"language": "en"},
    "constraints": {"allowedProviders": {"s2s": ["openai:gpt-realtime", "twin:gpt-realtime"]}},
}
