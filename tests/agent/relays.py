"""The relay's end of a conversation, for tests: remembers what it was told, and waits for things to happen."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

import numpy as np
import pytest

from speko.agent import audio_input
from speko.agent.context import AgentContext
from speko.agent.conversation import AgentConversation
from speko.providers.s2s import (
    AssistantText,
    EngineEvent,
    Interrupted,
    PlayedSoFar,
    ResponseDone,
    ResponseStarted,
    S2sRequest,
)
from tests.agent.vendors import RATE

E = TypeVar("E")
PATIENCE = 20.0
"""Seconds; only what is broken takes them."""
SPEECH = b"\x00\x20" * (RATE // 2)
"""Half a second, for `Loudness`."""
SILENCE = bytes(RATE)
"""Half a second."""


class Loudness:
    """A detector of speech without a model: what is not silent is speech."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.rest = b""

    def push(self, pcm: bytes) -> tuple[Any, list[float]]:
        self.rest += pcm
        window = int(self.rate * 0.032) * 2
        found = []
        while len(self.rest) >= window:
            samples, self.rest = np.frombuffer(self.rest[:window], "<i2"), self.rest[window:]
            found.append(1.0 if np.abs(samples).mean() > 1000 else 0.0)
        return np.frombuffer(pcm, "<i2"), found


@pytest.fixture
def loudness(monkeypatch: pytest.MonkeyPatch) -> None:
    """Speech is what is loud."""
    monkeypatch.setattr(audio_input, "SpeechDetector", Loudness)


class Relay:
    """An `AgentLink`."""

    def __init__(self) -> None:
        self.events: list[EngineEvent] = []
        self.audio: dict[str, bytes] = {}
        """By response."""
        self._seen = 0

    def send(self, event: EngineEvent) -> None:
        self.events.append(event)
        if isinstance(event, ResponseStarted):
            assert event.response not in self.audio, "ids are unique"
            self.audio[event.response] = b""

    def send_audio(self, pcm: bytes) -> None:
        assert len(pcm) % 2 == 0
        self.audio[list(self.audio)[-1]] += pcm

    async def drained(self) -> None:
        pass

    async def until(self, true: Callable[[], bool]) -> None:
        """Waits until something is so."""
        async with asyncio.timeout(PATIENCE):
            while not true():  # noqa: ASYNC110 - whatever it is that changes it
                await asyncio.sleep(0.002)

    async def next(self, kind: type[E], **members: Any) -> E:
        """The next event of a kind, after the one that was waited for before."""

        def found() -> int | None:
            for at in range(self._seen, len(self.events)):
                event = self.events[at]
                if isinstance(event, kind) and all(getattr(event, n) == v for n, v in members.items()):
                    return at
            return None

        await self.until(lambda: found() is not None)
        at = found()
        assert at is not None
        self._seen = at + 1
        return self.events[at]  # type: ignore[return-value]

    def all(self, kind: type[E]) -> list[E]:
        """The events of a kind so far."""
        return [event for event in self.events if isinstance(event, kind)]

    def text(self, response: str) -> str:
        """The words of a response."""
        return "".join(text.delta for text in self.all(AssistantText) if text.response == response)

    def check(self) -> None:
        """At most one response at a time, one end each, and nothing after it."""
        running: str | None = None
        over: set[str] = set()
        interrupted: set[str] = set()
        for event in self.events:
            match event:
                case ResponseStarted():
                    assert running is None
                    running = event.response
                case ResponseDone():
                    assert event.response == running
                    over.add(event.response)
                    running = None
                case Interrupted():
                    assert event.response in self.audio
                    assert event.response not in interrupted
                    interrupted.add(event.response)
                    running = None if running == event.response else running
                case AssistantText():
                    assert event.response == running


class Talk:
    """A conversation and the relay behind it."""

    def __init__(self, context: AgentContext, **request: Any) -> None:
        options: dict[str, Any] = {"model": "cascade", "input_rate": RATE, "output_rate": RATE, **request}
        self.context = context
        self.relay = Relay()
        self.conversation = AgentConversation(S2sRequest(**options), context, self.relay)

    def hear(self, pcm: bytes) -> None:
        """The user's sound, in frames of 20 ms, all at once."""
        step = RATE // 50 * 2
        for at in range(0, len(pcm), step):
            self.conversation.on_audio(pcm[at : at + step])

    def say(self) -> None:
        """The user says something, and then nothing."""
        self.hear(SILENCE + SPEECH + SILENCE)

    async def answer(self) -> str:
        """The words of the next response, when all of them are there."""
        response = (await self.relay.next(ResponseStarted)).response
        await self.relay.next(ResponseDone, response=response)
        return self.relay.text(response)

    @contextmanager
    def playing_nothing(self) -> Iterator[None]:
        """Inside, however long it takes, the client plays nothing, but for what it says it has played."""
        output = self.conversation._audio
        clock, now = output._clock, output._clock()
        output._clock = lambda: now
        try:
            yield
        finally:
            output._clock = clock

    def play_all(self) -> None:
        """The client has heard everything."""
        self.conversation.on_command(PlayedSoFar(10**9))


@asynccontextmanager
async def talking(context: AgentContext, **request: Any) -> AsyncIterator[Talk]:
    """A conversation that has begun; it is checked and closed at the end, and nothing of it may be left."""
    before = asyncio.all_tasks()
    talk = Talk(context, **request)
    await talk.conversation.start()
    try:
        yield talk
        talk.relay.check()
    finally:
        async with asyncio.timeout(PATIENCE):
            await talk.conversation.close()
    # The pool of recognisers replaces a worker whenever it likes: that is nothing of a conversation.
    left = {task for task in asyncio.all_tasks() - before if "Pool._spawn" not in repr(task.get_coro())}
    assert not left, left
    await context.connectors.runtime.close()
