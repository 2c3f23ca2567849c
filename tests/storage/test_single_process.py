"""One gateway process per data folder, and per SQLite file."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from speko.storage.database import Database
from speko.storage.errors import StorageError
from speko.storage.single_process import OneProcess
from speko.storage.store import Store
from tests.storage.postgres import PostgresServer
from tests.storage.rows import NOON
from tests.storage.session_rows import ORG, session_row


def test_a_second_one_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    with OneProcess(tmp_path):
        with pytest.raises(StorageError, match="Another gateway serves the data folder"), OneProcess(tmp_path):
            pass
        with OneProcess(_made(tmp_path / "other")):
            pass
    with OneProcess(tmp_path):
        pass


def test_a_lock_that_cannot_be_had_says_why(tmp_path: Path) -> None:
    (tmp_path / "serve.lock").mkdir()
    with pytest.raises(StorageError, match=r"Cannot lock .*serve\.lock \(Is a directory\)"), OneProcess(tmp_path):
        pass


@pytest.fixture
async def serving(tmp_path: Path) -> AsyncIterator[Store]:
    """A gateway's store, with a live session, whose database is in no data folder."""
    store = await _opened(tmp_path, "a")
    await store.sessions.end_lost()
    await store.sessions.create(session_row("s1"))
    await store.sessions.claim("s1", ORG, "p")
    yield store
    await store.close()


@pytest.mark.parametrize("name", ["shared.sqlite3", "a/../shared.sqlite3", "link.sqlite3"])
async def test_one_file_serves_one_process_whatever_its_data_folder(serving: Store, tmp_path: Path, name: str) -> None:
    (tmp_path / "link.sqlite3").symlink_to("shared.sqlite3")
    second = await _opened(tmp_path, "b", name)
    try:
        with pytest.raises(
            StorageError, match=f"Another gateway serves the database {tmp_path}/shared.sqlite3"
        ) as told:
            await second.sessions.end_lost()
        assert "\n" not in str(told.value)
    finally:
        await second.close()
    live = await serving.sessions.get(ORG, "s1")
    assert live is not None
    assert live.status == "connecting"


async def test_a_command_changes_the_database_while_a_gateway_serves_it(serving: Store, tmp_path: Path) -> None:
    command = await _opened(tmp_path, "a")
    try:
        _, secret = await command.create_api_key((await command.default_organization()).id, "beside")
    finally:
        await command.close()
    late = await _opened(tmp_path, "a")
    try:
        assert late.directory.authenticate(secret) is not None
        with pytest.raises(StorageError, match="Another gateway"):
            await late.sessions.end_lost()
    finally:
        await late.close()


async def test_the_next_one_serves_when_the_first_has_closed(serving: Store, tmp_path: Path) -> None:
    await serving.close()
    following = await _opened(tmp_path, "b")
    try:
        await following.sessions.end_lost()
        lost = await following.sessions.get(ORG, "s1")
    finally:
        await following.close()
    assert lost is not None
    assert (lost.status, lost.end_reason) == ("failed", "gateway_lost")


async def test_two_files_of_one_folder_are_two_databases(serving: Store, tmp_path: Path) -> None:
    other = await Database.open(f"sqlite:///{tmp_path}/other.sqlite3", tmp_path)
    try:
        await other.serve_alone()
    finally:
        await other.close()


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> str:
    return postgres.empty_database()


async def test_postgresql_serves_several(postgres_url: str, tmp_path: Path) -> None:
    databases = [await Database.open(postgres_url, tmp_path) for _ in range(2)]
    try:
        for database in databases:
            await database.serve_alone()
    finally:
        for database in databases:
            await database.close()


async def _opened(folder: Path, data: str, name: str = "shared.sqlite3") -> Store:
    return await Store.open(f"sqlite:///{folder}/{name}", folder / data, None, lambda: NOON)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
