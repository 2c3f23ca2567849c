"""Engines that say what a test tells them, behind the same door as the embedded ones."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from speko.audio import Recording
from speko.providers.call import Call
from speko.providers.catalogue import Model, Vendor, Voice
from speko.providers.errors import ProviderUnavailable
from speko.providers.llm import LlmCapabilities, LlmEvent, LlmRequest, TextDelta
from speko.providers.registry import Connectors, Registration, Registry, Runtime
from speko.providers.stt import SttCapabilities, SttRequest, Transcript
from speko.providers.tts import AudioChunk, TtsCapabilities, TtsRequest
from speko.simulators import Engines


class Fakes:
    """One engine per modality. `events` are what each yields, a batch each; an exception among them is raised."""

    def __init__(self) -> None:
        self.llm_events: list[LlmEvent | Exception] = [TextDelta("I "), TextDelta("think")]
        self.stt_events: list[Transcript | Exception] = [Transcript("heard", False), Transcript("heard you", True)]
        self.tts_events: list[AudioChunk | Exception] = [AudioChunk(bytes(3200), 16000)] * 5
        self.requests: list[Any] = []
        self.closed = asyncio.Event()
        registry = Registry()
        for vendor, modality, factory in (
            ("speko", "llm", {"llm": lambda _: FakeLlm(self)}),
            ("pocketsphinx", "stt", {"stt": lambda _: FakeStt(self)}),
            ("flite", "tts", {"tts": lambda _: FakeTts(self)}),
        ):
            registry.add(Registration(_vendor(vendor, modality), **factory))
        self.engines = Engines(Connectors(registry, Runtime()))

    async def play(self, request: Any, events: Sequence[Any]) -> AsyncIterator[Sequence[Any]]:
        self.requests.append(request)
        try:
            for event in events:
                if isinstance(event, Exception):
                    raise event
                if event is None:
                    await asyncio.get_running_loop().create_future()
                yield [event]
        finally:
            self.closed.set()


FAILURE = ProviderUnavailable("the engine is out of order")


def _vendor(vendor_id: str, modality: Any) -> Vendor:
    model = Model(modality=modality, id="m", sent_as="the-model", voices=(Voice("v", "V"),))
    return Vendor(id=vendor_id, name=vendor_id, needs="program", embedded=True, models=(model,))


class FakeLlm:
    capabilities = LlmCapabilities(tools=True)

    def __init__(self, fakes: Fakes) -> None:
        self.fakes = fakes

    def complete(self, request: LlmRequest, call: Call) -> AsyncIterator[Sequence[LlmEvent]]:
        return self.fakes.play(request, self.fakes.llm_events)


class FakeStt:
    capabilities = SttCapabilities(batch=True, streaming=False)

    def __init__(self, fakes: Fakes) -> None:
        self.fakes = fakes

    def transcribe(self, request: SttRequest, recording: Recording, call: Call) -> AsyncIterator[Sequence[Transcript]]:
        return self.fakes.play((request, b"".join(recording.pcm(16000))), self.fakes.stt_events)

    def listen(
        self, request: SttRequest, audio: AsyncIterator[bytes], call: Call
    ) -> AsyncIterator[Sequence[Transcript]]:
        raise NotImplementedError


class FakeTts:
    capabilities = TtsCapabilities(streaming=True)

    def __init__(self, fakes: Fakes) -> None:
        self.fakes = fakes

    def synthesize(self, request: TtsRequest, call: Call) -> AsyncIterator[Sequence[AudioChunk]]:
        return self.fakes.play(request, self.fakes.tts_events)
