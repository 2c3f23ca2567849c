"""`POST /v1/transcribe` over a real socket."""

import asyncio
import json
import struct
from pathlib import Path
from typing import Any

import httpx
import pytest

from speko.providers.errors import (
    CallerError,
    ConnectFailed,
    ConnectionLost,
    CredentialRejected,
    EmptyResult,
    MalformedResponse,
    ProviderUnavailable,
    RateLimited,
    Unsupported,
)
from speko.providers.stt import Transcript
from tests.api.running import Running, events, running, until
from tests.api.vendors import Scripted, Step, registry_of

FAST: dict[str, Any] = {"connect_timeout": 2.5, "first_byte_timeout": 2.5, "gap_timeout": 2.5}
"""Seconds in which whoever is well has answered, however loaded the machine is."""
BOTH = ("alpha", "beta")


def wav(seconds: float = 0.1, rate: int = 16000) -> bytes:
    """Silence in a WAV file."""
    data = b"\0\0" * int(seconds * rate)
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16,
                       b"data", len(data))  # fmt: skip
    return head + data


async def post(gateway: Running, audio: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
    """Transcribes with intent `en` unless told otherwise."""
    given = {"x-speko-intent": '{"language":"en"}', "content-type": "audio/wav", **(headers or {})}
    return await gateway.client.post("/v1/transcribe", content=audio, headers={k: v for k, v in given.items() if v})


async def test_the_answer(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    async with running(tmp_path, registry_of(alpha), keys=("alpha",)) as gateway:
        answer = await post(gateway, wav(1.5), {"x-session-id": "s1"})
        run_id = answer.headers["x-speko-scores-run-id"]
        who = {"provider": "alpha", "model": "ears", "failoverCount": 0, "scoresRunId": run_id}
        assert events(answer.text) == [
            ("meta", who),
            ("transcript", {"text": "hello", "isFinal": False, "confidence": None}),
            ("transcript", {"text": "hello alpha", "isFinal": True, "confidence": 0.9}),
            ("done", {**who, "text": "hello alpha", "confidence": 0.9}),
        ]
        assert answer.headers["x-speko-provider"] == "alpha"
        (row,) = await gateway.usage()
        assert (row["metric"], row["quantity"], row["cost"]) == ("stt_seconds", 1.5, 0.00015)
        summary = (await gateway.client.get("/v1/usage")).json()
        assert (summary["totalMinutes"], summary["totalSessions"]) == (0.025, 0), "the session is unknown"
        assert gateway.gateway.spool.used == 0


async def test_final_segments_are_joined_by_a_space(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    alpha.stt = [[Transcript("one", True, 0.5), Transcript("t", False)], [Transcript("two", True, 1.0)]]
    async with running(tmp_path, registry_of(alpha), keys=("alpha",)) as gateway:
        done = events((await post(gateway, wav())).text)[-1][1]
        assert (done["text"], done["confidence"]) == ("one two", 0.75)


async def test_options_reach_the_vendor_but_not_the_routing(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    async with running(tmp_path, registry_of(alpha), keys=("alpha",)) as gateway:
        for options, language, keywords in (
            ({"keywords": ["Zoë", "x y"], "language": "multi"}, None, ("Zoë", "x y")),
            ({"language": "de"}, "de", ()),
            ({}, "en", ()),
        ):
            raw = json.dumps(options, ensure_ascii=False).encode()
            for encoded in (raw, raw.decode().encode("latin-1")):
                answer = await gateway.client.post(
                    "/v1/transcribe",
                    content=wav(),
                    headers=[(b"x-speko-intent", b'{"language":"en"}'), (b"x-speko-stt-options", encoded)],
                )
                assert answer.status_code == 200, answer.text
                assert (alpha.requests[-1].language, alpha.requests[-1].keywords) == (language, keywords)


FAULTS: list[tuple[list[Step], str]] = [
    ([ConnectFailed("refused")], "connect"),
    ([None], "timeout"),
    ([[Transcript("", False)], ConnectionLost("cut")], "connection_lost"),
    ([MalformedResponse("not JSON")], "malformed"),
    ([], "empty"),
    ([CredentialRejected("bad key", status=401)], "unauthorized"),
    ([RateLimited("slow down", status=429)], "rate_limited"),
    ([ProviderUnavailable("oops", status=500)], "server_error"),
]


@pytest.mark.parametrize(("script", "cause"), FAULTS, ids=[cause for _, cause in FAULTS])
async def test_faults_before_the_first_event(tmp_path: Path, script: list[Step], cause: str) -> None:
    alpha, beta = Scripted("alpha"), Scripted("beta")
    alpha.stt = script
    async with running(tmp_path, registry_of(alpha, beta), keys=BOTH, **FAST) as gateway:
        answer = await post(gateway, wav())
        assert events(answer.text)[-1][1]["text"] == "hello beta"
        assert answer.headers["x-speko-failover-count"] == "1"
        rows = await gateway.attempts(answer.headers["x-request-id"])
        assert [(r["provider"], r["outcome"], r["cause"]) for r in rows] == [
            ("alpha", "failed", cause),
            ("beta", "served", None),
        ]


@pytest.mark.parametrize(("step", "cause"), [(ConnectionLost("cut"), "connection_lost"), (None, "timeout")])
async def test_faults_after_the_first_event(tmp_path: Path, step: Step, cause: str) -> None:
    alpha, beta = Scripted("alpha"), Scripted("beta")
    alpha.stt = [[Transcript("half", False)], step]
    async with running(tmp_path, registry_of(alpha, beta), keys=BOTH, **FAST) as gateway:
        answer = await post(gateway, wav())
        assert [name for name, _ in events(answer.text)] == ["meta", "transcript", "error"]
        rows = await gateway.attempts(answer.headers["x-request-id"])
        assert [(r["provider"], r["outcome"], r["cause"]) for r in rows] == [("alpha", "failed", cause)]


async def test_silence_is_an_answer_after_one_second_opinion(tmp_path: Path) -> None:
    scripts = [Scripted(name) for name in ("alpha", "beta", "gamma")]
    for script in scripts:
        script.stt = [[Transcript(" ", True)]]
    async with running(tmp_path, registry_of(*scripts), keys=("alpha", "beta", "gamma")) as gateway:
        answer = await post(gateway, wav(2))
        assert answer.status_code == 200
        done = events(answer.text)[-1][1]
        assert (done["text"], done["provider"], done["failoverCount"]) == ("", "beta", 1)
        assert scripts[2].requests == []
        assert [(r["provider"], r["quantity"]) for r in await gateway.usage()] == [("beta", 2.0)]


async def test_silence_beats_the_failure_of_the_second_opinion(tmp_path: Path) -> None:
    alpha, beta = Scripted("alpha"), Scripted("beta")
    alpha.stt, beta.stt = [EmptyResult("nothing")], [ConnectFailed("refused")]
    async with running(tmp_path, registry_of(alpha, beta), keys=BOTH) as gateway:
        done = events((await post(gateway, wav())).text)[-1][1]
        assert (done["text"], done["provider"]) == ("", "alpha")


async def test_everything_failed(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    alpha.stt = [ConnectFailed("refused")]
    async with running(tmp_path, registry_of(alpha), keys=("alpha",)) as gateway:
        answer = await post(gateway, wav())
        body = answer.json()
        assert (answer.status_code, body["code"], body["reason"]) == (500, "TRANSCRIBE_FAILED", "ALL_PROVIDERS_FAILED")


async def test_audio_that_the_vendor_finds_bad(tmp_path: Path) -> None:
    alpha, beta = Scripted("alpha"), Scripted("beta")
    alpha.stt = [CallerError("corrupt audio", status=400)]
    async with running(tmp_path, registry_of(alpha, beta), keys=BOTH) as gateway:
        answer = await post(gateway, wav())
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_AUDIO")
        assert beta.requests == []


async def test_audio_that_nobody_can_hear(tmp_path: Path) -> None:
    alpha, beta = Scripted("alpha"), Scripted("beta")
    alpha.stt = [Unsupported("does not take recordings of this format", about="recording")]
    async with running(tmp_path, registry_of(alpha, beta), keys=BOTH) as gateway:
        assert (await post(gateway, wav())).headers["x-speko-provider"] == "beta"
        beta.stt = [Unsupported("knows it not either", about="recording")]
        body = (answer := await post(gateway, wav())).json()
        assert (answer.status_code, body["code"], body["reason"]) == (400, "INVALID_AUDIO", "ALL_PROVIDERS_FAILED")
        assert [error["provider"] for error in body["errors"]] == ["alpha", "beta"]
        beta.stt = [Unsupported("HTTP 415", status=415)]
        assert (await post(gateway, wav())).json()["code"] == "TRANSCRIBE_FAILED", "which may be our own mistake"


async def test_a_caller_who_leaves_reaches_the_vendor_and_frees_the_upload(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    alpha.stt = [None]
    async with running(tmp_path, registry_of(alpha), keys=("alpha",)) as gateway:
        task = asyncio.create_task(post(gateway, wav(60), {"x-request-id": "r1"}))
        await alpha.began.wait()
        assert gateway.gateway.spool.used > 0
        task.cancel()
        await asyncio.wait_for(alpha.ended.wait(), 5)

        async def booked() -> bool:
            return gateway.gateway.spool.used == 0 and len(await gateway.attempts("r1")) == 1

        await until(booked)


HEADERS: list[tuple[dict[str, str], str]] = [
    ({"x-speko-intent": ""}, "X-Speko-Intent"),
    ({"x-speko-intent": "{"}, "Invalid header X-Speko-Intent: not JSON: Input data was truncated"),
    ({"x-speko-intent": '{"x":' + "[" * 10_000}, "X-Speko-Intent: nested too deeply"),
    ({"x-speko-intent": '{"region":"x"}'}, "X-Speko-Intent: language: is required"),
    ({"x-speko-intent": '{"language":"klingon"}'}, "X-Speko-Intent"),
    ({"x-speko-constraints": '{"allowedProviders":{"stt":"alpha"}}'}, "Constraints: allowedProviders.stt: Expected"),
    ({"x-speko-constraints": "nonsense"}, "X-Speko-Constraints: not JSON: "),
    ({"x-speko-stt-options": json.dumps({"keywords": ["x"] * 201})}, "Invalid stt options"),
    ({"x-speko-stt-options": "[]"}, "Invalid stt options"),
    ({"content-type": "audio/pcm;rate=fast"}, "rate"),
]


@pytest.mark.parametrize(("headers", "named"), HEADERS, ids=[str(i) for i in range(len(HEADERS))])
async def test_bad_headers(tmp_path: Path, headers: dict[str, str], named: str) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha")), keys=("alpha",)) as gateway:
        answer = await post(gateway, b"\1\0" * 1000 if "content-type" in headers else wav(), headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_AUDIO"), answer.text
        assert named.lower() in answer.json()["error"].lower()


@pytest.mark.parametrize("audio", [b"", b"\1", b"RIFF", wav()[:30]], ids=["empty", "one byte", "cut", "half header"])
async def test_bad_audio(tmp_path: Path, audio: bytes) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha")), keys=("alpha",)) as gateway:
        answer = await post(gateway, audio)
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_AUDIO"), answer.text
        assert (await post(gateway, wav())).status_code == 200, "and the others are still served"
        assert gateway.gateway.spool.used == 0


async def test_a_wav_that_lies_about_its_length_is_heard_to_its_end(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    lying = bytearray(wav(1.0))
    struct.pack_into("<I", lying, 40, 0x7FFFFFFF)
    async with running(tmp_path, registry_of(alpha), keys=("alpha",)) as gateway:
        assert (await post(gateway, bytes(lying))).status_code == 200
        assert alpha.calls[0].usage.audio_ms == 1000


async def test_a_body_that_is_too_large(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha")), keys=("alpha",), max_audio_bytes=50_000) as gateway:
        assert (await post(gateway, b"x" * 50_001)).status_code == 413

        async def drip() -> Any:
            for _ in range(6):
                yield b"x" * 10_000

        answer = await gateway.client.post(
            "/v1/transcribe", content=drip(), headers={"x-speko-intent": '{"language":"en"}'}
        )
        assert (answer.status_code, answer.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")
        assert gateway.gateway.spool.used == 0


async def test_a_claimed_2_gb_upload_is_refused_before_it_is_sent(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha")), keys=("alpha",)) as gateway:
        host, port = gateway.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(
            f"POST /v1/transcribe HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {gateway.key}\r\n"
            f'x-speko-intent: {{"language":"en"}}\r\ncontent-length: {2 << 30}\r\n\r\n'.encode()
        )
        head = await asyncio.wait_for(reader.readuntil(b"\r\n"), 5)
        assert b"413" in head
        writer.close()


async def test_uploads_share_one_cap(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    alpha.stt = [None]
    async with running(tmp_path, registry_of(alpha), keys=("alpha",), max_spool_bytes=3_000_000) as gateway:
        first = asyncio.create_task(post(gateway, wav(60)))
        await alpha.began.wait()
        answer = await post(gateway, wav(60))
        assert (answer.status_code, answer.json()["code"]) == (429, "RATE_LIMITED")
        assert answer.headers["retry-after"].isdigit()
        first.cancel()
