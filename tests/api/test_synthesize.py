"""`POST /v1/synthesize` over a real socket."""

import asyncio
import io
import wave
from pathlib import Path
from typing import Any

import httpx
import pytest

from speko.providers.errors import (
    CallerError,
    ConnectFailed,
    ConnectionLost,
    CredentialRejected,
    MalformedResponse,
    ProviderUnavailable,
    RateLimited,
    Unsupported,
)
from speko.providers.tts import AudioChunk
from tests.api.running import running
from tests.api.vendors import Scripted, Step, registry_of

BODY: dict[str, Any] = {"text": "hello there", "intent": {"language": "en"}}
FAST: dict[str, Any] = {"connect_timeout": 2.5, "first_byte_timeout": 2.5, "gap_timeout": 2.5}
"""Seconds in which whoever is well has answered, however loaded the machine is."""
BOTH = ("alpha", "beta")
SOUND = b"\x01\x00" * 1200 + b"\x02\x00" * 1200


async def test_the_answer(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    async with running(tmp_path, registry_of(alpha), keys=("alpha",)) as gateway:
        answer = await gateway.client.post("/v1/synthesize", json=BODY)
        assert answer.content == SOUND
        assert answer.headers["content-type"] == "audio/pcm;rate=24000"
        assert answer.headers["x-speko-audio-format"] == "audio/pcm;rate=24000"
        assert answer.headers["x-speko-provider"] == "alpha"
        assert answer.headers["transfer-encoding"] == "chunked"
        (row,) = await gateway.usage()
        assert (row["metric"], row["quantity"]) == ("tts_characters", 11.0)
        assert alpha.requests[0].voice == "alpha-voice"
        assert alpha.requests[0].speed is None


@pytest.mark.parametrize("rate", [8000, 16000, 48000])
async def test_the_sample_rate_is_exact(tmp_path: Path, rate: int) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha")), keys=("alpha",)) as gateway:
        answer = await gateway.client.post("/v1/synthesize", json={**BODY, "sampleRate": rate})
        assert answer.headers["content-type"] == f"audio/pcm;rate={rate}"
        assert abs(len(answer.content) / 2 - 2400 * rate / 24000) <= 1


async def test_wav_and_mp3_by_accept(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha")), keys=("alpha",)) as gateway:
        answer = await gateway.client.post("/v1/synthesize", json=BODY, headers={"accept": "audio/wav"})
        assert answer.headers["content-type"] == "audio/wav"
        with wave.open(io.BytesIO(answer.content)) as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (24000, 1, 2)
            assert file.readframes(10_000) == SOUND
        answer = await gateway.client.post("/v1/synthesize", json=BODY, headers={"accept": "audio/mpeg"})
        assert answer.headers["content-type"] == "audio/mpeg"
        assert answer.content[:3] == b"ID3" or answer.content[0] == 0xFF


async def test_a_voice_belongs_to_one_vendor(tmp_path: Path) -> None:
    alpha, beta = Scripted("alpha"), Scripted("beta")
    alpha.tts = [ConnectFailed("refused")]
    async with running(tmp_path, registry_of(alpha, beta), keys=BOTH) as gateway:
        for wanted, spoken in (
            ("alpha-voice", ["alpha-voice", "beta-voice"]),
            ("beta-voice", ["alpha-voice", "beta-voice"]),
            ("my-clone", ["my-clone", "beta-voice"]),
        ):
            alpha.requests.clear()
            beta.requests.clear()
            await gateway.client.post("/v1/synthesize", json={**BODY, "voice": wanted})
            assert [alpha.requests[0].voice, beta.requests[0].voice] == spoken


async def test_model_overrides_the_primary_only(tmp_path: Path) -> None:
    alpha, beta = Scripted("alpha"), Scripted("beta")
    alpha.tts = [ProviderUnavailable("oops")]
    async with running(tmp_path, registry_of(alpha, beta), keys=BOTH, breaker_failures=100) as gateway:
        for wanted, asked in (
            ("other", "other"),
            ("alpha:other", "other"),
            ("beta:other", "mouth"),
            ("name:with:colons", "name:with:colons"),
        ):
            alpha.requests.clear()
            beta.requests.clear()
            await gateway.client.post("/v1/synthesize", json={**BODY, "model": wanted})
            assert [alpha.requests[0].model, beta.requests[0].model] == [asked, "mouth"]


async def test_the_spoken_form_is_spoken_and_the_text_is_counted(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    async with running(tmp_path, registry_of(alpha), keys=("alpha",)) as gateway:
        await gateway.client.post("/v1/synthesize", json={**BODY, "text": "**5** apples", "spokenForm": True})
        assert alpha.requests[0].text == "five apples"
        (row,) = await gateway.usage()
        assert row["quantity"] == len("**5** apples")


FAULTS: list[tuple[list[Step], str]] = [
    ([ConnectFailed("refused")], "connect"),
    ([None], "timeout"),
    ([[AudioChunk(b"", 24000)], ConnectionLost("cut")], "connection_lost"),
    ([MalformedResponse("not audio")], "malformed"),
    ([], "empty"),
    ([CredentialRejected("bad key", status=401)], "unauthorized"),
    ([RateLimited("slow down", status=429)], "rate_limited"),
    ([ProviderUnavailable("oops", status=500)], "server_error"),
]


@pytest.mark.parametrize(("script", "cause"), FAULTS, ids=[cause for _, cause in FAULTS])
async def test_faults_before_the_first_byte(tmp_path: Path, script: list[Step], cause: str) -> None:
    alpha, beta = Scripted("alpha"), Scripted("beta")
    alpha.tts = script
    async with running(tmp_path, registry_of(alpha, beta), keys=BOTH, **FAST) as gateway:
        answer = await gateway.client.post("/v1/synthesize", json=BODY)
        assert answer.content == SOUND
        assert answer.headers["x-speko-provider"] == "beta"
        rows = await gateway.attempts(answer.headers["x-request-id"])
        assert [(r["provider"], r["outcome"], r["cause"]) for r in rows] == [
            ("alpha", "failed", cause),
            ("beta", "served", None),
        ]


@pytest.mark.parametrize(("step", "cause"), [(ConnectionLost("cut"), "connection_lost"), (None, "timeout")])
async def test_a_break_in_the_middle_aborts_the_transfer(tmp_path: Path, step: Step, cause: str) -> None:
    alpha, beta = Scripted("alpha"), Scripted("beta")
    alpha.tts = [[AudioChunk(SOUND, 24000)], step]
    async with running(tmp_path, registry_of(alpha, beta), keys=BOTH, **FAST) as gateway:
        heard = b""
        with pytest.raises(httpx.RemoteProtocolError):
            async with gateway.client.stream(
                "POST", "/v1/synthesize", json=BODY, headers={"x-request-id": "r1"}
            ) as answer:
                async for chunk in answer.aiter_bytes():
                    heard += chunk
        assert heard == SOUND
        rows = await gateway.attempts("r1")
        assert [(r["provider"], r["outcome"], r["cause"]) for r in rows] == [("alpha", "failed", cause)]
        assert [row["provider"] for row in await gateway.usage()] == ["alpha"]


async def test_everything_failed_and_the_callers_fault(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    async with running(tmp_path, registry_of(alpha), keys=("alpha",)) as gateway:
        alpha.tts = [ConnectFailed("refused")]
        answer = await gateway.client.post("/v1/synthesize", json=BODY)
        assert (answer.status_code, answer.json()["code"]) == (500, "SYNTHESIZE_FAILED")
        alpha.tts = [CallerError("text is not speakable", status=422)]
        answer = await gateway.client.post("/v1/synthesize", json=BODY)
        assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")


async def test_a_voice_that_nobody_has(tmp_path: Path) -> None:
    alpha, beta = Scripted("alpha"), Scripted("beta")
    alpha.tts = [Unsupported("has no voice of that name", about="voice")]
    wrong = {**BODY, "voice": "Rachel"}
    async with running(tmp_path, registry_of(alpha, beta), keys=BOTH, breaker_failures=1) as gateway:
        pinned = {**wrong, "constraints": {"allowedProviders": {"tts": ["alpha"]}}}
        answer = await gateway.client.post("/v1/synthesize", json=pinned)
        assert (answer.status_code, answer.json()) == (
            400,
            {
                "error": "Nobody can do what was asked: alpha: has no voice of that name",
                "code": "VALIDATION_ERROR",
                "issues": [{"path": "voice", "message": "cannot be served"}],
                "reason": "ALL_PROVIDERS_FAILED",
                "errors": [{"provider": "alpha", "model": "mouth", "message": "has no voice of that name"}],
            },
        )
        (row,) = await gateway.attempts(answer.headers["x-request-id"])
        assert (row["outcome"], row["cause"]) == ("failed", "unsupported")
        assert await gateway.usage() == []
        assert gateway.gateway.router.health.closed("alpha", "mouth", "platform", gateway.gateway.now())

        answer = await gateway.client.post("/v1/synthesize", json=wrong)
        assert answer.headers["x-speko-provider"] == "beta", "others are asked, with a voice of their own"
        assert beta.requests[-1].voice == "beta-voice"

        beta.tts = [ConnectFailed("refused")]
        answer = await gateway.client.post("/v1/synthesize", json=wrong)
        assert (answer.status_code, answer.json()["code"]) == (500, "SYNTHESIZE_FAILED"), "beta might have spoken"


async def test_a_default_voice_that_its_engine_lacks_is_not_the_callers_fault(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    alpha.tts = [Unsupported("has no voice of that name", about="voice")]
    async with running(tmp_path, registry_of(alpha, Scripted("beta")), keys=("alpha",)) as gateway:
        for body in (BODY, {**BODY, "voice": "beta-voice"}):
            answer = await gateway.client.post("/v1/synthesize", json=body)
            assert (answer.status_code, answer.json()["code"]) == (500, "SYNTHESIZE_FAILED")


async def test_a_caller_who_leaves_reaches_the_vendor(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    alpha.tts = [None]
    async with running(tmp_path, registry_of(alpha), keys=("alpha",)) as gateway:
        task = asyncio.create_task(gateway.client.post("/v1/synthesize", json=BODY))
        await alpha.began.wait()
        task.cancel()
        await asyncio.wait_for(alpha.ended.wait(), 5)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"text": ""}, "text"),
        ({"text": "  \n"}, "text"),
        ({"text": "\0\u200b"}, "text"),
        ({"text": "x" * 50_001}, "text"),
        ({"text": None}, "text"),
        ({"speed": 0.4}, "speed"),
        ({"speed": 2.1}, "speed"),
        ({"sampleRate": 0}, "sampleRate"),
        ({"model": ""}, "model"),
        ({"model": "x" * 129}, "model"),
        ({"intent": {"language": ""}}, "intent"),
        ({"spokenForm": "yes"}, "spokenForm"),
    ],
)
async def test_bad_bodies(tmp_path: Path, change: dict[str, Any], path: str) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha")), keys=("alpha",)) as gateway:
        answer = await gateway.client.post("/v1/synthesize", json={**BODY, **change})
        assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR"), answer.text
        assert [issue["path"] for issue in answer.json()["issues"]] == [path]
