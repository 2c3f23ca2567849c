import asyncio
import json
from typing import Any

import httpx
import pytest
from openai import OpenAI, omit
from openai.types.audio import Transcription, TranscriptionStreamEvent, TranscriptionVerbose
from openai.types.audio.transcription_create_params import (
    TranscriptionCreateParamsBase,
    TranscriptionCreateParamsStreaming,
)

from speko.audio import Mp3Encoder, wav_header
from speko.providers.stt import SttRequest, Transcript
from speko.simulators import Engines, Fault, FaultKind, OpenAISimulator, Script
from speko.simulators.openai.transcription_form import FIELDS, MAX_FILE
from speko.simulators.openai.transcriptions import SUBSTITUTE
from speko.simulators.tone import tone
from tests.simulators.openai.engines import FAILURE, Fakes
from tests.simulators.openai.strict import assert_error, assert_known, client, refused, validated

PCM = tone(1500, 16000)
WAV = wav_header(16000, len(PCM)) + PCM
FILE = ("speech.wav", WAV)
SCRIPT = Script(transcript="hello there, how are you")


async def raw(simulator: OpenAISimulator, **fields: Any) -> httpx.Response:
    async with httpx.AsyncClient() as http:
        return await http.post(
            f"{simulator.base_url}/audio/transcriptions",
            headers={"Authorization": "Bearer k"},
            files={"file": FILE},
            data={"model": "whisper-1"} | fields,
        )


async def heard(simulator: OpenAISimulator, **options: Any) -> Any:
    async with client(simulator) as openai:
        return await openai.audio.transcriptions.create(**{"model": "whisper-1", "file": FILE} | options)


async def test_json() -> None:
    async with OpenAISimulator(script=SCRIPT) as simulator:
        by_seconds = await heard(simulator)
        by_tokens = await heard(simulator, model="gpt-4o-mini-transcribe", language="en", prompt="x", temperature=0)
    for answer in (by_seconds, by_tokens):
        assert isinstance(answer, Transcription)
        assert_known(answer)
        assert answer.text == SCRIPT.transcript
    assert by_seconds.usage.to_dict() == {"type": "duration", "seconds": 2.0}
    assert by_tokens.usage.to_dict() == {
        "type": "tokens",
        "input_tokens": 15,
        "input_token_details": {"text_tokens": 0, "audio_tokens": 15},
        "output_tokens": 5,
        "total_tokens": 20,
    }


async def test_verbose_json() -> None:
    async with OpenAISimulator(script=SCRIPT) as simulator:
        answer = await heard(simulator, response_format="verbose_json")
        assert isinstance(answer, TranscriptionVerbose)
        assert_known(answer)
        assert (answer.text, answer.duration, answer.language) == (SCRIPT.transcript, 1.5, "english")
        assert answer.segments is not None
        assert [(segment.start, segment.end) for segment in answer.segments] == [(0.0, 1.5)]
        assert answer.words is None
        words = await heard(simulator, response_format="verbose_json", language="no", timestamp_granularities=["word"])
    assert_known(words)
    assert (words.language, words.segments) == ("no", None)
    assert [word.word for word in words.words] == ["hello", "there,", "how", "are", "you"]
    ends = [0.0, *(word.end for word in words.words)]
    assert ends == sorted(ends)
    assert [word.start for word in words.words] == ends[:-1]
    assert ends[-1] == 1.5


async def test_text() -> None:
    async with OpenAISimulator(script=SCRIPT) as simulator:
        assert await heard(simulator, response_format="text") == "hello there, how are you\n"


@pytest.mark.parametrize("report_usage", [True, False])
async def test_a_stream(report_usage: bool) -> None:
    script = Script(transcript="hello there", report_usage=report_usage)
    async with OpenAISimulator(script=script) as simulator:
        stream = await heard(simulator, model="gpt-4o-transcribe", stream=True)
        events = [event async for event in stream]
    for event in events:
        assert_known(event)
    assert [event.type for event in events] == ["transcript.text.delta"] * 2 + ["transcript.text.done"]
    assert "".join(event.delta for event in events[:-1]) == events[-1].text == "hello there"
    assert (events[-1].usage is not None) == report_usage


