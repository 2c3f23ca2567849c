"""`POST /v1/audio/transcriptions`, called by the `openai` package."""

from pathlib import Path
from typing import Any

import openai
import pytest
from openai.types.audio import Transcription, TranscriptionVerbose

from speko.providers.errors import ConnectFailed, ConnectionLost, Unsupported
from speko.providers.stt import Transcript
from tests.api.openai.doors import doors, wav
from tests.api.running import until
from tests.api.vendors import Scripted

FILE = ("speech.wav", wav(), "audio/wav")


async def test_the_text(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    async with doors(tmp_path, alpha) as (client, gateway):
        raw = await client.audio.transcriptions.with_raw_response.create(model="auto", file=FILE)
        answer = raw.parse()
        assert isinstance(answer, Transcription)
        assert answer.text == "hello alpha"
        assert answer.usage is not None
        assert (answer.usage.type, getattr(answer.usage, "seconds", None)) == ("duration", 0.5)
        assert raw.headers["x-speko-provider"] == "alpha"
        assert (alpha.requests[0].language, alpha.requests[0].keywords) == ("en", ())
        (row,) = await gateway.usage()
        assert (row["metric"], row["quantity"]) == ("stt_seconds", 0.5)


async def test_plain_text_and_what_is_known_beside_it(tmp_path: Path) -> None:
    async with doors(tmp_path, Scripted("alpha")) as (client, _):
        asked: Any = {"model": "auto", "file": FILE, "language": "fr-CA"}
        plain: Any = await client.audio.transcriptions.create(**asked, response_format="text")
        assert plain == "hello alpha\n"
        verbose = await client.audio.transcriptions.create(**asked, response_format="verbose_json")
        assert isinstance(verbose, TranscriptionVerbose)
        assert (verbose.text, verbose.duration, verbose.language) == ("hello alpha", 0.5, "fr-CA")
        assert verbose.segments is None


async def test_what_the_recogniser_is_asked(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    async with doors(tmp_path, alpha) as (client, _):
        create = client.audio.transcriptions.create
        await create(model="alpha:ears", file=FILE, language="de", prompt="Speko, Zürich", temperature=0.2)
        await create(model="ears", file=FILE, extra_headers={"X-Speko-Intent": '{"language":"it"}'})
        await create(model="auto", file=FILE, language="auto", keywords=["one", "two"])
        await create(model="auto", file=FILE, extra_headers={"X-Speko-Stt-Options": '{"keywords":["three"]}'})
        await create(model="auto", file=FILE, languages=["pt"])
        await create(model="auto", file=FILE, languages=["pt", "es"])
        assert [(r.language, r.keywords) for r in alpha.requests] == [
            ("de", ("Speko, Zürich",)),
            ("it", ()),
            (None, ("one", "two")),
            ("en", ("three",)),
            ("pt", ()),
            (None, ()),
        ]


@pytest.mark.parametrize("name", ["speech.wav", "speech", "speech.mp4", "sp\"e'ech;.webm"])
async def test_the_bytes_decide_what_a_file_is(tmp_path: Path, name: str) -> None:
    async with doors(tmp_path, Scripted("alpha")) as (client, gateway):
        answer = await client.audio.transcriptions.create(model="auto", file=(name, wav(1500)))
        assert answer.text == "hello alpha"

        async def freed() -> bool:
            return gateway.gateway.spool.used == 0

        await until(freed)


async def test_raw_samples_are_taken_where_they_are_called_so(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    async with doors(tmp_path, alpha) as (client, _):
        await client.audio.transcriptions.create(model="auto", file=("x", bytes(16000), "audio/pcm;rate=8000"))
        assert alpha.calls[0].usage.audio_ms == 1000


async def test_a_large_upload(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    async with doors(tmp_path, alpha) as (client, _):
        await client.audio.transcriptions.create(model="auto", file=("long.wav", wav(90_000)))
        assert alpha.calls[0].usage.audio_ms == 90_000


async def test_a_stream(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    alpha.stt = [
        [Transcript("one", False), Transcript("one two", False)],
        [Transcript("one two three", True), Transcript("four", False)],
        [Transcript("for", False)],
        [Transcript("for five", True)],
        [Transcript("six", False)],
    ]
    async with doors(tmp_path, alpha) as (client, _):
        stream = await client.audio.transcriptions.create(model="auto", file=FILE, stream=True)
        events: list[Any] = [event async for event in stream]
        assert [event.delta for event in events[:-1]] == ["one", " two", " three", " four", " six"]
        assert events[-1].type == "transcript.text.done"
        assert events[-1].text == "one two three for five six", "what was taken back is right at the end"


async def test_a_stream_that_breaks_off_says_so(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    alpha.stt = [[Transcript("half", True)], ConnectionLost("cut")]
    async with doors(tmp_path, alpha, Scripted("beta")) as (client, _):
        stream = await client.audio.transcriptions.create(model="alpha:ears", file=FILE, stream=True)
        events = []
        with pytest.raises(openai.APIError, match="alpha: cut"):
            async for event in stream:
                events.append(event)
        assert [event.type for event in events] == ["transcript.text.delta"]


@pytest.mark.parametrize("script", [[ConnectFailed("refused")], [[Transcript("half", True)], ConnectionLost("cut")]])
async def test_another_vendor_takes_over(tmp_path: Path, script: list[Any]) -> None:
    alpha = Scripted("alpha")
    alpha.stt = script
    async with doors(tmp_path, alpha, Scripted("beta")) as (client, _):
        raw = await client.audio.transcriptions.with_raw_response.create(model="auto", file=FILE)
        assert raw.parse().text == "hello beta"
        assert (raw.headers["x-speko-provider"], raw.headers["x-speko-failover-count"]) == ("beta", "1")


async def test_silence(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    alpha.stt = []
    async with doors(tmp_path, alpha) as (client, _):
        assert (await client.audio.transcriptions.create(model="auto", file=FILE)).text == ""
        plain: Any = await client.audio.transcriptions.create(model="auto", file=FILE, response_format="text")
        assert plain == "\n"
        stream = await client.audio.transcriptions.create(model="auto", file=FILE, stream=True)
        assert [(event.type, getattr(event, "text", None)) async for event in stream] == [("transcript.text.done", "")]


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"response_format": "srt"}, "response_format"),
        ({"response_format": "vtt"}, "response_format"),
        ({"response_format": "diarized_json"}, "response_format"),
        ({"response_format": "verbose_json", "timestamp_granularities": ["word"]}, "timestamp_granularities"),
        ({"response_format": "verbose_json", "stream": True}, "response_format"),
        ({"include": ["logprobs"]}, "include"),
        ({"temperature": 2}, "temperature"),
        ({"keywords": ["x"] * 201}, "keywords"),
        ({"language": "english"}, "language"),
        ({"file": ("a.wav", b"")}, "file"),
        ({"file": ("a.wav", b"RIFF....WAVEgarbage", "audio/wav")}, "file"),
        ({"file": ("a.mp3", b"words " * 1000)}, "file"),
        ({"file": ("program", bytes(range(256)) * 40)}, "file"),
        ({"file": ("program", bytes(range(256)) * 40, "application/octet-stream")}, "file"),
        ({"file": ("notes.txt", b"words " * 400_000, "text/plain")}, "file"),
    ],
)
async def test_what_is_refused(tmp_path: Path, change: dict[str, Any], param: str) -> None:
    alpha = Scripted("alpha")
    async with doors(tmp_path, alpha) as (client, gateway):
        with pytest.raises(openai.BadRequestError) as caught:
            await client.audio.transcriptions.create(**{"model": "auto", "file": FILE, **change})
        assert caught.value.type == "invalid_request_error"
        assert caught.value.param == param
        assert alpha.requests == []
        assert gateway.gateway.spool.used == 0


async def test_a_recording_that_nobody_can_hear(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    alpha.stt = [Unsupported("does not take recordings of this format", about="recording")]
    async with doors(tmp_path, alpha) as (client, _):
        with pytest.raises(openai.BadRequestError, match="alpha: does not take") as caught:
            await client.audio.transcriptions.create(model="auto", file=FILE)
        assert (caught.value.param, caught.value.code) == ("file", "invalid_audio")


async def test_what_is_no_form(tmp_path: Path) -> None:
    async with doors(tmp_path, Scripted("alpha"), max_audio_bytes=4096) as (client, gateway):
        post = gateway.client.post
        for content_type in ("audio/wav", "multipart/form-data", "multipart/form-data; boundary=b", "é"):
            headers = {"content-type": content_type.encode()}
            answer = await post("/v1/audio/transcriptions", content=b"--b\r\n\r\n", headers=headers)  # type: ignore[arg-type]
            assert answer.status_code == 400
            assert answer.json()["error"]["type"] == "invalid_request_error"
        for missing, field in (({"model": "auto"}, "file"), ({}, "model")):
            files: Any = {"x": (None, "y")} if missing else {"file": FILE}
            small: Any = {"file": ("a.wav", wav(10))} if not missing else files
            answer = await post("/v1/audio/transcriptions", data=missing, files=small)
            assert (answer.status_code, answer.json()["error"]["param"]) == (400, field)
        with pytest.raises(openai.APIStatusError) as caught:
            await client.audio.transcriptions.create(model="auto", file=FILE)
        assert (caught.value.status_code, caught.value.code) == (413, "payload_too_large")
