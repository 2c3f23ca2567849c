"""Every resource method of both clients: what it asks for and what comes back."""

import inspect

import pytest

from speko import AsyncSpeko, S2sParams, SessionParams, SpekoApiError
from speko.client._async.resources import AsyncResource
from tests.client.cases.account import ACCOUNT
from tests.client.cases.sessions import SESSIONS
from tests.client.cases.vendors import STACK, VENDORS
from tests.client.conftest import Client
from tests.client.gateway import ScriptedGateway, json_reply

CASES = {**ACCOUNT, **VENDORS, **SESSIONS}


@pytest.mark.parametrize("name", CASES)
async def test_resource(speko: Client, gateway: ScriptedGateway, name: str) -> None:
    case = CASES[name]
    gateway.replies.append(json_reply(case.answer, 201 if case.method == "POST" else 200))
    result = await speko.call(case.call)
    assert case.shows(result) == case.shown
    [sent] = gateway.received
    assert (sent.method, sent.target) == (case.method, case.target)
    assert (sent.json if sent.body else None) == case.body


@pytest.mark.parametrize("name", CASES)
async def test_a_refusal_is_an_error(speko: Client, gateway: ScriptedGateway, name: str) -> None:
    gateway.replies.append(json_reply({"error": "No.", "code": "NOT_FOUND"}, 404))
    with pytest.raises(SpekoApiError) as caught:
        await speko.call(CASES[name].call)
    assert (caught.value.status, caught.value.code) == (404, "NOT_FOUND")


async def test_defaults_send_no_query(speko: Client, gateway: ScriptedGateway) -> None:
    gateway.replies.extend([json_reply({}), json_reply({}), json_reply(STACK)])
    await speko.call(lambda client: client.usage.get())
    await speko.call(lambda client: client.voices.list())
    await speko.call(lambda client: client.benchmarks.stack("en"))
    targets = [received.target for received in gateway.received]
    assert targets == ["/v1/usage", "/v1/voices", "/v1/benchmarks/stack?language=en"]


async def test_a_session_over_a_socket(speko: Client, gateway: ScriptedGateway) -> None:
    answer = {"mode": "s2s", "sessionId": "s1", "wsUrl": "ws://x", "wsToken": "secret", "outputSampleRate": 16000}
    gateway.replies.append(json_reply(answer, 201))
    params = SessionParams(
        mode="s2s",
        s2s=S2sParams(provider="acme", model="m", input_sample_rate=16000),
        constraints={"allowed_providers": {"s2s": ["acme"], "llm": None}},
    )
    session = await speko.call(lambda client: client.sessions.create(params))
    assert (session.mode, session.ws_token, session.input_sample_rate) == ("s2s", "secret", 24000)
    assert "secret" not in repr(session)
    assert gateway.received[0].json == {
        "mode": "s2s",
        "s2s": {"provider": "acme", "model": "m", "inputSampleRate": 16000},
        "constraints": {"allowedProviders": {"s2s": ["acme"]}},
    }
    assert "idempotency-key" not in gateway.received[0].headers


@pytest.mark.parametrize(("member", "found"), [({"requestId": "req_7"}, "req_7"), ({}, "req_8")])
async def test_a_sessions_request_is_the_one_that_made_it(
    speko: Client, gateway: ScriptedGateway, member: dict[str, str], found: str
) -> None:
    answer = {"mode": "s2s", "sessionId": "s1", "wsUrl": "ws://x", "wsToken": "t", **member}
    gateway.replies.append(json_reply(answer, 201, x_request_id="req_8"))
    session = await speko.call(lambda client: client.sessions.create({"mode": "s2s"}))
    assert session.request_id == found


async def test_every_method_is_tested() -> None:
    client = AsyncSpeko(api_key="sk_live_1")
    methods = {
        f"{attribute}.{name}"
        for attribute, resource in vars(client).items()
        if isinstance(resource, AsyncResource)
        for name, _ in inspect.getmembers(resource, inspect.iscoroutinefunction)
    }
    await client.close()
    assert methods == CASES.keys()
