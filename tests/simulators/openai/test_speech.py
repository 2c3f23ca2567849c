import asyncio
from io import BytesIO
from typing import Any

import pytest
from openai import OpenAI
from openai.types.audio import SpeechCreateParams

from speko.audio import Recording
from speko.providers.errors import EmptyResult
from speko.providers.tts import AudioChunk, TtsRequest
from speko.simulators import Engines, Fault, FaultKind, OpenAISimulator, Script
from speko.simulators.openai.speech import SpeechRequest
from speko.simulators.tone import tone
from tests.simulators.openai.engines import FAILURE, Fakes
from tests.simulators.openai.strict import assert_error, client, refused
from tests.simulators.wire import Wire

SCRIPT = Script(audio_ms=1000)
PATH = "/v1/audio/speech"
HI: dict[str, Any] = {"model": "tts-1", "input": "hi", "voice": "alloy"}


async def spoken(simulator: OpenAISimulator, **options: Any) -> bytes:
    async with client(simulator) as openai:
        return (await openai.audio.speech.create(**HI | options)).content


def recording(sound: bytes) -> Recording:
    return Recording.read(BytesIO(sound), len(sound), None)


async def test_pcm_is_24_khz_without_a_header() -> None:
    async with OpenAISimulator(script=SCRIPT) as simulator:
        assert await spoken(simulator, response_format="pcm") == tone(1000, 24000)


async def test_wav_does_not_know_its_length() -> None:
    async with OpenAISimulator(script=SCRIPT) as simulator:
        sound = await spoken(simulator, response_format="wav")
    assert (sound[4:8], sound[40:44]) == (b"\xff" * 4, b"\xff" * 4)
    with recording(sound) as read:
        assert (read.content_type, read.sample_rate, read.duration_ms) == ("audio/wav", 24000, 1000)


async def test_mp3_is_the_default() -> None:
    async with OpenAISimulator(script=SCRIPT) as simulator:
        sound = await spoken(simulator)
    with recording(sound) as read:
        assert (read.content_type, read.sample_rate) == ("audio/mpeg", 24000)
        assert read.duration_ms == pytest.approx(1000, abs=150)


@pytest.mark.parametrize(("name", "content_type"), [("pcm", "audio/pcm"), ("wav", "audio/wav"), ("mp3", "audio/mpeg")])
async def test_content_types(name: str, content_type: str) -> None:
    async with OpenAISimulator(script=SCRIPT) as simulator, client(simulator) as openai:
        made = openai.audio.speech.with_streaming_response.create(**HI, response_format=name)  # type: ignore[arg-type]
        async with made as response:
            assert response.headers["content-type"] == content_type
            assert response.headers["transfer-encoding"] == "chunked"


async def test_the_synchronous_client_streams() -> None:
    async with OpenAISimulator(script=SCRIPT) as simulator:

        def talk() -> bytes:
            with OpenAI(base_url=simulator.base_url, api_key="k", max_retries=0) as openai:
                made = openai.audio.speech.with_streaming_response.create(**HI, response_format="pcm")
                with made as response:
                    return b"".join(response.iter_bytes())

        assert await asyncio.to_thread(talk) == tone(1000, 24000)


async def test_the_voice_speaks_what_the_client_wrote() -> None:
    fakes = Fakes()
    async with OpenAISimulator(engines=fakes.engines) as simulator:
        sound = await spoken(simulator, response_format="pcm", speed=4, instructions="cheerful")
    assert fakes.requests == [TtsRequest("the-model", "hi", "en", "v", speed=2.0, sample_rate=24000)]
    # Half a second at 16 kHz, converted.
    assert len(sound) == 24000
    assert fakes.closed.is_set()


