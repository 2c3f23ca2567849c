"""Values that are valid JSON or a valid path, and that not every database can store: refused or unknown, and no crash.
`make test-postgres` asks PostgreSQL, which is the one that minds."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.faults.callers import PINNED, create
from tests.faults.show import stage
from tests.security.operations import OPERATIONS

NUL = "a\0b"
TURN = {"index": 0, "source": "user", "text": NUL, "startedAt": "0001-01-01T00:00:00Z", "provider": NUL}


async def test_nul_in_every_path(tmp_path: Path) -> None:
    async with stage(tmp_path) as show:
        for operation in OPERATIONS:
            if operation.parameters:
                path = operation.path.format(**dict.fromkeys(operation.parameters, "a%00b"))
                answer = await show.gateway.client.request(operation.method, path, json={"turns": [TURN]})
                assert answer.status_code == 404, operation


async def test_nul_in_bodies_and_queries(tmp_path: Path) -> None:
    async with stage(tmp_path) as show:
        client = show.gateway.client
        session = await create(client, **PINNED)
        turns = f"/v1/sessions/{session['sessionId']}/turns"
        named = {"messages": [{"role": "user", "content": NUL}], "model": f"openai:{NUL}"}
        asked: list[tuple[str, str, Any, int]] = [
            ("POST", "/v1/api-keys", {"name": NUL}, 400),
            ("PUT", "/v1/providers", {"provider": "openai", "apiKey": NUL}, 400),
            ("POST", "/v1/sessions", {"mode": "s2s", **PINNED, "metadata": {NUL: NUL}}, 201),
            ("POST", "/v1/chat/completions", named, 400),
            ("POST", "/v1/synthesize", {"text": NUL, "voice": NUL, "intent": {"language": "en"}}, 200),
            ("POST", turns, {"turns": [{**TURN, "toolCalls": [{"name": NUL, "args": {NUL: NUL}}]}]}, 202),
            ("GET", "/v1/sessions?status=%00&agent=%00", None, 200),
            ("GET", "/v1/credits/ledger?cursor=%00", None, 400),
            ("GET", "/v1/usage?from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z", None, 200),
        ]
        for method, path, body, status in asked:
            answer = await client.request(method, path, json=body)
            assert answer.status_code == status, (path, answer.text)
        (turn,) = (await client.get(turns.replace("/turns", "/transcript"))).json()["entries"]
        assert turn["startedAt"] == "0001-01-01T00:00:00.000Z"
        await show.gateway.gateway.store.ledger.flush()


@pytest.mark.parametrize("body", [b"[" * 200_000, b'{"messages":[],"x":' + b'{"a":' * 200_000, b'{"name":"\\ud800"}'])
async def test_bodies_that_no_parser_likes(tmp_path: Path, body: bytes) -> None:
    async with stage(tmp_path) as show:
        for operation in OPERATIONS:
            if operation.has_body and not operation.parameters and operation.path != "/v1/transcribe":
                answer: httpx.Response = await show.gateway.client.request(
                    operation.method, operation.path, content=body
                )
                assert answer.status_code == 400, operation
