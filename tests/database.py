"""Which database tests of a whole gateway use: SQLite in their data folder or, with `SPEKO_TEST_DATABASE=postgresql`, a
PostgreSQL server of the test run's own, with a database for each data folder.

Databases are taken from a pool: a new one costs 0.1 s and 7 MB, and an emptied one 5 ms.
"""

import asyncio
import atexit
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import delete

from speko.storage.tables import metadata
from tests.storage.postgres import PostgresServer, server_programs

POSTGRESQL = os.environ.get("SPEKO_TEST_DATABASE", "sqlite") == "postgresql"
_EMPTY = ";".join(
    [
        "SET lock_timeout = '2s'",
        *(str(delete(table)) for table in reversed(metadata.sorted_tables) if table.name != "directory_revision"),
        "UPDATE directory_revision SET revision = 0",
    ]
)


def url_for(data: Path) -> str | None:
    """The database of a data folder, as the setting `database_url` takes it; empty where the folder is new to the test,
    and the same for as long as the test lasts."""
    return databases().url_for(data) if POSTGRESQL else None


class Databases:
    """A server with databases for tests."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._clean: list[str] = []
        self._used: dict[Path, str] = {}
        self._made = 0

    def url_for(self, data: Path) -> str:
        """The database of a data folder."""
        key = data.resolve()
        if key not in self._used:
            self._used[key] = self._clean.pop() if self._clean else self._new()
        return self._server.url(self._used[key])

    def fresh(self) -> str:
        """One that nobody has opened yet, without tables; used by one test, and by no other after it."""
        return self._server.url(self._new())

    def release(self) -> None:
        """The test is over: its databases are emptied for others."""
        for data, name in list(self._used.items()):
            del self._used[data]
            try:
                self._execute(name, _EMPTY)
            except asyncpg.PostgresError:
                continue  # it was never migrated, or somebody is still in it: it is used no more
            self._clean.append(name)

    def _new(self) -> str:
        self._made += 1
        name = f"test_{self._made}"
        self._execute("postgres", f"CREATE DATABASE {name}")
        return name

    def _execute(self, database: str, sql: str) -> None:
        # In a loop of its own: whoever asks may have one that is running.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, self._executed(database, sql)).result()

    async def _executed(self, database: str, sql: str) -> None:
        connection = await asyncpg.connect(host=str(self._server.folder), user="speko", database=database)
        try:
            await connection.execute(sql)
        finally:
            await connection.close()


_databases: list[Databases] = []


def databases() -> Databases:
    """Those of this test run; the server is started when the first is asked for, and ends with the run."""
    if not _databases:
        programs = server_programs()
        if programs is None:
            pytest.skip("PostgreSQL's server programs are not installed")
        server = PostgresServer(programs)
        server.start()
        atexit.register(server.remove)
        _databases.append(Databases(server))
    return _databases[0]


def release() -> None:
    """To be called after each test."""
    for one in _databases:
        one.release()
