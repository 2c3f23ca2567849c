import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from speko.storage import watching
from speko.storage.database import Database
from speko.storage.directory import Directory
from speko.storage.errors import StorageError
from speko.storage.master_key import MasterKeys
from speko.storage.watching import DirectoryWatch
from tests.storage.waiting import until

KEYS = MasterKeys(Path(), bytes(32))


@pytest.fixture
def directory() -> Directory:
    return Directory(lambda key_id, at: None)


@pytest.fixture
async def watch(
    database: Database, directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[DirectoryWatch]:
    """One that polls all the time."""
    monkeypatch.setattr(watching, "POLL_SECONDS", 0.005)
    watch = DirectoryWatch(database, KEYS, directory)
    stop = asyncio.Event()
    task = asyncio.create_task(watch.run(stop))
    yield watch
    stop.set()
    async with asyncio.timeout(30):
        await task


async def _run(database: Database, statement: str) -> None:
    async with database.write() as connection:
        await connection.execute(text(statement))


async def test_a_poll_sees_each_move_of_the_revision(
    database: Database, directory: Directory, watch: DirectoryWatch
) -> None:
    await until(lambda: directory.revision == 0)
    await _run(database, "UPDATE directory_revision SET revision = 8")
    await until(lambda: directory.revision == 8)
    # A backup that was restored.
    await _run(database, "UPDATE directory_revision SET revision = 3")
    await until(lambda: directory.revision == 3)
    assert watch.problem is None


async def test_an_outage_is_logged_once_and_ends(
    database: Database, directory: Directory, watch: DirectoryWatch, caplog: pytest.LogCaptureFixture
) -> None:
    await until(lambda: directory.revision == 0)
    with caplog.at_level(logging.INFO):
        await _run(database, "ALTER TABLE directory_revision RENAME TO elsewhere")
        await until(lambda: watch.problem is not None)
        await asyncio.sleep(0.1)  # several polls
        assert directory.revision == 0
        await _run(database, "UPDATE elsewhere SET revision = 4")
        await _run(database, "ALTER TABLE elsewhere RENAME TO directory_revision")
        await until(lambda: watch.problem is None)
    assert directory.revision == 4
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]


async def test_a_load_without_a_database_fails(database: Database, directory: Directory) -> None:
    watch = DirectoryWatch(database, KEYS, directory)
    await _run(database, "ALTER TABLE api_keys RENAME TO elsewhere")
    with pytest.raises(StorageError):
        await watch.load()
    await watch.refresh()
    assert watch.problem == "the database does not answer"
    assert directory.revision == -1


async def test_it_stops_at_once(tmp_path: Path, directory: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "POLL_SECONDS", 3600)
    database = await Database.open(None, tmp_path)
    stop = asyncio.Event()
    task = asyncio.create_task(DirectoryWatch(database, KEYS, directory).run(stop))
    await asyncio.sleep(0)
    stop.set()
    async with asyncio.timeout(20):
        await task
    await database.close()