async def test_speech_is_sent_as_it_comes() -> None:
    fakes = Fakes()
    chunk = AudioChunk(bytes(4800), 24000)
    fakes.tts_events = [chunk, chunk, None]  # type: ignore[list-item]
    async with OpenAISimulator(engines=fakes.engines) as simulator:
        wire = await Wire.open(simulator)
        await wire.post(PATH, HI | {"response_format": "pcm"})
        assert (await wire.head())[0] == 200
        assert [len(await wire.chunk()) for _ in range(2)] == [4800, 4800]
        # The voice still speaks: a client that leaves stops it.
        wire.close()
        await simulator.until(lambda: simulator.cancelled == 1)
        async with asyncio.timeout(5):
            await fakes.closed.wait()


async def test_a_fault_stops_the_voice() -> None:
    fakes = Fakes()
    async with OpenAISimulator(engines=fakes.engines, fault=Fault(FaultKind.CUT, chunks=1)) as simulator:
        wire = await Wire.open(simulator)
        await wire.post(PATH, HI | {"response_format": "pcm"})
        assert (await wire.reply()).ending == "reset"
        async with asyncio.timeout(5):
            await fakes.closed.wait()


async def test_a_voice_that_fails_at_once_is_a_500() -> None:
    fakes = Fakes()
    fakes.tts_events = [FAILURE]
    async with OpenAISimulator(engines=fakes.engines) as simulator:
        with refused(500):
            await spoken(simulator)


@pytest.mark.parametrize("text", ["\0", "你好", "?!"])
@pytest.mark.parametrize("name", ["pcm", "wav", "mp3"])
async def test_what_the_voice_cannot_say_is_a_tone(text: str, name: str) -> None:
    fakes = Fakes()
    fakes.tts_events = [EmptyResult("nothing to say")]
    async with OpenAISimulator(engines=fakes.engines) as simulator:
        sound = await spoken(simulator, input=text, response_format=name)
    async with OpenAISimulator(engines=Engines.none()) as simulator:
        assert sound == await spoken(simulator, input=text, response_format=name) != b""


async def test_a_voice_that_fails_later_ends_in_a_reset() -> None:
    fakes = Fakes()
    fakes.tts_events = [AudioChunk(bytes(4800), 24000), FAILURE]
    async with OpenAISimulator(engines=fakes.engines) as simulator:
        wire = await Wire.open(simulator)
        await wire.post(PATH, HI | {"response_format": "pcm"})
        reply = await wire.reply()
        assert (reply.status, len(reply.body), reply.ending) == (200, 4800, "reset")
        assert simulator.ledger.errors == 0


async def test_without_a_voice_there_is_a_tone_as_long_as_the_text() -> None:
    async with OpenAISimulator(engines=Engines.none()) as simulator:
        short = await spoken(simulator, response_format="pcm")
        long = await spoken(simulator, response_format="pcm", input="hi" * 10)
    assert len(long) == 10 * len(short) > 0


def test_the_parameters_are_those_of_the_package() -> None:
    assert set(SpeechRequest.__struct_fields__) == set(SpeechCreateParams.__annotations__)


@pytest.mark.parametrize(
    ("options", "param"),
    [
        ({"model": ""}, "model"),
        ({"input": ""}, "input"),
        ({"input": "x" * 4097}, "input"),
        ({"voice": ""}, "voice"),
        ({"voice": {"name": "x"}}, "voice.name"),
        ({"response_format": "ogg"}, "response_format"),
        ({"response_format": "opus"}, "response_format"),
        ({"stream_format": "sse"}, "stream_format"),
        ({"speed": 5}, "speed"),
        ({"extra_body": {"sample_rate": 8000}}, "sample_rate"),
    ],
)
async def test_what_does_not_fit_is_refused_and_named(options: dict[str, Any], param: str) -> None:
    async with OpenAISimulator(script=SCRIPT) as simulator:
        with refused(400) as error:
            await spoken(simulator, **options)
    told = assert_error(error.value)
    assert (told.type, told.param) == ("invalid_request_error", param)


async def test_a_voice_by_its_id() -> None:
    async with OpenAISimulator(script=SCRIPT) as simulator:
        assert await spoken(simulator, voice={"id": "voice_1"}, response_format="pcm")
