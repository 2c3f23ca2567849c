"""`x-session-id`: one-shot calls that belong to a session. Source: contract, one-shot endpoints."""

from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from speko.storage import tables
from tests.api.running import Running, running
from tests.api.test_transcribe import wav
from tests.api.vendors import Scripted, registry_of
from tests.storage.session_rows import session_row

INTENT = {"language": "en"}
ID = str(uuid4())


async def _call_each(gateway: Running, named: str) -> None:
    client, headers = gateway.client, {"x-session-id": named}
    hearing = {**headers, "x-speko-intent": '{"language":"en"}', "content-type": "audio/wav"}
    assert (await client.post("/v1/transcribe", content=wav(1.5), headers=hearing)).status_code == 200
    said = {"text": "hi", "intent": INTENT}
    assert (await client.post("/v1/synthesize", json=said, headers=headers)).status_code == 200
    asked = {"messages": [{"role": "user", "content": "hi"}], "intent": INTENT}
    assert (await client.post("/v1/complete", json=asked, headers=headers)).status_code == 200
    asked = {"model": "auto", "messages": asked["messages"]}
    assert (await client.post("/v1/chat/completions", json=asked, headers=headers)).status_code == 200


async def _organization_with_a_session(gateway: Running, slug: str) -> str:
    store = gateway.gateway.store
    default = await store.default_organization()
    owner = default if slug == "default" else await store.create_organization(slug, slug)
    await store.sessions.create(session_row(ID, organization_id=owner.id))
    return owner.id


async def _sessions(gateway: Running) -> list[str | None]:
    """Whose the attempts and the usage are."""
    store = gateway.gateway.store
    found: list[str | None] = []
    await store.ledger.flush()
    for table in (tables.attempts, tables.usage):
        async with store._database.read() as connection:
            found += (await connection.execute(select(table.c.session_id))).scalars()
    return found


@pytest.mark.parametrize("named", [ID, ID.upper()])
async def test_what_they_use_is_the_sessions(tmp_path: Path, named: str) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha")), keys=("alpha",)) as gateway:
        await _organization_with_a_session(gateway, "default")
        await _call_each(gateway, named)
        assert await _sessions(gateway) == [ID] * 8
        usage = (await gateway.client.get("/v1/usage")).json()
        assert (usage["totalSessions"], len(usage["breakdown"])) == (1, 3)


@pytest.mark.parametrize("named", ["", str(uuid4()), "s1", "x" * 4000, f"{ID}0"])
async def test_an_unknown_one_is_taken_and_names_nothing(tmp_path: Path, named: str) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha")), keys=("alpha",)) as gateway:
        await _organization_with_a_session(gateway, "default")
        await _call_each(gateway, named)
        assert await _sessions(gateway) == [None] * 8


async def test_a_foreign_one_is_as_unknown_as_any(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha")), keys=("alpha",)) as gateway:
        foreign = await _organization_with_a_session(gateway, "acme")
        await _call_each(gateway, ID)
        assert await _sessions(gateway) == [None] * 8
        _, key = await gateway.gateway.store.create_api_key(foreign, "theirs")
        gateway.client.headers["authorization"] = f"Bearer {key}"
        assert (await gateway.client.get("/v1/usage")).json()["totalSessions"] == 0
