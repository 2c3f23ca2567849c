"""Making a session and opening its socket."""

import asyncio
import uuid
from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from speko import (
    AsyncSpeko,
    RealtimeConnectParams,
    RealtimeToolSpec,
    SpekoApiError,
    SpekoAuthError,
    SpekoRateLimitError,
)
from speko.client.realtime import opening
from tests.client.conftest import API_KEY
from tests.client.gateway import ScriptedGateway, json_reply
from tests.client.realtime.sockets import serving, session_reply

TOOL = {"name": "weather", "description": "Weather of a city.", "parameters": {"type": "object", "max_items": 1}}


async def quiet(socket: ServerConnection) -> None:
    """A gateway that says nothing."""
    await socket.wait_closed()


async def connect(gateway: ScriptedGateway, params: Any) -> Any:
    """The request that a connect made."""
    async with serving(quiet) as url, AsyncSpeko(api_key=API_KEY, base_url=gateway.url) as client:
        gateway.replies.append(session_reply(url))
        await client.connect_realtime(params)
    return gateway.received[-1]


EVERYTHING = RealtimeConnectParams(
    provider="acme",
    model="talker",
    voice="slt",
    system_prompt="Be brief.",
    temperature=0.5,
    input_sample_rate=16000,
    output_sample_rate=24000,
    tools=[RealtimeToolSpec(**TOOL)],
    intent={"language": "en", "region": None},
    constraints={"allowed_providers": {"s2s": ["acme"], "llm": None}},
    first_message=None,
    metadata={"user_id": 7},
    ttl_seconds=60,
    agent_id="ag_1",
    webhook_tags={"t": "x"},
    idempotency_key="once",
)


@pytest.mark.parametrize(
    "params",
    [EVERYTHING, EVERYTHING.model_dump(exclude_unset=True), EVERYTHING.model_dump(by_alias=True, exclude_unset=True)],
)
async def test_everything_has_its_place(gateway: ScriptedGateway, params: Any) -> None:
    request = await connect(gateway, params)
    assert (request.method, request.target) == ("POST", "/v1/sessions")
    assert request.headers["idempotency-key"] == "once"
    assert request.headers["authorization"] == f"Bearer {API_KEY}"
    assert request.json == {
        "mode": "s2s",
        "s2s": {
            "provider": "acme",
            "model": "talker",
            "voice": "slt",
            "systemPrompt": "Be brief.",
            "temperature": 0.5,
            "inputSampleRate": 16000,
            "outputSampleRate": 24000,
            "tools": [TOOL],
        },
        "intent": {"language": "en"},
        "constraints": {"allowedProviders": {"s2s": ["acme"]}},
        "firstMessage": None,
        "metadata": {"user_id": 7},
        "ttlSeconds": 60,
        "agentId": "ag_1",
        "webhookTags": {"t": "x"},
    }


async def test_what_was_not_given_is_not_sent_and_the_key_is_new_each_time(gateway: ScriptedGateway) -> None:
    first = await connect(gateway, {"intent": {"language": "en"}})
    second = await connect(gateway, RealtimeConnectParams(maxDurationSeconds=60, idempotency_key=None))
    assert first.json == {"mode": "s2s", "s2s": {}, "intent": {"language": "en"}}
    assert second.json == {"mode": "s2s", "s2s": {}, "maxDurationSeconds": 60}
    keys = [request.headers["idempotency-key"] for request in (first, second)]
    assert uuid.UUID(keys[0]) != uuid.UUID(keys[1])


async def test_other_rates_are_refused_before_anything_is_sent(gateway: ScriptedGateway) -> None:
    async with AsyncSpeko(api_key=API_KEY, base_url=gateway.url) as client:
        with pytest.raises(ValidationError):
            await client.connect_realtime({"input_sample_rate": 8000})
    assert gateway.received == []


