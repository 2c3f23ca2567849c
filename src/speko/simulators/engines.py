"""The embedded engines behind a simulator: it thinks, speaks and hears through them where they are installed.

They come through the registry like any vendor, and are made when they are first needed.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import TypeVar

from msgspec.structs import replace

from speko.audio import Recording, Resampler
from speko.providers.call import Call, Credential
from speko.providers.catalogue import Modality, Model
from speko.providers.llm import LlmRequest, TextDelta, ToolCall
from speko.providers.registry import Connectors, Registry, Runtime
from speko.providers.stt import SttRequest
from speko.providers.tts import AudioChunk, TtsRequest

RESPONDER, RECOGNISER, VOICE = "speko", "pocketsphinx", "flite"

T = TypeVar("T")


class Engines:
    """The engines of one simulator, or shared by several."""

    def __init__(self, connectors: Connectors | None = None) -> None:
        """`connectors`: None = everything that is installed, in a runtime of its own that `close` ends; engines
        in a runtime that is given are started by whoever gives it."""
        self._connectors = connectors
        self._runtime: Runtime | None = None
        self._lock = asyncio.Lock()
        self._started: set[str] = set()

    @classmethod
    def none(cls) -> "Engines":
        """No engines: what a script leaves open is answered with a plain substitute."""
        return cls(Connectors(Registry(), Runtime()))

    async def think(self, request: LlmRequest) -> tuple[str, list[ToolCall]] | None:
        """The responder's answer, text and calls of tools; None where it is missing. `request.model` is ours to fill.

        Raises:
            ProviderError: it failed.
        """
        connectors, model = await self._ready(RESPONDER, "llm")
        if model is None:
            return None
        text: list[str] = []
        calls: list[ToolCall] = []
        said = connectors.llm(RESPONDER).complete(replace(request, model=model.wire_name), _call())
        async with aclosing(_each(said)) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    text.append(event.text)
                else:
                    calls.append(event)
        return "".join(text), calls

    async def speak(self, text: str, speed: float | None, sample_rate: int) -> AsyncGenerator[bytes, None] | None:
        """Speech as it comes, PCM16 little-endian mono at `sample_rate` Hz; None where there is no voice.

        Raises:
            ProviderError: while it runs.
        """
        connectors, model = await self._ready(VOICE, "tts")
        if model is None:
            return None
        voice = model.default_voice or (model.voices[0].id if model.voices else "")
        request = TtsRequest(model.wire_name, text, "en", voice, speed=speed, sample_rate=sample_rate)
        return _resampled(_each(connectors.tts(VOICE).synthesize(request, _call())), sample_rate)

    async def hear(self, recording: Recording) -> list[str] | None:
        """The segments of English that are heard; None where there is no recogniser.

        Raises:
            ProviderError: it failed.
        """
        connectors, model = await self._ready(RECOGNISER, "stt")
        if model is None:
            return None
        request = SttRequest(model.wire_name, "en")
        heard = connectors.stt(RECOGNISER).transcribe(request, recording, _call())
        async with aclosing(_each(heard)) as transcripts:
            return [transcript.text async for transcript in transcripts if transcript.is_final]

    async def close(self) -> None:
        """Ends the runtime, if it is our own."""
        if self._runtime is not None:
            await self._runtime.close()
            self._runtime = self._connectors = None
            self._started.clear()

    async def _ready(self, vendor_id: str, modality: Modality) -> tuple[Connectors, Model | None]:
        """The connectors, and the first model of an engine that is there and warm."""
        async with self._lock:
            if self._connectors is None:
                # Loading imports every vendor's package.
                registry = await asyncio.to_thread(Registry.load)
                self._runtime = Runtime(stt_workers=1)
                self._connectors = Connectors(registry, self._runtime)
            connectors = self._connectors
            registration = connectors.registry.get(vendor_id)
            if registration is None or getattr(registration, modality) is None or registration.missing() is not None:
                return connectors, None
            if self._runtime is not None and registration.start is not None and vendor_id not in self._started:
                self._started.add(vendor_id)
                await registration.start(self._runtime)
            return connectors, next((m for m in registration.vendor.models if m.modality == modality), None)


def _call() -> Call:
    return Call(Credential())


async def _each(batches: AsyncIterator[Sequence[T]]) -> AsyncGenerator[T, None]:
    try:
        async for batch in batches:
            for item in batch:
                yield item
    finally:
        if isinstance(batches, AsyncGenerator):
            await batches.aclose()


async def _resampled(chunks: AsyncGenerator[AudioChunk, None], sample_rate: int) -> AsyncGenerator[bytes, None]:
    resampler: Resampler | None = None
    async with aclosing(chunks):
        async for chunk in chunks:
            if resampler is None:
                resampler = Resampler(chunk.sample_rate, sample_rate)
            if pcm := resampler.push(chunk.pcm):
                yield pcm
        if resampler is not None and (pcm := resampler.flush()):
            yield pcm
