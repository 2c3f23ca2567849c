"""Speech-to-speech engines behind our own sessions and behind the realtime door: one turn, and every word of the
answer."""

from contextlib import suppress

import httpx
from openai import AsyncOpenAI, DefaultAsyncHttpxClient
from websockets.exceptions import ConnectionClosed

from tests.api.openai_realtime.talking import Talk
from tests.api.running import NO_TLS
from tests.faults.callers import Caller
from tests.faults.matrix.ends import ANSWER, Asked, End, Got

EVERY_WORD = "every word of the answer"
SILENT_ANSWER = "an answer without words"


async def _session(client: httpx.AsyncClient, asked: Asked) -> Got:
    body = {"mode": "s2s", "intent": {"language": "en"}, "constraints": asked.allowed("s2s")}
    made = await client.post("/v1/sessions", json=body, headers={"x-request-id": asked.request_id})
    if made.status_code != 201:
        return Got(f"{made.status_code} {made.json()['code']}")
    caller = await Caller.join(made.json())
    with suppress(ConnectionClosed):  # the engine may be lost by then
        await caller.turn()
    await caller.until(lambda: caller.over_now or bool(caller.ends and caller.of("usage")))
    got = _judged(caller)
    await caller.leave()
    return await _served(client, caller.session_id, got)


async def _served(client: httpx.AsyncClient, session_id: str, got: str) -> Got:
    row = (await client.get(f"/v1/sessions/{session_id}")).json()
    return Got(got, row["provider"] if got in (EVERY_WORD, SILENT_ANSWER) else None)


def _said(words: str) -> str:
    if not words:
        return SILENT_ANSWER
    return EVERY_WORD if words.split() == ANSWER.split() else f"other words: {words!r}"


def _judged(caller: Caller) -> str:
    if caller.over_now:
        last = caller.frames[-1]
        code = last.get("code", last["t"])
        return f"{last['t']} {code}, then close {caller.closed[0]}"
    return _said(caller.words)


async def _realtime(client: httpx.AsyncClient, asked: Asked) -> Got:
    key = client.headers["authorization"].removeprefix("Bearer ")
    http = DefaultAsyncHttpxClient(verify=NO_TLS)
    async with (
        AsyncOpenAI(api_key=key, base_url=f"{client.base_url}/v1", max_retries=0, http_client=http) as api,
        api.realtime.connect(model="auto", extra_headers=asked.headers("s2s")) as connection,
    ):
        talk = Talk(connection)
        session_id = (await talk.first("session.created"))["session"]["id"]
        with suppress(ConnectionClosed):  # the engine may be lost by then
            await talk.write("Hello?")
            await talk.api.response.create()
        await talk.until(lambda: talk.left or bool(talk.of("response.done")))
        done = [event["response"]["status"] for event in talk.of("response.done")]
        talk.check_order()
        if done == ["completed"]:
            return await _served(client, session_id, _said(talk.words))
        code = await talk.over()
        last = talk.events[-1]
        return Got(f"{last['type']} {last.get('error', last)['code']}, then close {code}")


SESSION = End(
    "S2S sessions",
    "s2s",
    _session,
    "error S2S_PROVIDER_CONNECT_FAILED, then close 1011",
    "",
    "error PROVIDER_DISCONNECTED, then close 1011",
)
REALTIME = End(
    "/v1/realtime",
    "s2s",
    _realtime,
    "error s2s_provider_connect_failed, then close 1011",
    "",
    "error provider_disconnected, then close 1011",
)
ENGINE_ENDS = (SESSION, REALTIME)