async def test_a_refused_session_raises_like_every_call(gateway: ScriptedGateway) -> None:
    answer = {"error": "No key.", "code": "SESSION_CREATE_FAILED", "reason": "NO_CREDENTIAL"}
    gateway.replies.append(json_reply(answer, 500))
    async with AsyncSpeko(api_key=API_KEY, base_url=gateway.url) as client:
        with pytest.raises(SpekoApiError, match="No key") as raised:
            await client.connect_realtime({"provider": "acme", "model": "talker"})
    assert (raised.value.code, raised.value.details) == ("SESSION_CREATE_FAILED", {"reason": "NO_CREDENTIAL"})


@pytest.mark.parametrize(
    "session", [{"mode": "cascade", "sessionId": "s1", "transportToken": "t", "transportUrl": "wss://x"}, {}]
)
async def test_a_session_without_a_socket_cannot_be_used(gateway: ScriptedGateway, session: dict[str, Any]) -> None:
    gateway.replies.append(json_reply(session, 201))
    async with AsyncSpeko(api_key=API_KEY, base_url=gateway.url) as client:
        with pytest.raises(SpekoApiError) as raised:
            await client.connect_realtime({"intent": {"language": "en"}})
    assert raised.value.code == "INVALID_RESPONSE"


async def refused(gateway: ScriptedGateway, url: str) -> BaseException:
    """What a connect raises whose socket is at this address."""
    gateway.replies.append(session_reply(url))
    async with AsyncSpeko(api_key=API_KEY, base_url=gateway.url) as client:
        with pytest.raises((SpekoApiError, httpx.HTTPError)) as raised:
            await client.connect_realtime({"intent": {"language": "en"}})
    return raised.value


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (401, b'{"error":"no","code":"UNAUTHORIZED"}', SpekoAuthError, "AUTH_ERROR"),
        (429, b'{"error":"no"}', SpekoRateLimitError, "RATE_LIMITED"),
        (404, b'{"error":"no","code":"SESSION_NOT_FOUND"}', SpekoApiError, "SESSION_NOT_FOUND"),
        (502, b"<html>no</html>", SpekoApiError, "UNKNOWN"),
    ],
)
async def test_a_refused_handshake(
    gateway: ScriptedGateway, status: int, body: bytes, kind: type[SpekoApiError], code: str
) -> None:
    def refuse(socket: ServerConnection, _: Request) -> Response:
        response = socket.respond(status, "")
        response.headers["x-request-id"] = "req_2"
        response.headers["retry-after"] = "7"
        del response.headers["content-length"]
        response.headers["content-length"] = str(len(body))
        response.body = body
        return response

    async with serve(quiet, "127.0.0.1", 0, process_request=refuse) as server:
        error = await refused(gateway, f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    assert type(error) is kind
    assert (error.status, error.code, error.request_id) == (status, code, "req_2")
    assert isinstance(error, SpekoRateLimitError) is (getattr(error, "retry_after", None) == 7)


async def test_no_socket_at_the_address(gateway: ScriptedGateway) -> None:
    async with asyncio.timeout(10):
        async with serve(quiet, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
        assert isinstance(await refused(gateway, f"ws://127.0.0.1:{port}/"), httpx.ConnectError)


async def test_an_address_that_is_none(gateway: ScriptedGateway) -> None:
    error = await refused(gateway, "http://127.0.0.1/")
    assert isinstance(error, SpekoApiError)
    assert error.code == "INVALID_RESPONSE"


async def raw_server(answer: bytes) -> asyncio.Server:
    """Answers a handshake with these bytes; without any it says nothing."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if answer:
            writer.write(answer)
        else:
            await reader.read()
        writer.close()

    return await asyncio.start_server(handle, "127.0.0.1", 0)


async def test_a_server_that_speaks_something_else(gateway: ScriptedGateway) -> None:
    async with await raw_server(b"220 mail.example ESMTP\r\n") as server:
        error = await refused(gateway, f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    assert isinstance(error, SpekoApiError)
    assert (error.status, error.code) == (0, "WS_ERROR")


async def test_a_server_that_says_nothing(gateway: ScriptedGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "OPEN_TIMEOUT", 0.05)
    async with await raw_server(b"") as server:
        error = await refused(gateway, f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    assert isinstance(error, httpx.ConnectTimeout)
