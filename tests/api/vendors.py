"""Vendors whose connectors do what a test says, for tests of the API alone."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from speko.audio import Recording
from speko.providers.call import Call
from speko.providers.catalogue import Model, Price, Vendor, Voice
from speko.providers.errors import ProviderError
from speko.providers.llm import LlmCapabilities, LlmEvent, LlmRequest, TextDelta
from speko.providers.registry import Registration, Registry
from speko.providers.stt import SttCapabilities, SttRequest, Transcript
from speko.providers.tts import AudioChunk, TtsCapabilities, TtsRequest

Step = Sequence[Any] | ProviderError | Exception | None
"""Yield a batch, raise, or (None) wait for ever."""


class Scripted:
    """All three modalities of one vendor."""

    def __init__(self, vendor_id: str) -> None:
        self.vendor_id = vendor_id
        self.llm: list[Step] = [[TextDelta("hello "), TextDelta("from ")], [TextDelta(vendor_id)]]
        self.stt: list[Step] = [[Transcript("hello", False)], [Transcript(f"hello {vendor_id}", True, 0.9)]]
        self.tts: list[Step] = [[AudioChunk(b"\x01\x00" * 1200, 24000)], [AudioChunk(b"\x02\x00" * 1200, 24000)]]
        self.requests: list[Any] = []
        self.calls: list[Call] = []
        self.began = asyncio.Event()
        self.ended = asyncio.Event()

    async def play(self, steps: Sequence[Step], request: Any, call: Call) -> AsyncIterator[Sequence[Any]]:
        """Runs a script."""
        self.requests.append(request)
        self.calls.append(call)
        self.began.set()
        try:
            for step in steps:
                if step is None:
                    await asyncio.Event().wait()
                elif isinstance(step, Exception):
                    raise step
                else:
                    yield step
        finally:
            self.ended.set()


class ScriptedStt:
    capabilities = SttCapabilities(batch=True, streaming=False)

    def __init__(self, script: Scripted) -> None:
        self.script = script

    def transcribe(self, request: SttRequest, recording: Recording, call: Call) -> AsyncIterator[Sequence[Transcript]]:
        call.usage.audio_ms = recording.duration_ms
        return self.script.play(self.script.stt, request, call)

    def listen(
        self, request: SttRequest, audio: AsyncIterator[bytes], call: Call
    ) -> AsyncIterator[Sequence[Transcript]]:
        return self.script.play(self.script.stt, request, call)


class ScriptedTts:
    capabilities = TtsCapabilities(streaming=True)

    def __init__(self, script: Scripted) -> None:
        self.script = script

    def synthesize(self, request: TtsRequest, call: Call) -> AsyncIterator[Sequence[AudioChunk]]:
        call.usage.characters = len(request.text)
        return self.script.play(self.script.tts, request, call)


class ScriptedLlm:
    capabilities = LlmCapabilities(tools=True)

    def __init__(self, script: Scripted) -> None:
        self.script = script

    def complete(self, request: LlmRequest, call: Call) -> AsyncIterator[Sequence[LlmEvent]]:
        call.usage.input_tokens, call.usage.output_tokens = 10, 5
        return self.script.play(self.script.llm, request, call)


def registry_of(*scripts: Scripted) -> Registry:
    """A registry in which every vendor has a recogniser, a model and a voice, in the given order."""
    registry = Registry()
    for script in scripts:
        vendor = Vendor(
            id=script.vendor_id,
            name=script.vendor_id.title(),
            key_env=f"{script.vendor_id.upper()}_API_KEY",
            base_url="http://127.0.0.1:1/v1",
            models=(
                Model(modality="stt", id="ears", price=Price(usd_per_minute=0.006)),
                Model(modality="llm", id="brain", price=Price(usd_per_1m_input_tokens=1, usd_per_1m_output_tokens=2)),
                Model(
                    modality="tts",
                    id="mouth",
                    voices=(Voice(f"{script.vendor_id}-voice", "Voice"),),
                    default_voice=f"{script.vendor_id}-voice",
                ),
            ),
        )
        registry.add(
            Registration(
                vendor,
                stt=lambda runtime, s=script: ScriptedStt(s),  # type: ignore[misc]
                tts=lambda runtime, s=script: ScriptedTts(s),  # type: ignore[misc]
                llm=lambda runtime, s=script: ScriptedLlm(s),  # type: ignore[misc]
            )
        )
    return registry
