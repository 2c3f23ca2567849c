"""Errors on these paths have that API's own shape, wherever they are raised."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from speko.api.errors import ApiError, database_unavailable, invalid
from speko.api.openai.shape import is_door
from tests.api.openai.doors import doors, wav
from tests.api.running import running
from tests.api.vendors import Scripted

HI: Any = [{"role": "user", "content": "hi"}]


def error_of(answer: httpx.Response) -> dict[str, Any]:
    """Fails unless the body is that API's error and nothing else."""
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-request-id"]
    body: dict[str, Any] = answer.json()
    assert set(body) == {"error"}
    assert {"message", "type", "param", "code"} <= set(body["error"])
    assert isinstance(body["error"]["message"], str)
    return dict(body["error"])


async def test_a_wrong_key(tmp_path: Path) -> None:
    async with doors(tmp_path, Scripted("alpha"), key="sk_live_wrong") as (client, _):
        calls = (
            client.models.list(),
            client.chat.completions.create(model="auto", messages=HI),
            client.audio.speech.create(model="auto", input="x", voice="x"),
            client.audio.transcriptions.create(model="auto", file=("a.wav", wav())),
        )
        for call in calls:
            with pytest.raises(openai.AuthenticationError) as caught:
                await call
            assert (caught.value.type, caught.value.code) == ("invalid_request_error", "invalid_api_key")


@pytest.mark.parametrize(
    ("request_line", "content", "status", "code"),
    [
        ("POST /v1/chat/completions", b"{", 400, None),
        ("POST /v1/chat/completions", b"\xff", 400, None),
        ("POST /v1/chat/completions", b"[" * 9000, 400, None),
        ("POST /v1/chat/completions", b"x" * 20_000, 413, "payload_too_large"),
        ("GET /v1/chat/completions", None, 405, "method_not_allowed"),
        ("DELETE /v1/models/auto", None, 405, "method_not_allowed"),
        ("GET /v1/models/auto:", None, 404, "model_not_found"),
        ("GET /v1/chat/completions/x", None, 404, "unknown_url"),
        ("POST /v1/audio/whatever", b"", 404, "unknown_url"),
        ("POST /v1/audio/translations", b"", 404, "unsupported_endpoint"),
        ("POST /v1/embeddings", b"{}", 404, "unsupported_endpoint"),
        ("POST /v1/completions", b"{}", 404, "unsupported_endpoint"),
        ("POST /v1/responses", b"{}", 404, "unsupported_endpoint"),
        ("POST /v1/images/generations", b"{}", 404, "unsupported_endpoint"),
        ("POST /v1/moderations", b"{}", 404, "unsupported_endpoint"),
        ("GET /v1/files", None, 404, "unsupported_endpoint"),
        ("POST /v1/realtime/client_secrets", b"{}", 404, "unsupported_endpoint"),
    ],
)
async def test_raised_before_a_handler(
    tmp_path: Path, request_line: str, content: bytes | None, status: int, code: str | None
) -> None:
    async with doors(tmp_path, Scripted("alpha"), max_json_bytes=10_000) as (_, gateway):
        answer = await gateway.client.request(*request_line.split(), content=content)
        error = error_of(answer)
        assert (answer.status_code, error["code"], error["type"]) == (status, code, "invalid_request_error")


async def test_what_is_not_served_says_so(tmp_path: Path) -> None:
    async with doors(tmp_path, Scripted("alpha")) as (client, _):
        with pytest.raises(openai.NotFoundError, match="serves no embeddings"):
            await client.embeddings.create(model="auto", input="x")


async def test_our_own_paths_keep_our_own_envelope(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        for path in ("/v1/complete", "/v1/transcribe", "/v1/nothing"):
            body = (await gateway.client.put(path)).json()
            assert isinstance(body["error"], str)
            assert body["code"]


async def test_a_crash_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with doors(tmp_path, Scripted("alpha")) as (client, gateway):
        monkeypatch.setattr(gateway.gateway.router, "chain", lambda *_: 1 / 0)
        with pytest.raises(openai.InternalServerError) as caught:
            await client.chat.completions.create(model="auto", messages=HI)
        assert (caught.value.type, caught.value.code) == ("server_error", "internal_error")
        assert "ZeroDivision" not in str(caught.value)


async def test_too_many_uploads_are_a_rate_limit(tmp_path: Path) -> None:
    async with doors(tmp_path, Scripted("alpha")) as (client, gateway):
        gateway.gateway.spool.take(gateway.gateway.settings.max_spool_bytes)
        with pytest.raises(openai.RateLimitError) as caught:
            await client.audio.transcriptions.create(model="auto", file=("a.wav", wav()))
        assert (caught.value.type, caught.value.code) == ("rate_limit_error", "rate_limit_exceeded")
        assert caught.value.response.headers["retry-after"] == "2"


async def test_a_gateway_that_stops_says_so(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    alpha.llm = [None]
    async with doors(tmp_path, alpha) as (client, gateway):
        call = asyncio.create_task(client.chat.completions.create(model="auto", messages=HI))
        await alpha.began.wait()
        await gateway.gateway.in_flight.end()
        with pytest.raises(openai.InternalServerError, match="stopping"):
            await call


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ApiError(402, "INSUFFICIENT_CREDITS", "x"), ("insufficient_quota", None, "insufficient_quota")),
        (ApiError(429, "RATE_LIMITED", "x"), ("rate_limit_error", None, "rate_limit_exceeded")),
        (ApiError(401, "UNAUTHORIZED", "x"), ("invalid_request_error", None, "invalid_api_key")),
        (ApiError(503, "DRAINING", "x"), ("server_error", None, "draining")),
        (invalid("x", ("a.b", "y"), ("c", "z")), ("invalid_request_error", "a.b", None)),
        (invalid("x", ("", "y")), ("invalid_request_error", None, None)),
    ],
)
def test_types_and_codes(error: ApiError, expected: tuple[str, str | None, str | None]) -> None:
    body = error.body("/v1/models")["error"]
    assert (body["type"], body["param"], body["code"]) == expected
    assert body["message"] == "x"
    assert error.body("/v1/usage")["error"] == "x"


def test_which_paths_are_doors() -> None:
    assert is_door("/v1/chat/completions")
    assert is_door("/v1/realtime")
    assert not is_door("/v1/complete")
    assert not is_door("/v1/sessions")


def test_a_database_that_is_away() -> None:
    body = database_unavailable().body("/v1/chat/completions")["error"]
    assert (body["type"], body["code"]) == ("server_error", "database_unavailable")


async def test_a_known_model_without_a_key_is_not_repeated(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    async with doors(tmp_path, alpha, providers={}) as (client, _):
        client.max_retries = 2
        seen: list[str] = []
        client._client.event_hooks["request"] = [_noting(seen)]
        calls = (
            client.chat.completions.create(model="alpha:alpha-llm", messages=HI),
            client.audio.speech.create(model="alpha:alpha-tts", input="x", voice="x"),
            client.audio.transcriptions.create(model="alpha:alpha-stt", file=("a.wav", wav())),
        )
        for call in calls:
            with pytest.raises(openai.NotFoundError) as caught:
                await call
            assert (caught.value.code, caught.value.param) == ("model_not_found", "model")
            assert "ALPHA_API_KEY" in caught.value.message
        assert len(seen) == 3
        assert alpha.requests == []


def _noting(seen: list[str]) -> Any:
    async def note(request: httpx.Request) -> None:
        seen.append(request.url.path)

    return note
