"""One contract test suite per modality, against every vendor that is registered and has a connector.

Vendors over HTTP talk to a simulated vendor on a real socket; embedded engines run for real. A vendor that another
package registers is walked over, too.
"""

import asyncio
import io
import math
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
from msgspec.structs import fields

from speko.audio import Recording
from speko.audio.wav import wav_header
from speko.providers.call import Call, Credential
from speko.providers.catalogue import MODALITIES, Modality, Model
from speko.providers.check import CheckReport
from speko.providers.errors import ConnectFailed, CredentialRejected, ProviderError
from speko.providers.llm import ChatMessage, LlmCapabilities, LlmRequest, TextDelta, Tool, ToolCall
from speko.providers.registry import Connectors, Registration, Registry, Runtime
from speko.providers.stt import SttCapabilities, SttRequest, Transcript
from speko.providers.tts import AudioChunk, TtsCapabilities, TtsRequest
from speko.simulators import Fault, FaultKind, OpenAISimulator, Script, ScriptedToolCall

REGISTRY = Registry.load()
SCRIPTED_CALL = ScriptedToolCall("get_weather", '{"city":"Rome"}')
SCRIPT = Script(text="Good morning to you.", transcript="good morning", audio_ms=400)


def walk(modality: Modality) -> list[Any]:
    """Every vendor that has a connector for a modality."""
    found = [r for r in REGISTRY.vendors.values() if getattr(r, modality) is not None]
    assert len(found) >= 2, "the walk must not be empty"
    return [pytest.param(registration, id=registration.vendor.id) for registration in found]


def over_http(modality: Modality) -> list[Any]:
    """Those that call somebody."""
    return [param for param in walk(modality) if not param.values[0].vendor.embedded]


def model_of(registration: Registration, modality: Modality) -> Model:
    """The first model of the catalogue, or one that the catalogue lacks."""
    models = [model for model in registration.vendor.models if model.modality == modality]
    return models[0] if models else Model(modality=modality, id="configured-model")


class Bench:
    """Connectors beside a simulated vendor."""

    def __init__(self, simulator: OpenAISimulator) -> None:
        self.simulator = simulator
        self.runtime = Runtime(stt_workers=1)
        self.connectors = Connectors(REGISTRY, self.runtime)

    def call(self, registration: Registration, **changes: Any) -> Call:
        if registration.vendor.embedded:
            return Call(Credential())
        given = {"api_key": "sk-test-key", "base_url": self.simulator.base_url, **changes}
        return Call(Credential(**given), connect_timeout=2.0)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with OpenAISimulator(script=SCRIPT) as simulator:
        bench = Bench(simulator)
        yield bench
        await bench.runtime.close()


def speech(seconds: float = 1.0) -> Recording:
    """A tone: something to listen to."""
    tone = [int(8000 * math.sin(i / 16000 * 2 * math.pi * 440)) for i in range(int(16000 * seconds))]
    pcm = b"".join(sample.to_bytes(2, "little", signed=True) for sample in tone)
    body = wav_header(16000, len(pcm)) + pcm
    return Recording.read(io.BytesIO(body), len(body), "audio/wav")


def skip_if_missing(registration: Registration) -> None:
    """An engine whose program is not installed cannot be tested; CI installs flite, and espeak-ng is optional."""
    if (missing := registration.missing()) is not None:
        pytest.skip(f"not installed: {missing}")


async def collect(batches: AsyncIterator[Sequence[Any]], kinds: tuple[type, ...]) -> list[Any]:
    """All events; fails on an empty batch and on an event of another kind."""
    events: list[Any] = []
    async for batch in batches:
        assert len(batch) > 0, "an empty batch"
        for event in batch:
            assert isinstance(event, kinds)
            events.append(event)
    return events


Open = Callable[[Bench, Registration, Call], AsyncIterator[Sequence[Any]]]


def ask(bench: Bench, registration: Registration, call: Call) -> AsyncIterator[Sequence[Any]]:
    request = LlmRequest(
        model=model_of(registration, "llm").wire_name, messages=(ChatMessage("user", "Good morning."),)
    )
    return bench.connectors.llm(registration.vendor.id).complete(request, call)


def speak(bench: Bench, registration: Registration, call: Call) -> AsyncIterator[Sequence[Any]]:
    model = model_of(registration, "tts")
    request = TtsRequest(model.wire_name, "Good morning.", "en", model.default_voice or "")
    return bench.connectors.tts(registration.vendor.id).synthesize(request, call)


def hear(bench: Bench, registration: Registration, call: Call) -> AsyncIterator[Sequence[Any]]:
    request = SttRequest(model_of(registration, "stt").wire_name, "en")
    return bench.connectors.stt(registration.vendor.id).transcribe(request, speech(), call)


@pytest.mark.parametrize("registration", walk("llm"))
async def test_language_models(bench: Bench, registration: Registration) -> None:
    assert isinstance(bench.connectors.llm(registration.vendor.id).capabilities, LlmCapabilities)
    call = bench.call(registration)
    events = await collect(ask(bench, registration, call), (TextDelta, ToolCall))
    assert "".join(event.text for event in events).strip()
    assert call.usage.input_tokens > 0
    assert call.usage.output_tokens > 0


