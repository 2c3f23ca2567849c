"""Routes that need the database, while it is away."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from speko.api.app import openapi_document
from speko.storage.database import Database
from speko.storage.errors import StorageError
from speko.storage.watching import DirectoryWatch
from tests.api.running import running
from tests.api.vendors import Scripted, registry_of

ID = "00000000-0000-4000-8000-000000000000"
STORED = {
    (method.upper(), path)
    for path, operations in openapi_document()["paths"].items()
    for method, operation in operations.items()
    if path.startswith("/v1/") and "503" in operation["responses"]
}
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/v1/api-keys"): {"name": "me"},
    ("PUT", "/v1/providers"): {"provider": "alpha", "apiKey": "a-key-that-is-long-enough"},
    ("POST", "/v1/sessions/{session_id}/turns"): {
        "turns": [{"index": 0, "source": "user", "text": "hi", "start_ms": 0, "end_ms": 1}]
    },
}


@asynccontextmanager
async def nobody(_: Database) -> AsyncIterator[None]:
    """A transaction with a database that is away."""
    raise StorageError("secret words of the database") from OSError()
    yield


def test_which_routes_need_the_database() -> None:
    assert len(STORED) == 19
    assert ("GET", "/v1/usage") in STORED
    assert ("POST", "/v1/complete") not in STORED


def refused(answer: httpx.Response) -> bool:
    """Whether an answer says that the database is away, in the envelope."""
    words = (answer.status_code, answer.json()["code"], answer.headers["retry-after"], "secret" in answer.text)
    return words == (503, "DATABASE_UNAVAILABLE", "5", False)


@pytest.mark.parametrize("operation", sorted(STORED), ids=" ".join)
async def test_known_to_be_away(
    tmp_path: Path, operation: tuple[str, str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    method, path = operation
    url = path.format(session_id=ID, key_id="key_0", provider="alpha", request_id="req_0")
    async with running(tmp_path, registry_of(Scripted("alpha"))) as gateway:
        away = property(lambda self: "the database does not answer", lambda self, value: None)
        monkeypatch.setattr(DirectoryWatch, "problem", away, raising=False)
        assert refused(await gateway.client.request(method, url, json=BODIES.get(operation)))
        anonymous = await gateway.client.request(method, url, headers={"authorization": ""})
        assert anonymous.status_code == 401, "before anything else"
    assert not [r for r in caplog.records if r.name == "speko.api.errors"], "the watch has said it"


async def test_away_since_a_moment_ago(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    paths = ("/v1/usage", "/v1/usage/series", "/v1/sessions", "/v1/api-keys", "/v1/credits/balance", "/v1/limits")
    async with running(tmp_path, registry_of(Scripted("alpha"))) as gateway:
        with monkeypatch.context() as patched:
            patched.setattr(DirectoryWatch, "problem", property(lambda self: None, lambda self, v: None), raising=False)
            patched.setattr(Database, "read", nobody)
            caplog.set_level(logging.WARNING, "speko.api.errors")
            for path in paths:
                assert refused(await gateway.client.get(path))
        assert (await gateway.client.get("/v1/usage")).status_code == 200
    told = [r for r in caplog.records if r.name == "speko.api.errors"]
    assert [(r.levelname, getattr(r, "path", ""), getattr(r, "type", "")) for r in told] == [
        ("WARNING", path, "OSError") for path in paths
    ]
    assert "crash" not in caplog.text
    assert "secret" not in caplog.text
