"""Secrets and words where they are kept, and where they are said: the files of the database, and answers with their
headers. Log lines, metrics and spans are searched in tests/observability, children's environments beside this."""

import sqlite3
from pathlib import Path

import httpx
import pytest

from tests.database import POSTGRESQL
from tests.observability.mix import MARK, mixed

OWN_KEY = "sk-own-0123456789abcdef0123456789abcdef"
"""An organisation's own key of a vendor."""
ASKED_FOR = {("sessions", "spec"), ("sessions", "metadata")}
"""Where the caller's own words are kept with a session, until it is deleted: its prompt and what is noted about it."""


@pytest.mark.skipif(POSTGRESQL, reason="looks into the files of SQLite")
@pytest.mark.parametrize("kept", [False, True])
async def test_the_database_has_no_key_and_words_only_where_it_may(tmp_path: Path, kept: bool) -> None:
    async with mixed(tmp_path, store_transcripts=kept) as show:
        key, client = show.gateway.key, show.gateway.client
        stored = await client.put("/v1/providers", json={"provider": "openai", "apiKey": OWN_KEY})
        assert stored.status_code == 200
        session = {"mode": "s2s", "s2s": {"provider": "openai", "model": "gpt-realtime", "systemPrompt": MARK}}
        made = await client.post("/v1/sessions", json=session, headers={"idempotency-key": "again"})
        token = made.json()["wsToken"]
        link = show.gateway.gateway.place.link.to("")
    files = _bytes_of(tmp_path)
    assert made.json()["sessionId"].encode() in files
    for secret in (key, OWN_KEY, token, link.partition("=")[2], "key-of-openai", "key-of-twin"):
        assert len(secret) > 8
        assert secret.encode() not in files
    assert (tmp_path / "master.key").read_bytes().strip() not in files
    assert columns_with(MARK, tmp_path) == ASKED_FOR | ({("session_transcript", "text")} if kept else set())


async def test_answers_say_no_secret_and_refusals_no_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[httpx.Response] = []
    send = httpx.AsyncClient.send

    async def kept(client: httpx.AsyncClient, request: httpx.Request, **options: object) -> httpx.Response:
        answers.append(await send(client, request, **options))  # type: ignore[arg-type]
        return answers[-1]

    monkeypatch.setattr(httpx.AsyncClient, "send", kept)
    async with mixed(tmp_path) as show:
        key = show.gateway.key
    assert {200, 201, 400, 401, 404, 500} <= {answer.status_code for answer in answers}
    for answer in answers:
        head, body = str(answer.headers.multi_items()), answer.text
        assert MARK not in head
        for secret in (key, "key-of-openai", "key-of-twin"):
            assert secret not in head
            assert secret not in body
        if answer.status_code >= 400:
            assert MARK not in body


def _bytes_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("speko.sqlite3*"))


def columns_with(text: str, folder: Path) -> set[tuple[str, str]]:
    """Where in the database the text is, as (table, column)."""
    found = set()
    with sqlite3.connect(folder / "speko.sqlite3") as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for column in [row[1] for row in database.execute(f"PRAGMA table_info({table})")]:
                query = f"SELECT count(*) FROM {table} WHERE instr(CAST({column} AS TEXT), ?)"  # noqa: S608 - its own names
                if database.execute(query, (text,)).fetchone()[0]:
                    found.add((table, column))
    database.close()
    return found
