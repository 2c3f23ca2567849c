"""`POST /v1/audio/speech`, called by the `openai` package."""

import base64
import json
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from speko.providers.errors import ConnectFailed, ConnectionLost, Unsupported
from speko.providers.tts import AudioChunk
from tests.api.openai.doors import doors
from tests.api.vendors import Scripted

PCM = b"\x01\x00" * 1200 + b"\x02\x00" * 1200
SAY: Any = {"model": "auto", "input": "hello", "voice": "alloy"}


async def test_the_sound(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    async with doors(tmp_path, alpha) as (client, gateway):
        answer = await client.audio.speech.create(**SAY, response_format="pcm")
        assert answer.content == PCM
        headers = answer.response.headers
        assert headers["content-type"] == headers["x-speko-audio-format"] == "audio/pcm;rate=24000"
        assert (headers["x-speko-provider"], headers["x-speko-model"]) == ("alpha", "mouth")
        (row,) = await gateway.usage()
        assert (row["metric"], row["quantity"]) == ("tts_characters", 5.0)


@pytest.mark.parametrize(
    ("wanted", "content_type", "magic"),
    [
        (openai.omit, "audio/mpeg", b"\xff"),
        ("mp3", "audio/mpeg", b"\xff"),
        ("opus", "audio/ogg", b"OggS"),
        ("aac", "audio/aac", b"\xff"),
        ("flac", "audio/flac", b"fLaC"),
        ("wav", "audio/wav", b"RIFF"),
    ],
)
async def test_formats(tmp_path: Path, wanted: Any, content_type: str, magic: bytes) -> None:
    async with doors(tmp_path, Scripted("alpha")) as (client, _):
        async with client.audio.speech.with_streaming_response.create(**SAY, response_format=wanted) as answer:
            assert answer.headers["content-type"] == content_type
            sound = b"".join([piece async for piece in answer.iter_bytes()])
        assert sound.startswith(magic)


async def test_what_the_voice_is_asked(tmp_path: Path) -> None:
    alpha, beta = Scripted("alpha"), Scripted("beta")
    async with doors(tmp_path, alpha, beta) as (client, _):
        say = client.audio.speech.create
        await say(model="beta:mouth", input="hi", voice="beta-voice", response_format="pcm", speed=1.5)
        await say(model="beta:mouth", input="hi", voice="alpha-voice", extra_body={"language": "fr"})
        await say(model="beta:mouth", input="hi", voice={"id": "cloned"})
        assert [(r.voice, r.language, r.sample_rate) for r in beta.requests] == [
            ("beta-voice", "en", 24000),
            ("beta-voice", "fr", 24000),
            ("cloned", "en", 24000),
        ]
        assert alpha.requests == []


async def test_sound_in_events(tmp_path: Path) -> None:
    async with doors(tmp_path, Scripted("alpha")) as (_, gateway):
        body = {**SAY, "response_format": "pcm", "stream_format": "sse"}
        answer = await gateway.client.post("/v1/audio/speech", json=body)
        assert answer.headers["content-type"] == "text/event-stream"
        assert answer.headers["x-speko-audio-format"] == "audio/pcm;rate=24000"
        events = [json.loads(block.removeprefix("data: ")) for block in answer.text.strip().split("\n\n")]
        assert [event["type"] for event in events] == ["speech.audio.delta"] * 2 + ["speech.audio.done"]
        assert b"".join(base64.b64decode(event.get("audio", "")) for event in events) == PCM


async def test_another_vendor_takes_over(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    alpha.tts = [ConnectFailed("refused")]
    async with doors(tmp_path, alpha, Scripted("beta")) as (client, _):
        answer = await client.audio.speech.create(**SAY, response_format="pcm")
        assert answer.content == PCM
        assert answer.response.headers["x-speko-failover-count"] == "1"


async def test_sound_that_breaks_off_is_cut(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    alpha.tts = [[AudioChunk(PCM, 24000)], ConnectionLost("cut")]
    async with doors(tmp_path, alpha) as (client, gateway):
        with pytest.raises((openai.APIConnectionError, httpx.RemoteProtocolError)):
            await client.audio.speech.create(**SAY, response_format="pcm")
        body = {**SAY, "response_format": "pcm", "stream_format": "sse"}
        answer = await gateway.client.post("/v1/audio/speech", json=body)
        delta, error = [json.loads(block.removeprefix("data: ")) for block in answer.text.strip().split("\n\n")]
        assert delta["type"] == "speech.audio.delta"
        assert error["error"]["type"] == "server_error"


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"response_format": "ogg"}, "response_format"),
        ({"input": "  "}, "input"),
        ({"input": "\0 \u200b"}, "input"),
        ({"input": ""}, "input"),
        ({"speed": 4}, "speed"),
        ({"stream_format": "ws"}, "stream_format"),
        ({"voice": 7}, "voice"),
    ],
)
async def test_what_is_refused(tmp_path: Path, change: dict[str, Any], param: str) -> None:
    alpha = Scripted("alpha")
    async with doors(tmp_path, alpha) as (client, _):
        with pytest.raises(openai.BadRequestError) as caught:
            await client.audio.speech.create(**{**SAY, **change})
        assert (caught.value.type, caught.value.param) == ("invalid_request_error", param)
        assert alpha.requests == []


async def test_a_voice_that_nobody_has(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    alpha.tts = [Unsupported("has no voice of that name", about="voice")]
    async with doors(tmp_path, alpha) as (client, _):
        voices: list[Any] = ["Rachel", {"id": "Rachel"}]
        for voice in voices:
            with pytest.raises(openai.BadRequestError, match="alpha: has no voice") as caught:
                await client.audio.speech.create(model="alpha:mouth", input="hi", voice=voice)
            assert (caught.value.type, caught.value.param) == ("invalid_request_error", "voice")
