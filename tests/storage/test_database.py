import asyncio
import sqlite3
import stat
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from speko.storage.database import Database, _reason, sqlite_file
from speko.storage.errors import StorageError
from tests.storage.postgres import PostgresServer


def _files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "mysql://user:hunter2@host/name", "://", "postgresql://user:hunter2@host:port/name", "sqlite://"],
)
async def test_a_nonsense_address_says_what_to_do(url: str, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="sqlite:////absolute/path") as caught:
        await Database.open(url, tmp_path)
    assert "hunter2" not in str(caught.value)


async def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="SPEKO_DATABASE_URL") as caught:
        await Database.open(f"postgresql://user:hunter2@/name?host={tmp_path}", tmp_path)
    assert "hunter2" not in str(caught.value)
    assert "user" not in str(caught.value).replace("this user", "")


async def test_what_a_server_refuses_is_said_in_words(postgres: PostgresServer, tmp_path: Path) -> None:
    for user, words in (("nobody", "this user may not log in from here"), ("speko", "there is no database")):
        url = postgres.url("missing").replace("speko@", f"{user}:hunter2@")
        with pytest.raises(StorageError, match=words) as caught:
            await Database.open(url, tmp_path)
        assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (asyncpg.InvalidPasswordError("user hunter2"), "the password is wrong, or there is no such user"),
        (ConnectionRefusedError(111, "refused"), "nobody listens there"),
        (TimeoutError(), "no answer in time"),
        (ValueError("hunter2"), "ValueError"),
    ],
)
def test_the_reason(error: Exception, words: str) -> None:
    assert _reason(error) == words
    wrapped = DBAPIError("hunter2", None, Exception())
    assert wrapped.orig is not None
    wrapped.orig.__cause__ = error
    assert _reason(wrapped) == (words if words != "ValueError" else "Exception")


@pytest.mark.parametrize("option", ["hunter2=x", "sslmode=require"])
async def test_an_unknown_option_of_the_address(tmp_path: Path, option: str) -> None:
    with pytest.raises(StorageError, match="unknown option") as caught:
        await Database.open(f"postgresql://user@/name?host={tmp_path}&{option}", tmp_path)
    assert "hunter2" not in str(caught.value)


def test_where_sqlite_has_its_file(tmp_path: Path) -> None:
    assert sqlite_file(None, tmp_path) == tmp_path / "speko.sqlite3"
    assert sqlite_file("sqlite:////x/y.sqlite3", tmp_path) == Path("/x/y.sqlite3")
    options = "ssl=require&prepared_statement_cache_size=0&host=a:1,b:2"
    assert sqlite_file(f"postgresql://user@/name?{options}", tmp_path) is None


async def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="No such file"):
        await Database.open(f"sqlite:///{tmp_path}/missing/x.sqlite3", tmp_path)


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "speko.sqlite3").write_bytes(b"this is not a database" * 100)
    with pytest.raises(StorageError, match="file is not a database"):
        await Database.open(None, tmp_path)


async def test_sqlite_is_set_up_on_every_connection(tmp_path: Path) -> None:
    database = await Database.open(None, tmp_path)
    async with database.read() as one, database.read() as other:
        for connection in (one, other):
            settings = {}
            for pragma in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout"):
                settings[pragma] = (await connection.execute(text(f"PRAGMA {pragma}"))).scalar_one()
            assert settings == {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1, "busy_timeout": 5000}
    await database.close()


async def test_the_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    database = await Database.open(None, tmp_path)
    assert database.is_sqlite
    files = _files(tmp_path)
    assert {file.name for file in files} >= {"speko.sqlite3", "speko.sqlite3-wal"}
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    await database.close()


async def test_a_failed_write_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.write() as connection:
            await connection.execute(text("UPDATE directory_revision SET revision = 99"))
            raise ZeroDivisionError
    async with database.read() as connection:
        assert (await connection.execute(text("SELECT revision FROM directory_revision"))).scalar_one() == 0


async def test_writers_wait_for_each_other(database: Database) -> None:
    async def add() -> None:
        async with database.write() as connection:
            await connection.execute(text("UPDATE directory_revision SET revision = revision + 1"))

    await asyncio.gather(*(add() for _ in range(20)))
    async with database.read() as connection:
        assert (await connection.execute(text("SELECT revision FROM directory_revision"))).scalar_one() == 20


async def test_a_reader_sees_one_state_while_a_writer_writes(tmp_path: Path) -> None:
    database = await Database.open(None, tmp_path)
    query = text("SELECT revision FROM directory_revision")
    async with database.read() as reader:
        assert (await reader.execute(query)).scalar_one() == 0
        async with database.write() as writer:
            await writer.execute(text("UPDATE directory_revision SET revision = 1"))
        assert (await reader.execute(query)).scalar_one() == 0
    async with database.read() as reader:
        assert (await reader.execute(query)).scalar_one() == 1
    await database.close()


async def test_an_error_shows_no_values(database: Database) -> None:
    with pytest.raises(StorageError) as caught:
        async with database.write() as connection:
            await connection.execute(text("SELECT :value FROM missing"), {"value": "hunter2"})
    assert "hunter2" not in f"{caught.value} {caught.value.__cause__}"


async def test_nothing_is_left_open(tmp_path: Path) -> None:
    database = await Database.open(None, tmp_path)
    await database.close()
    # The last connection that closes takes the write-ahead log away.
    assert [file.name for file in _files(tmp_path)] == ["speko.sqlite3"]
    with sqlite3.connect(tmp_path / "speko.sqlite3") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
