import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from speko.storage import migrations, tables
from speko.storage.database import Database
from speko.storage.errors import StorageError
from speko.storage.migrations import migrate

VERSIONS = Path(migrations.__file__).parent / "versions"


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, tables.metadata))


@asynccontextmanager
async def _at_revision(revision: str, url: str) -> AsyncIterator[AsyncConnection]:
    """A database that an older version has made."""
    driver = url.replace("sqlite:", "sqlite+aiosqlite:").replace("postgresql:", "postgresql+asyncpg:")
    engine = create_async_engine(driver)
    async with engine.begin() as connection:
        await connection.run_sync(migrate, revision)
        yield connection
    await engine.dispose()


def _primary_keys(connection: Connection) -> dict[str, object]:
    return {name: inspect(connection).get_pk_constraint(name)["name"] for name in tables.metadata.tables}


async def test_a_fresh_database_is_what_the_tables_say(database: Database) -> None:
    async with database.read() as connection:
        assert await connection.run_sync(_differences) == []
        assert await connection.run_sync(_primary_keys) == {
            name: table.primary_key.name for name, table in tables.metadata.tables.items()
        }


async def test_the_comparison_sees_a_difference(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(text("DROP TABLE attempts"))
        assert await connection.run_sync(_differences) != []


async def test_running_twice_is_harmless(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(text("UPDATE directory_revision SET revision = 7"))
    for _ in range(2):
        async with database.write() as connection:
            await connection.run_sync(migrate)
    async with database.read() as connection:
        assert (await connection.execute(text("SELECT revision FROM directory_revision"))).scalars().all() == [7]
        assert (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalars().all() == ["0003"]


async def test_several_at_once(database_url: str, tmp_path: Path) -> None:
    opened = await asyncio.gather(*(Database.open(database_url, tmp_path) for _ in range(5)))
    async with opened[0].read() as connection:
        assert await connection.run_sync(_differences) == []
        assert (await connection.execute(text("SELECT count(*) FROM directory_revision"))).scalar_one() == 1
    for database in opened:
        await database.close()


async def test_a_database_of_a_newer_version_is_refused(database: Database, database_url: str, tmp_path: Path) -> None:
    async with database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageError, match="newer version"):
        await Database.open(database_url, tmp_path)


def test_migrations_are_numbered_without_a_gap() -> None:
    names = sorted(path.name for path in VERSIONS.glob("*.py"))
    assert all(re.fullmatch(r"\d{4}_[a-z0-9_]+\.py", name) for name in names)
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))


async def test_what_was_there_before_sessions_stays(database_url: str, tmp_path: Path) -> None:
    async with _at_revision("0001", database_url) as connection:
        columns = "id, request_id, organization_id, endpoint, modality, position, provider, model, key_source, outcome"
        more = "started_at, total_ms, audio_ms, characters, input_tokens, output_tokens, cached_tokens, estimated"
        values = "'a', 'r', 'o', 'e', 'llm', 0, 'p', 'm', 'BYOK', 'served', '2026-01-01 00:00:00', 1, 2, 3, 4, 5, 6"
        row = f"INSERT INTO attempts ({columns}, {more}, cost_micro_usd) VALUES ({values}, true, 7)"  # noqa: S608
        await connection.execute(text(row))
    database = await Database.open(database_url, tmp_path)
    async with database.read() as connection:
        assert await connection.run_sync(_differences) == []
        tokens = "input_tokens, input_audio_tokens, output_audio_tokens, cached_audio_tokens"
        found = await connection.execute(text(f"SELECT {tokens} FROM attempts"))  # noqa: S608
        assert found.all() == [(4, 0, 0, 0)]
    await database.close()