@pytest.mark.parametrize("registration", walk("llm"))
async def test_language_models_call_the_tool_that_is_required(bench: Bench, registration: Registration) -> None:
    connector = bench.connectors.llm(registration.vendor.id)
    if not connector.capabilities.tools:
        pytest.skip("declares no tools")
    bench.simulator.script = Script(text="x", tool_calls=(SCRIPTED_CALL,))
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    request = LlmRequest(
        model=model_of(registration, "llm").wire_name,
        messages=(ChatMessage("user", "What is the weather in Rome?"),),
        tools=(Tool("get_weather", "Weather of a city", schema),),
        tool_choice="required",
    )
    events = await collect(connector.complete(request, bench.call(registration)), (TextDelta, ToolCall))
    (called,) = [event for event in events if isinstance(event, ToolCall)]
    assert called.name == "get_weather"
    assert "Rome" in called.args
    assert called.id


@pytest.mark.parametrize("registration", walk("tts"))
async def test_voices(bench: Bench, registration: Registration) -> None:
    skip_if_missing(registration)
    assert isinstance(bench.connectors.tts(registration.vendor.id).capabilities, TtsCapabilities)
    call = bench.call(registration)
    chunks = await collect(speak(bench, registration, call), (AudioChunk,))
    assert sum(len(chunk.pcm) for chunk in chunks) > 2000
    assert all(len(chunk.pcm) % 2 == 0 for chunk in chunks), "never half a sample"
    assert len({chunk.sample_rate for chunk in chunks}) == 1
    assert call.usage.characters == len("Good morning.")


@pytest.mark.parametrize("registration", walk("stt"))
async def test_recognisers(bench: Bench, registration: Registration) -> None:
    skip_if_missing(registration)
    capabilities = bench.connectors.stt(registration.vendor.id).capabilities
    assert isinstance(capabilities, SttCapabilities)
    assert capabilities.batch or capabilities.streaming
    call = bench.call(registration)
    transcripts = await collect(hear(bench, registration, call), (Transcript,))
    assert call.usage.audio_ms == 1000
    for transcript in transcripts:
        assert transcript.confidence is None or 0 <= transcript.confidence <= 1
    if not registration.vendor.embedded:
        assert " ".join(t.text for t in transcripts if t.is_final) == "good morning"


EVERY_CALL = [
    pytest.param(open_stream, param.values[0], id=f"{modality}-{param.id}")
    for modality, open_stream in (("llm", ask), ("tts", speak), ("stt", hear))
    for param in over_http(modality)  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("open_stream", "registration"), EVERY_CALL)
async def test_cancelling_reaches_the_vendor(bench: Bench, open_stream: Open, registration: Registration) -> None:
    bench.simulator.fault = Fault(FaultKind.SILENT)
    task = asyncio.create_task(collect(open_stream(bench, registration, bench.call(registration)), (object,)))
    await bench.simulator.until(lambda: len(bench.simulator.requests) == 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await bench.simulator.until(lambda: bench.simulator.cancelled == 1)


@pytest.mark.parametrize(("open_stream", "registration"), EVERY_CALL)
async def test_failures_are_provider_errors(bench: Bench, open_stream: Open, registration: Registration) -> None:
    bench.simulator.fault = Fault(FaultKind.UNAUTHORIZED)
    call = bench.call(registration)
    with pytest.raises(CredentialRejected) as rejected:
        await collect(open_stream(bench, registration, call), (object,))
    assert not rejected.value.message.count("sk-test-key")
    assert all(not getattr(call.usage, field.name) for field in fields(call.usage)), "nothing ran, nothing is metered"
    async with bench.simulator.port_closed():
        with pytest.raises(ConnectFailed):
            await collect(open_stream(bench, registration, bench.call(registration)), (object,))


TESTABLE = [pytest.param(r, id=vendor_id) for vendor_id, r in REGISTRY.vendors.items() if r.check]


def test_every_vendor_that_is_called_over_http_can_be_tested() -> None:
    called = {param.id for modality in MODALITIES if modality != "s2s" for param in over_http(modality)}
    assert called == {param.id for param in TESTABLE}


@pytest.mark.parametrize("registration", TESTABLE)
async def test_checks_of_credentials(bench: Bench, registration: Registration) -> None:
    check = bench.connectors.check(registration.vendor.id)
    report = await check.check(bench.call(registration))
    assert isinstance(report, CheckReport)
    assert registration.vendor.name in report.message
    for fault in (FaultKind.UNAUTHORIZED, FaultKind.OVERLOADED):
        bench.simulator.fault = Fault(fault)
        with pytest.raises(ProviderError) as refused:
            await check.check(bench.call(registration))
        assert isinstance(refused.value, CredentialRejected) == (fault is FaultKind.UNAUTHORIZED)
        assert "sk-test-key" not in refused.value.message
    bench.simulator.fault = Fault(FaultKind.SILENT)
    task = asyncio.create_task(check.check(bench.call(registration)))
    await bench.simulator.until(lambda: bench.simulator.requests[-1].fault is FaultKind.SILENT)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await bench.simulator.until(lambda: bench.simulator.cancelled == 1)
    async with bench.simulator.port_closed():
        with pytest.raises(ConnectFailed):
            await check.check(bench.call(registration))


@pytest.mark.parametrize(("open_stream", "registration"), EVERY_CALL)
async def test_a_broken_answer_is_metered(bench: Bench, open_stream: Open, registration: Registration) -> None:
    bench.simulator.script = Script(text="one two three", transcript="one two", audio_ms=2000, pace=0.02)
    bench.simulator.fault = Fault(FaultKind.CUT)
    call = bench.call(registration)
    with pytest.raises(ProviderError):
        await collect(open_stream(bench, registration, call), (object,))
    assert any(getattr(call.usage, field.name) for field in fields(call.usage))
