"""A conversation with the simulator, driven by the `openai` package's client and checked against its types."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from openai.resources.realtime.realtime import AsyncRealtimeConnection
from openai.types.realtime import RealtimeClientEvent, RealtimeServerEvent
from openai.types.realtime.realtime_session_create_response import RealtimeSessionCreateResponse

from speko.simulators import Engines, Fault, OpenAISimulator, RealtimeScript, Script
from speko.simulators.openai.realtime.config import SAMPLE_RATE
from speko.simulators.openai.realtime.seen import SeenSession
from speko.simulators.tone import tone
from tests.simulators.openai.strict import client, validated

PATIENCE = 10.0
"""Seconds, an upper bound for anything that is to happen here."""
MANUAL = {"type": "realtime", "audio": {"input": {"turn_detection": None, "transcription": {"model": "whisper-1"}}}}
AT_ONCE = RealtimeScript(pace=0)
WORDS = "one two three four five six seven eight nine ten"
COUNTING = Script(text=WORDS, transcript="count to ten", realtime=RealtimeScript(pace=0, in_step=True, delta_ms=20))
_BESIDE = {"id", "object", "expires_at"}
"""Members of a session that the vendor sends, and that only the type of another answer knows."""


def voiced(milliseconds: int) -> bytes:
    """Something that is heard as speech."""
    return tone(milliseconds, SAMPLE_RATE)


def silent(milliseconds: int) -> bytes:
    return bytes(milliseconds * SAMPLE_RATE * 2 // 1000)


class Talk:
    """One session. Every event that comes is checked, and so is every one that is sent by `send`."""

    def __init__(self, connection: AsyncRealtimeConnection) -> None:
        self.connection = connection
        self.events: list[dict[str, Any]] = []

    async def send(self, type_: str, **members: Any) -> None:
        event = {"type": type_, **members}
        validated(RealtimeClientEvent, event)  # type: ignore[arg-type]
        await self.connection.send(event)  # type: ignore[arg-type]

    async def send_wrong(self, event: Any) -> None:
        """Sends what no client should: JSON of anything, or a text as it stands."""
        await self.connection._connection.send(event if isinstance(event, str | bytes) else json.dumps(event))

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            event = json.loads(await self.connection.recv_bytes())
        check(event)
        self.events.append(event)
        return dict(event)

    async def until(self, type_: str) -> dict[str, Any]:
        """The next event of that type, past all others."""
        while True:
            event = await self.next()
            if event["type"] == type_:
                return event

    async def error(self) -> dict[str, Any]:
        return dict((await self.until("error"))["error"])

    async def hear(self, pcm: bytes, milliseconds: int = 20) -> None:
        """Appends sound in pieces."""
        size = milliseconds * SAMPLE_RATE * 2 // 1000
        for start in range(0, len(pcm), size):
            await self.send("input_audio_buffer.append", audio=base64.b64encode(pcm[start : start + size]).decode())

    async def speak(self, milliseconds: int = 400) -> None:
        """Says something and asks for the answer."""
        await self.hear(voiced(milliseconds), 100)
        await self.send("input_audio_buffer.commit")
        await self.send("response.create")

    async def write(self, text: str, role: str = "user") -> None:
        kind = "output_text" if role == "assistant" else "input_text"
        item = {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}
        await self.send("conversation.item.create", item=item)

    async def answer(self, **response: Any) -> dict[str, Any]:
        """Asks for an answer and returns it when it is done."""
        await self.send("response.create", **({"response": response} if response else {}))
        return dict((await self.until("response.done"))["response"])

    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    def of(self, type_: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == type_]

    def text(self) -> str:
        """Text of all answers, as its deltas tell."""
        return "".join(event["delta"] for event in self.of("response.output_audio_transcript.delta"))

    def sound(self) -> bytes:
        """Sound of all answers."""
        return b"".join(base64.b64decode(event["delta"]) for event in self.of("response.output_audio.delta"))


def check(event: dict[str, Any]) -> None:
    """Whether the package's types know an event as it is."""
    if event["type"] in ("session.created", "session.updated"):
        validated(RealtimeSessionCreateResponse, event["session"])
        session = {name: value for name, value in event["session"].items() if name not in _BESIDE}
        event = {**event, "session": session}
    validated(RealtimeServerEvent, event)  # type: ignore[arg-type]


@asynccontextmanager
async def connected(simulator: OpenAISimulator, model: str = "gpt-realtime") -> AsyncIterator[Talk]:
    """A session that has said nothing yet."""
    async with client(simulator) as openai, openai.realtime.connect(model=model) as connection:
        yield Talk(connection)


@asynccontextmanager
async def talking(
    script: Script = COUNTING,
    fault: Fault | None = None,
    *,
    session: dict[str, Any] | None = MANUAL,
    engines: Engines | None = None,
) -> AsyncIterator[tuple[Talk, SeenSession]]:
    """A session that is set up, and what the simulator saw of it. `session` None = as the vendor has it."""
    engines = engines or Engines.none()
    async with OpenAISimulator(script=script, fault=fault, engines=engines) as simulator:
        async with connected(simulator) as talk:
            await talk.until("session.created")
            if session is not None:
                await talk.send("session.update", session=session)
                await talk.until("session.updated")
            yield talk, simulator.realtime.sessions[-1]
        assert simulator.ledger.errors == 0


def ordered(found: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether `wanted` is in `found`, in that order, with anything between."""
    rest = iter(found)
    return all(item in rest for item in wanted)