async def test_the_synchronous_client() -> None:
    async with OpenAISimulator(script=SCRIPT) as simulator:

        def talk() -> tuple[str, list[str]]:
            with OpenAI(base_url=simulator.base_url, api_key="k", max_retries=0) as openai:
                whole = openai.audio.transcriptions.create(model="whisper-1", file=FILE)
                stream = openai.audio.transcriptions.create(model="gpt-4o-transcribe", file=FILE, stream=True)
                return whole.text, [event.type for event in stream]

        text, types = await asyncio.to_thread(talk)
    assert text == SCRIPT.transcript
    assert types[-1] == "transcript.text.done"


async def test_every_message_on_the_wire_is_one_of_openais() -> None:
    async with OpenAISimulator(script=SCRIPT) as simulator:
        validated(Transcription, (await raw(simulator)).json())
        verbose = await raw(simulator, response_format="verbose_json")
        validated(TranscriptionVerbose, verbose.json())
        stream = await raw(simulator, model="gpt-4o-transcribe", stream="true")
    assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
    events = [event.removeprefix("data: ") for event in stream.text.split("\n\n") if event]
    for event in events:
        validated(TranscriptionStreamEvent, json.loads(event))  # type: ignore[arg-type]


async def test_whisper_answers_in_one_piece_even_if_asked_for_a_stream() -> None:
    async with OpenAISimulator(script=SCRIPT) as simulator:
        answer = await raw(simulator, stream="true")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["text"] == SCRIPT.transcript


async def test_the_form_is_kept() -> None:
    async with OpenAISimulator(script=SCRIPT) as simulator:
        await heard(simulator, language="en", model="gpt-4o-transcribe")
        form = simulator.requests[0].form
    assert (form.field("model"), form.field("language")) == ("gpt-4o-transcribe", "en")
    assert form.files["file"][0].data == WAV
    assert form.files["file"][0].filename == "speech.wav"


async def test_mp3_is_heard_too() -> None:
    encoder = Mp3Encoder(16000)
    sound = encoder.push(PCM) + encoder.flush()
    async with OpenAISimulator(script=SCRIPT) as simulator:
        answer = await heard(simulator, file=("speech.mp3", sound), response_format="verbose_json")
    assert answer.duration == pytest.approx(1.5, abs=0.2)


async def test_the_recogniser_hears_the_recording() -> None:
    fakes = Fakes()
    fakes.stt_events = [Transcript("one", True), Transcript("tw", False), Transcript("two", True)]
    async with OpenAISimulator(engines=fakes.engines) as simulator:
        answer = await heard(simulator, response_format="verbose_json")
    assert answer.text == "one two"
    assert [segment.text for segment in answer.segments] == [" one", " two"]
    ((request, pcm),) = fakes.requests
    assert request == SttRequest("the-model", "en")
    assert pcm == PCM
    assert fakes.closed.is_set()


async def test_silence_and_the_fault_empty_are_an_empty_transcript() -> None:
    fakes = Fakes()
    fakes.stt_events = []
    async with OpenAISimulator(engines=fakes.engines) as simulator:
        assert (await heard(simulator)).text == ""
        verbose = await heard(simulator, response_format="verbose_json", timestamp_granularities=["word", "segment"])
        assert (verbose.words, verbose.segments) == ([], [])
    async with OpenAISimulator(script=SCRIPT, fault=Fault(FaultKind.EMPTY)) as simulator:
        stream = await heard(simulator, model="gpt-4o-transcribe", stream=True)
        assert [(event.type, event.text) async for event in stream] == [("transcript.text.done", "")]


