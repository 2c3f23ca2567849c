"""Who is let in at the door, and how the others are told why: over HTTP, in that API's own shape."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from tests.api.openai_realtime.talking import talking
from tests.api.running import Running
from tests.faults.show import ANSWER, stage


def address(gateway: Running, query: str) -> str:
    return f"{gateway.url.replace('http', 'ws')}/v1/realtime{query}"


async def refused(gateway: Running, query: str = "?model=auto", **options: Any) -> tuple[int, dict[str, Any]]:
    """Status and error of an upgrade that is refused."""
    headers = options.pop("additional_headers", {"authorization": f"Bearer {gateway.key}"})
    with pytest.raises(InvalidStatus) as raised:
        await connect(address(gateway, query), additional_headers=headers, proxy=None, **options)
    answer = raised.value.response
    body: dict[str, Any] = json.loads(answer.body or b"")
    assert set(body) == {"error"}
    assert {"message", "type", "param", "code"} <= set(body["error"])
    assert answer.headers["x-request-id"]
    return answer.status_code, body["error"]


async def test_a_wrong_key_is_told_before_the_upgrade(tmp_path: Path) -> None:
    async with stage(tmp_path) as show:
        for headers in ({"authorization": "Bearer sk_live_wrong"}, {}, {"authorization": "Basic x"}):
            status, error = await refused(show.gateway, additional_headers=headers)
            assert (status, error["code"], error["type"]) == (401, "invalid_api_key", "invalid_request_error")
        protocols = [Subprotocol("realtime"), Subprotocol("openai-insecure-api-key.sk_live_wrong")]
        status, error = await refused(show.gateway, additional_headers={}, subprotocols=protocols)
        assert status == 401
        assert "sk_live_wrong" not in json.dumps(error)


async def test_wrong_keys_never_reach_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(tmp_path) as show:

        def reached(*_: object) -> None:
            raise AssertionError("the database was asked")

        monkeypatch.setattr(show.gateway.gateway.store.sessions, "create", reached)
        headers = {"authorization": "Bearer sk_live_wrong"}
        found = await asyncio.gather(*(refused(show.gateway, additional_headers=headers) for _ in range(100)))
        assert {status for status, _ in found} == {401}


@pytest.mark.parametrize("model", ["gpt-nothing", "nobody:gpt-realtime", "auto:beauty", "deepgram:nova-3"])
async def test_an_unknown_model_is_told_before_the_upgrade(tmp_path: Path, model: str) -> None:
    async with stage(tmp_path) as show:
        status, error = await refused(show.gateway, f"?model={model}")
        assert (status, error["code"], error["param"]) == (404, "model_not_found", "model")


async def test_a_request_without_a_model_or_with_a_broken_header(tmp_path: Path) -> None:
    async with stage(tmp_path) as show:
        status, error = await refused(show.gateway, "")
        assert (status, error["param"]) == (400, "model")
        key = {"authorization": f"Bearer {show.gateway.key}"}
        for intent, told in (
            ("{", "Invalid header X-Speko-Intent: not JSON: "),
            ('{"optimizeFor":"speed"}', "Invalid header X-Speko-Intent: optimizeFor: "),
            ('{"language":"klingon"}', "language must be"),
        ):
            status, error = await refused(show.gateway, additional_headers={**key, "x-speko-intent": intent})
            assert (status, error["type"]) == (400, "invalid_request_error")
            assert error["message"].startswith(told)


@pytest.mark.parametrize("model", ["gpt-realtime", "auto", "auto:latency", "OpenAI:gpt-realtime"])
async def test_names_of_models(tmp_path: Path, model: str) -> None:
    async with stage(tmp_path) as show:
        if model == "gpt-realtime":  # the twin has one of that name, too
            status, error = await refused(show.gateway, f"?model={model}")
            assert (status, error["code"]) == (404, "model_not_found")
            assert "openai:gpt-realtime, twin:gpt-realtime" in error["message"]
            return
        constraints = '{"allowedProviders":{"s2s":["openai:gpt-realtime","twin:gpt-realtime"]}}'
        async with talking(show.gateway, model, extra_headers={"x-speko-constraints": constraints}) as talk:
            assert talk.events[0]["session"]["model"] == model
            await talk.ask("Hello?")
            assert talk.words == ANSWER


async def test_a_browser_sends_its_key_as_a_subprotocol(tmp_path: Path) -> None:
    async with stage(tmp_path) as show:
        protocols = [Subprotocol("realtime"), Subprotocol(f"openai-insecure-api-key.{show.gateway.key}")]
        url = address(show.gateway, "?model=openai:gpt-realtime")
        async with connect(url, subprotocols=protocols, proxy=None) as socket:
            assert socket.subprotocol == "realtime", "the key is not sent back"
            assert json.loads(await socket.recv())["type"] == "session.created"


async def test_pages_of_other_origins_are_refused_where_the_operator_says_so(tmp_path: Path) -> None:
    async with stage(tmp_path, socket_origins=("https://ours.example",)) as show:
        status, _ = await refused(show.gateway, "?model=openai:gpt-realtime", origin=Origin("https://theirs.example"))
        assert status == 403


async def test_a_plain_request_is_told_to_upgrade(tmp_path: Path) -> None:
    async with stage(tmp_path) as show:
        answer = await show.gateway.client.get("/v1/realtime")
        assert answer.status_code == 426
        assert answer.json()["error"]["code"] == "upgrade_required"


async def test_a_session_is_refused_where_a_limit_is_reached(tmp_path: Path) -> None:
    async with stage(tmp_path, key_concurrent_sessions=1) as show, talking(show.gateway) as talk:
        await talk.ask("Hello?")
        async with talking(show.gateway) as second:
            await second.api.response.create()
            assert (await second.first("error"))["error"]["code"] == "limit_reached"
            assert await second.over() == 1008
