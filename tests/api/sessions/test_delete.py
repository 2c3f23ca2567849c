"""`DELETE /v1/sessions/{id}` over a real socket."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.api.running import Running, running
from tests.api.sessions.speakers import PINNED, registry_of
from tests.api.sessions.stored import NEVER_AN_ID, foreign, sessions_of, stored, turn_body


async def test_a_deleted_session_is_unknown_everywhere(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of("alpha"), keys=("alpha",)) as gateway:
        client = gateway.client
        headers = {"Idempotency-Key": "k1"}
        made = (await client.post("/v1/sessions", json=PINNED, headers=headers)).json()
        path = f"/v1/sessions/{made['sessionId']}"
        await client.post(f"{path}/turns", json={"turns": [turn_body()]})
        answer = await client.delete(path)
        assert (answer.status_code, answer.json()) == (200, {"id": made["sessionId"], "deleted": True})
        for gone in (path, f"{path}/transcript", f"{path}/turns", f"{path}/stream"):
            answer = await client.get(gone)
            assert (answer.status_code, answer.json()["code"]) == (404, "SESSION_NOT_FOUND")
        assert (await client.delete(path)).status_code == 404
        assert (await client.get("/v1/sessions")).json()["entries"] == []
        # The key is free again: what it had made is gone.
        again = (await client.post("/v1/sessions", json=PINNED, headers=headers)).json()
        assert again["sessionId"] != made["sessionId"]


async def test_a_live_session_is_not_deleted(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of()) as gateway:
        row = await stored(gateway)
        await sessions_of(gateway).claim(row.id, row.organization_id, "proc_1")
        answer = await gateway.client.delete(f"/v1/sessions/{row.id}")
        assert (answer.status_code, answer.json()["code"]) == (409, "SESSION_LIVE")
        sessions_of(gateway).journal.ended(row.id, "ended", "client_closed")
        assert (await gateway.client.delete(f"/v1/sessions/{row.id}")).status_code == 200


async def test_a_session_that_nobody_joined_gives_its_place_back(tmp_path: Path) -> None:
    limit: dict[str, Any] = {"organization_concurrent_sessions": 1}
    async with running(tmp_path, registry_of("alpha"), keys=("alpha",), **limit) as gateway:
        for _ in range(2):
            made = await gateway.client.post("/v1/sessions", json=PINNED)
            assert made.status_code == 201
            assert (await gateway.client.post("/v1/sessions", json=PINNED)).status_code == 429
            assert (await gateway.client.delete(f"/v1/sessions/{made.json()['sessionId']}")).status_code == 200


async def test_whoever_watches_it_is_told(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of()) as gateway:
        row = await stored(gateway)
        async with gateway.client.stream("GET", f"/v1/sessions/{row.id}/stream") as answer, asyncio.timeout(20):
            lines = answer.aiter_lines()
            assert await anext(lines) == "event: status"
            assert (await gateway.client.delete(f"/v1/sessions/{row.id}")).status_code == 200
            rest = [line async for line in lines]
        assert any("SESSION_NOT_FOUND" in line for line in rest)


async def test_a_foreign_session_is_an_unknown_one(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of()) as gateway:
        row = await foreign(gateway)
        assert await _refused(gateway, row.id) == 404
        assert await sessions_of(gateway).get(row.organization_id, row.id) == row


@pytest.mark.parametrize("session_id", NEVER_AN_ID)
async def test_what_is_no_id_is_unknown(session_id: str, tmp_path: Path) -> None:
    async with running(tmp_path, registry_of()) as gateway:
        assert await _refused(gateway, session_id) in (404, 405)


async def _refused(gateway: Running, session_id: str) -> int:
    return (await gateway.client.delete(f"/v1/sessions/{session_id}")).status_code