async def test_faults_in_a_stream() -> None:
    async with OpenAISimulator(script=SCRIPT, fault=Fault(FaultKind.TRUNCATED)) as simulator:
        cut = await raw(simulator, model="gpt-4o-transcribe", stream="true")
        assert "transcript.text.done" not in cut.text
        simulator.fault = Fault(FaultKind.MALFORMED, chunks=1)
        *good, bad = (await raw(simulator, model="gpt-4o-transcribe", stream="true")).text.split("\n\n")[:-1]
    assert len(good) == 1
    with pytest.raises(json.JSONDecodeError):
        json.loads(bad.removeprefix("data: "))


async def test_a_recogniser_that_fails_is_a_500() -> None:
    fakes = Fakes()
    fakes.stt_events = [FAILURE]
    async with OpenAISimulator(engines=fakes.engines) as simulator:
        with refused(500):
            await heard(simulator)


async def test_without_a_recogniser_there_is_a_substitute() -> None:
    async with OpenAISimulator(engines=Engines.none()) as simulator:
        assert (await heard(simulator)).text == SUBSTITUTE


def test_the_fields_are_those_of_the_package() -> None:
    theirs = {*TranscriptionCreateParamsBase.__annotations__, *TranscriptionCreateParamsStreaming.__annotations__}
    assert theirs - {"file"} == FIELDS


async def test_lists_and_objects_are_taken_as_the_package_sends_them() -> None:
    async with OpenAISimulator(script=SCRIPT) as simulator:
        await heard(
            simulator,
            model="gpt-4o-transcribe",
            include=["logprobs"],
            keywords=["a", "b"],
            chunking_strategy={"type": "server_vad", "threshold": 0.5},
            prompt=omit,
        )
        assert simulator.requests[0].form.fields["keywords[]"] == ["a", "b"]


@pytest.mark.parametrize(
    ("options", "param", "code"),
    [
        ({"model": ""}, "model", "missing_required_parameter"),
        ({"language": "en-US"}, "language", "invalid_language_format"),
        ({"response_format": "srt"}, "response_format", "unsupported_value"),
        ({"response_format": "verbose_json", "model": "gpt-4o-transcribe"}, "response_format", "unsupported_value"),
        ({"timestamp_granularities": ["word"]}, "timestamp_granularities", "invalid_value"),
        ({"temperature": 1.5}, "temperature", "invalid_value"),
        ({"extra_body": {"temperature": "warm"}}, "temperature", "invalid_value"),
        ({"extra_body": {"stream": "maybe"}}, "stream", "invalid_value"),
        ({"extra_body": {"langauge": "en"}}, None, "unknown_parameter"),
        ({"file": ("speech.txt", WAV)}, "file", None),
        ({"file": ("speech", WAV)}, "file", None),
        ({"file": ("speech.wav", b"")}, "file", "invalid_value"),
        ({"file": ("speech.wav", b"RIFF")}, "file", "invalid_value"),
        ({"file": ("speech.wav", bytes(4000))}, "file", "invalid_value"),
        ({"file": ("speech.wav", WAV[:60])}, "file", "audio_too_short"),
    ],
)
async def test_what_does_not_fit_is_refused_and_named(options: dict[str, Any], param: str, code: str) -> None:
    async with OpenAISimulator(script=SCRIPT) as simulator:
        with refused(400) as error:
            await heard(simulator, **options)
    told = assert_error(error.value)
    assert (told.type, told.param, told.code) == ("invalid_request_error", param, code)


async def test_a_file_that_is_too_large() -> None:
    async with OpenAISimulator(script=SCRIPT) as simulator:
        with refused(413):
            await heard(simulator, file=("speech.wav", WAV + bytes(MAX_FILE)))


async def test_a_form_without_a_file() -> None:
    async with OpenAISimulator(script=SCRIPT) as simulator, client(simulator) as openai:
        with refused(400) as error:
            await openai.post("/audio/transcriptions", cast_to=object, body={"model": "whisper-1"})
    assert assert_error(error.value).type == "invalid_request_error"
