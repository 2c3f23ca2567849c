"""An id of another organisation is as unknown as one that never was: on every path, with every method, to the letter.

Made from the API's own document. A path with a parameter that is not known here fails, until somebody says how to make
such a thing, or why it belongs to nobody.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.faults.show import stage
from tests.security.operations import OPERATIONS, Operation
from tests.security.organizations import OWNED, Organizations, organizations

Make = Callable[[Organizations], Awaitable[str]]


async def _session(found: Organizations) -> str:
    return str((await found.session())["sessionId"])


RESOURCES: dict[str, tuple[Make, Callable[[], str]]] = {
    "session_id": (_session, lambda: str(uuid4())),
    "key_id": (Organizations.api_key, lambda: "key_0123456789abcdef"),
    "request_id": (Organizations.call, lambda: "req_0123456789abcdef"),
}
"""How the owner comes by one, and an id that nobody has."""
NOBODYS = {"provider", "model"}
"""Names out of the catalogue, the same for all."""
BODIES: dict[str, Any] = {
    "POST /v1/sessions/{session_id}/turns": {
        "turns": [{"index": 0, "source": "user", "text": "hi", "startedAt": "2026-01-01T00:00:00Z"}]
    },
}
NEVER_THERE = {"GET /v1/sessions/{session_id}/recording"}
"""Not for the owner either."""
ADDRESSED = [operation for operation in OPERATIONS if set(operation.parameters) - NOBODYS]


@pytest.fixture
async def found(tmp_path: Path) -> AsyncIterator[Organizations]:
    async with stage(tmp_path) as show, organizations(show) as both:
        yield both


def test_every_parameter_is_known() -> None:
    assert {name for operation in OPERATIONS for name in operation.parameters} == {*RESOURCES, *NOBODYS}
    assert set(BODIES) == {str(operation) for operation in ADDRESSED if operation.has_body}


@pytest.mark.parametrize("operation", ADDRESSED, ids=str)
async def test_a_foreign_id_is_an_unknown_id(found: Organizations, operation: Operation) -> None:
    (name,) = operation.parameters
    make, unknown = RESOURCES[name]
    foreign = await make(found)
    before = await _seen_by_its_owner(found)
    answers = []
    for given in (foreign, unknown()):
        answer = await _ask(found.stranger, operation, {name: given})
        headers = {k: v for k, v in answer[1].items() if k not in ("x-request-id", "x-trace-id", "date")}
        answers.append((answer[0], headers, answer[2]))
    assert answers[0] == answers[1]
    assert answers[0][0] == 404
    assert await _seen_by_its_owner(found) == before
    status = (await _ask(found.owner, operation, {name: foreign}))[0]
    assert status == 404 if str(operation) in NEVER_THERE else status < 300


async def test_an_own_key_of_a_vendor_serves_nobody_else(found: Organizations) -> None:
    stored = await found.owner.put("/v1/providers", json={"provider": "openai", "apiKey": f"sk-{OWNED}"})
    assert stored.status_code == 200
    assert (await found.stranger.delete("/v1/providers/openai")).status_code == 200
    sources = {
        name: {row["source"] for row in (await client.get("/v1/providers")).json() if row["key"] == "openai"}
        for name, client in (("owner", found.owner), ("stranger", found.stranger))
    }
    assert sources == {"owner": {"BYOK"}, "stranger": {None}}
    tested = await found.stranger.post("/v1/providers/openai/test")
    assert tested.json()["source"] == "MANAGED"


async def test_the_socket_of_a_foreign_session_is_that_of_an_unknown_one(found: Organizations) -> None:
    theirs, own = await found.session(), (await found.stranger.post("/v1/sessions", json=_asked())).json()
    said = []
    for session_id in (theirs["sessionId"], str(uuid4())):
        url = own["wsUrl"].replace(own["sessionId"], session_id)
        async with connect(url, subprotocols=[own["wsToken"]], proxy=None) as socket:
            frames = []
            with suppress(ConnectionClosed):
                async for frame in socket:
                    frames.append(json.loads(frame))
        said.append((frames, socket.close_code, socket.close_reason))
    assert said[0] == said[1]
    assert said[0][1] == 4401


async def test_what_is_listed_is_ones_own(found: Organizations) -> None:
    """All that can be read without an id: the stranger reads nothing of what the owner has, and the owner all of it."""
    session, request_id, key_id = (await found.session())["sessionId"], await found.call(), await found.api_key()
    await found.show.gateway.gateway.store.ledger.flush()
    organization = (await found.owner.get("/v1/organization")).json()["id"]
    marks = {OWNED, session, key_id, organization}
    read = {}
    for name, client in (("owner", found.owner), ("stranger", found.stranger)):
        texts = {}
        for operation in OPERATIONS:
            if operation.method == "GET" and not operation.parameters and not operation.is_open:
                answer = await client.get(operation.path, params={"language": "en"})
                assert answer.status_code == 200, operation
                texts[operation.path] = answer.text
        read[name] = texts
    assert marks == {mark for mark in marks if any(mark in text for text in read["owner"].values())}
    assert not any(mark in text for mark in (*marks, request_id) for text in read["stranger"].values())
    usage = {name: json.loads(texts["/v1/usage"])["breakdown"] for name, texts in read.items()}
    assert usage["owner"] and not usage["stranger"]


def _asked() -> dict[str, Any]:
    return {"mode": "s2s", "s2s": {"provider": "openai", "model": "gpt-realtime"}}


async def _ask(
    client: httpx.AsyncClient, operation: Operation, parameters: dict[str, str]
) -> tuple[int, dict[str, str], bytes]:
    """Of an answer that does not end, the head."""
    url, body = operation.path.format(**parameters), BODIES.get(str(operation))
    async with client.stream(operation.method, url, json=body) as answer:
        text = b"" if answer.headers["content-type"].startswith("text/event-stream") else await answer.aread()
        return answer.status_code, dict(answer.headers), text


async def _seen_by_its_owner(found: Organizations) -> list[Any]:
    return [(await found.owner.get(path)).json() for path in ("/v1/sessions", "/v1/api-keys", "/v1/providers")]
