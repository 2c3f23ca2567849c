"""A conversation through the `openai` package, unmodified, that remembers everything and checks its shape."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from openai import AsyncOpenAI
from openai.resources.realtime.realtime import AsyncRealtimeConnection
from websockets.exceptions import ConnectionClosed

from tests.api.openai_realtime.shapes import checked
from tests.api.running import Running

RATE = 24_000
FRAME = 960
"""Bytes of 20 ms."""
LOUD = b"\x00\x40\x00\xc0" * (FRAME // 4)
QUIET = bytes(FRAME)
PINNED = "openai:gpt-realtime"


class Talk:
    """One client with one connection."""

    def __init__(self, connection: AsyncRealtimeConnection) -> None:
        self.api = connection
        self.events: list[dict[str, Any]] = []
        self._news = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            with suppress(ConnectionClosed):
                while True:
                    data = await self.api.recv_bytes()
                    self.events.append(checked(json.loads(data)))
                    assert self.api.parse_event(data).type == self.events[-1]["type"]
                    self._news.set()
        finally:
            self._news.set()

    async def until(self, condition: Callable[[], bool], seconds: float = 20.0) -> None:
        """Waits for what events bring; fails with what came in place of it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not condition() and not self._reading.done():
                    self._news.clear()
                    await self._news.wait()
        if self._reading.done():
            self._reading.result()
        assert condition(), f"came in place of it: {self.kinds[-8:]} {self.of('error')}"

    async def first(self, kind: str, number: int = 1) -> dict[str, Any]:
        """Waits for the first event of a kind, or the second, …"""
        await self.until(lambda: len(self.of(kind)) >= number)
        return self.of(kind)[number - 1]

    async def over(self) -> int | None:
        """Waits for the gateway to close; returns the code."""
        async with asyncio.timeout(20):
            await self._reading
        code: int | None = self.api._connection.close_code
        return code

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The events of a kind."""
        return [event for event in self.events if event["type"] == kind]

    @property
    def left(self) -> bool:
        """Whether the connection is closed and everything that came is read."""
        return self._reading.done()

    @property
    def kinds(self) -> list[str]:
        """Of all events, in order; of a row of the same, one."""
        kinds = [event["type"] for event in self.events]
        return [kind for kind, before in zip(kinds, ["", *kinds], strict=False) if kind != before]

    @property
    def pcm(self) -> bytes:
        """All sound of the assistant."""
        return b"".join(base64.b64decode(event["delta"]) for event in self.of("response.output_audio.delta"))

    @property
    def words(self) -> str:
        """What the assistant has said, response by response."""
        return " ".join(event["transcript"] for event in self.of("response.output_audio_transcript.done"))

    def check_order(self) -> None:
        """At most one response is open, and each has one end, behind all that belongs to it."""
        open_, ended = None, set()
        for event in self.events:
            if event["type"] == "response.created":
                assert open_ is None, "two responses at a time"
                open_ = event["response"]["id"]
                assert open_ not in ended
            elif event["type"] == "response.done":
                assert event["response"]["id"] == open_
                ended.add(open_)
                open_ = None
            elif "response_id" in event:
                assert event["response_id"] == open_, event["type"]
        ids = [event["event_id"] for event in self.events]
        assert len(ids) == len(set(ids))

    # ---- saying

    async def configure(self, **session: Any) -> None:
        """Asks for settings, and waits until they are taken."""
        count = len(self.of("session.updated"))
        wanted: Any = {"type": "realtime", **session}
        await self.api.session.update(session=wanted)
        await self.first("session.updated", count + 1)

    async def hear(self, sound: bytes) -> None:
        """Sends sound in frames of 20 ms."""
        for at in range(0, len(sound), FRAME):
            piece = base64.b64encode(sound[at : at + FRAME]).decode()
            await self.api.input_audio_buffer.append(audio=piece)

    async def speak(self, frames: int = 20, silence: int = 40) -> None:
        """Says something, then nothing, so that the end of it can be found."""
        await self.hear(LOUD * frames + QUIET * silence)

    async def write(self, text: str) -> None:
        """Adds a message of the user."""
        content: Any = [{"type": "input_text", "text": text}]
        await self.api.conversation.item.create(item={"type": "message", "role": "user", "content": content})

    async def ask(self, text: str, number: int = 1) -> dict[str, Any]:
        """Writes, and waits for the end of the response, the first or the second, …"""
        await self.write(text)
        await self.api.response.create()
        return await self.ended(number)

    async def ended(self, number: int = 1) -> dict[str, Any]:
        """The end of a response."""
        response: dict[str, Any] = (await self.first("response.done", number))["response"]
        return response


@asynccontextmanager
async def talking(gateway: Running, model: str = PINNED, **options: Any) -> AsyncIterator[Talk]:
    """A connection of its own."""
    async with (
        AsyncOpenAI(api_key=gateway.key, base_url=f"{gateway.url}/v1", max_retries=0) as client,
        client.realtime.connect(model=model, **options) as connection,
    ):
        talk = Talk(connection)
        await talk.first("session.created")
        yield talk
        talk.check_order()
        await connection.close()
        await talk.over()
