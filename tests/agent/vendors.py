"""Vendors whose recognisers, models and voices do what a test says, call by call."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from speko.agent.context import AgentContext, TurnOptions
from speko.audio import Recording
from speko.providers.call import Call, Credential
from speko.providers.catalogue import Modality, Model, Vendor, Voice
from speko.providers.llm import LlmCapabilities, LlmEvent, LlmRequest, TextDelta
from speko.providers.registry import Connectors, Registration, Registry, Runtime
from speko.providers.stt import SttCapabilities, SttRequest, Transcript
from speko.providers.tts import AudioChunk, TtsCapabilities, TtsRequest
from speko.routing.attempts import Candidate, Deadlines
from speko.routing.health import Health
from tests.routing.chains import Books

RATE = 24_000
SAMPLES_A_CHARACTER = RATE // 20
"""How fast the voices speak: 20 characters a second, each one as long as the others."""

Hears = Callable[[AsyncIterator[bytes], Call], AsyncIterator[Sequence[Transcript]]]
Thinks = Callable[[LlmRequest, Call], AsyncIterator[Sequence[LlmEvent]]]
Speaks = Callable[[TtsRequest, Call], AsyncIterator[Sequence[AudioChunk]]]


@dataclass
class Script:
    """One vendor. Each list says what its calls do, one after the other; the last one goes on for ever."""

    name: str
    stt: list[Hears] = field(default_factory=lambda: [hears("hello")])
    llm: list[Thinks] = field(default_factory=lambda: [says("Good day.")])
    tts: list[Speaks] = field(default_factory=lambda: [speaks()])
    streaming: bool = True
    """Its recogniser listens live."""
    sounds: list[bytes] = field(default_factory=list)
    """What its recogniser was given, call by call."""
    questions: list[LlmRequest] = field(default_factory=list)
    texts: list[TtsRequest] = field(default_factory=list)

    def next(self, script: list[Any]) -> Any:
        """What the next call does."""
        return script.pop(0) if len(script) > 1 else script[0]


def hears(text: str, *interims: str) -> Hears:
    """Understands all of the sound, at its end."""

    async def run(sound: AsyncIterator[bytes], call: Call) -> AsyncGenerator[Sequence[Transcript], None]:
        async for _ in sound:
            pass
        for interim in interims:
            yield [Transcript(interim, is_final=False)]
        if text:
            yield [Transcript(text, is_final=True)]

    return run


def says(*pieces: str | LlmEvent | Exception) -> Thinks:
    """Answers with pieces of text, tool calls, and failures."""

    async def run(request: LlmRequest, call: Call) -> AsyncGenerator[Sequence[LlmEvent], None]:
        call.usage.output_tokens = len(pieces)
        for piece in pieces:
            if isinstance(piece, Exception):
                raise piece
            yield [TextDelta(piece) if isinstance(piece, str) else piece]

    return run


def speaks(*, until: int | None = None, error: Exception | None = None, rate: int = RATE) -> Speaks:
    """Speaks, `SAMPLES_A_CHARACTER` a character; breaks with `error` after `until` characters."""

    async def run(request: TtsRequest, call: Call) -> AsyncGenerator[Sequence[AudioChunk], None]:
        call.usage.characters = len(request.text)
        for at, char in enumerate(request.text):
            if error is not None and at == until:
                raise error
            yield [AudioChunk(ord(char).to_bytes(2, "little") * (SAMPLES_A_CHARACTER * rate // RATE), rate)]

    return run


def goes_on_speaking() -> Speaks:
    """Begins to speak and is never done: only who cancels it ends it."""

    async def run(request: TtsRequest, call: Call) -> AsyncGenerator[Sequence[AudioChunk], None]:
        call.usage.characters = len(request.text)
        yield [AudioChunk(ord(request.text[0]).to_bytes(2, "little") * SAMPLES_A_CHARACTER, RATE)]
        await asyncio.Event().wait()

    return run


class _Stt:
    def __init__(self, script: Script) -> None:
        self.script = script
        self.capabilities = SttCapabilities(batch=not script.streaming, streaming=script.streaming)

    def listen(
        self, request: SttRequest, audio: AsyncIterator[bytes], call: Call
    ) -> AsyncIterator[Sequence[Transcript]]:
        return self._hear(audio, call)

    async def transcribe(
        self, request: SttRequest, recording: Recording, call: Call
    ) -> AsyncGenerator[Sequence[Transcript], None]:
        async def sound() -> AsyncGenerator[bytes, None]:
            for piece in recording.pcm(request.sample_rate):
                yield piece

        async for batch in self._hear(sound(), call):
            yield batch

    async def _hear(self, audio: AsyncIterator[bytes], call: Call) -> AsyncGenerator[Sequence[Transcript], None]:
        script = self.script
        number = len(script.sounds)
        script.sounds.append(b"")

        async def noted() -> AsyncGenerator[bytes, None]:
            async for pcm in audio:
                script.sounds[number] += pcm
                call.usage.audio_ms = len(script.sounds[number]) * 1000 // (2 * RATE)
                yield pcm

        async for batch in script.next(script.stt)(noted(), call):
            yield batch


class _Llm:
    capabilities = LlmCapabilities(tools=True)

    def __init__(self, script: Script) -> None:
        self.script = script

    def complete(self, request: LlmRequest, call: Call) -> AsyncIterator[Sequence[LlmEvent]]:
        self.script.questions.append(request)
        events: AsyncIterator[Sequence[LlmEvent]] = self.script.next(self.script.llm)(request, call)
        return events


class _Tts:
    capabilities = TtsCapabilities(streaming=True, speed=True)

    def __init__(self, script: Script) -> None:
        self.script = script

    def synthesize(self, request: TtsRequest, call: Call) -> AsyncIterator[Sequence[AudioChunk]]:
        self.script.texts.append(request)
        chunks: AsyncIterator[Sequence[AudioChunk]] = self.script.next(self.script.tts)(request, call)
        return chunks


def registry_of(*scripts: Script) -> Registry:
    """A registry with these vendors, each with one model of each kind."""
    registry = Registry()
    for script in scripts:
        voice = f"{script.name}-voice"
        vendor = Vendor(
            id=script.name,
            name=script.name,
            models=(
                Model(modality="stt", id="ears"),
                Model(modality="llm", id="brain"),
                Model(modality="tts", id="mouth", voices=(Voice(voice, "V"),), default_voice=voice),
            ),
        )
        registry.add(
            Registration(
                vendor,
                stt=lambda _, s=script: _Stt(s),  # type: ignore[misc]
                llm=lambda _, s=script: _Llm(s),  # type: ignore[misc]
                tts=lambda _, s=script: _Tts(s),  # type: ignore[misc]
            )
        )
    return registry


def context_of(*scripts: Script, deadlines: Deadlines | None = None, turns: TurnOptions | None = None) -> AgentContext:
    """A context in which every stage may call these vendors, in this order; its ledger is `Books`."""
    registry = registry_of(*scripts)

    def chain(modality: Modality, model: str) -> tuple[Candidate, ...]:
        return tuple(
            Candidate(
                modality,
                s.name,
                model,
                model,
                Credential("secret-key"),
                "platform",
                spec=registry.model(s.name, modality, model),
            )
            for s in scripts
        )

    return AgentContext(
        organization_id="org_1",
        session_id="ses_1",
        request_id="req_1",
        language="en",
        optimize_for="balanced",
        candidates={"stt": chain("stt", "ears"), "llm": chain("llm", "brain"), "tts": chain("tts", "mouth")},
        connectors=Connectors(registry, Runtime()),
        health=Health(),
        ledger=Books(),
        deadlines=deadlines or Deadlines(),
        turns=turns or TurnOptions(),
    )


def books_of(context: AgentContext) -> Books:
    """What was booked."""
    assert isinstance(context.ledger, Books)
    return context.ledger


def embedded(context: AgentContext) -> AgentContext:
    """The same vendors, as if they were the gateway's own."""
    own = {kind: tuple(replace(each, embedded=True) for each in chain) for kind, chain in context.candidates.items()}
    return replace(context, candidates=own)
