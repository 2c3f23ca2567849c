"""The connection to the database: SQLite (WAL) by default, PostgreSQL for several workers or machines."""

import asyncio
import contextlib
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from inspect import signature
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import URL, Connection, Insert, Table, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from speko.storage.errors import StorageError
from speko.storage.migrations import migrate
from speko.storage.single_process import OneProcess

FILE_NAME = "speko.sqlite3"
BUSY_TIMEOUT_MS = 5_000
ANSWER_TIMEOUT = 10.0
"""Seconds to connect to PostgreSQL, and for one statement there."""

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}
_POSTGRESQL_OPTIONS = frozenset((*signature(asyncpg.connect).parameters, "prepared_statement_cache_size"))
"""What may stand behind the `?`: what asyncpg takes, and one that SQLAlchemy takes for itself."""
_PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
    "PRAGMA journal_mode=WAL",
    # In WAL mode a commit then survives the death of the process; a power cut may cost the last few.
    "PRAGMA synchronous=NORMAL",
    "PRAGMA foreign_keys=ON",
)
_IN_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (asyncpg.InvalidPasswordError, "the password is wrong, or there is no such user"),
    (asyncpg.InvalidAuthorizationSpecificationError, "this user may not log in from here"),
    (asyncpg.InvalidCatalogNameError, "there is no database of that name"),
    (asyncpg.InsufficientPrivilegeError, "this user may not do what is needed there"),
    (asyncpg.TooManyConnectionsError, "it has too many connections already"),
    (asyncpg.CannotConnectNowError, "it starts or stops"),
    (TimeoutError, "no answer in time"),
    (ConnectionRefusedError, "nobody listens there"),
)
"""What errors of PostgreSQL's mean; their own texts may quote the address."""
T = TypeVar("T")
AWAY = (SQLAlchemyError, OSError, TimeoutError)
"""What a database that is not there, or not well, raises."""


class Database:
    """A pool of connections, with explicit read and write transactions."""

    def __init__(self, url: URL) -> None:
        self.is_sqlite = url.get_backend_name() == "sqlite"
        # Statements show in error texts, values never.
        self._engine = _sqlite_engine(url) if self.is_sqlite else _postgresql_engine(url)
        # SQLite's plain BEGIN takes the write lock at the first write and can fail there at once, whatever
        # busy_timeout says; a transaction that is going to write takes it at the start.
        self._writing = self._engine.execution_options(speko_begin="BEGIN IMMEDIATE")
        self._working: set[asyncio.Task[Any]] = set()
        # Who waits for SQLite's write lock looks again every few, then every hundred milliseconds; in one process we
        # can queue: twenty writers at once take 25 ms in place of 350.
        self._turn = asyncio.Lock() if self.is_sqlite else contextlib.nullcontext()
        self._held = contextlib.ExitStack()

    @classmethod
    async def open(cls, url: str | None, data: Path) -> "Database":
        """Connects and migrates. `url` None = the file `speko.sqlite3` in the data folder.

        Raises:
            StorageError: the address cannot be read, or the database not be reached or migrated.
        """
        address = _address(url, data)
        try:
            database = cls(address)
        except (SQLAlchemyError, OSError, TypeError, ValueError) as error:
            raise StorageError(f"The database {_shown(address)} cannot be used: {_reason(error)}.") from error
        try:
            await database._migrate()
        except StorageError:
            await database.close()
            raise
        except (*AWAY, ValueError, TypeError) as error:
            await database.close()
            raise StorageError(
                f"The database {_shown(address)} does not open: {_reason(error)}. Check that it runs, that "
                "SPEKO_DATABASE_URL is right, and that this user may read and write it."
            ) from error
        return database

    async def _migrate(self) -> None:
        """Migrates; waits for others who open a new SQLite file at the same moment, since the change to WAL fails at
        once then, whatever busy_timeout says."""
        give_up = time.monotonic() + BUSY_TIMEOUT_MS / 1e3
        while True:
            try:
                async with self._writing.begin() as connection:
                    await connection.run_sync(migrate)
            except OperationalError as error:
                if getattr(error.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                    raise
                await asyncio.sleep(0.05)
            else:
                return

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads; raises StorageError when the database does not answer."""
        try:
            async with self._engine.connect() as connection:
                yield connection
        except AWAY as error:
            raise StorageError("The database does not answer.") from error

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that writes: committed at the end, rolled back on an exception; raises StorageError when the
        database does not answer or refuses."""
        try:
            async with self._turn, self._writing.begin() as connection:
                yield connection
        except AWAY as error:
            raise StorageError("The database does not answer or refuses the change.") from error

    async def serve_alone(self) -> None:
        """Holds the lock on SQLite's file until `close`; other databases need none.

        Raises:
            StorageError: another process holds it.
        """
        if not self.is_sqlite:
            return
        async with self.read() as connection:
            # As SQLite has opened it: two names of one file are one database, and one in memory has no file.
            named = await connection.exec_driver_sql("SELECT file FROM pragma_database_list WHERE name = 'main'")
            file: str | None = named.scalar_one()
        if file:
            self._held.enter_context(OneProcess(Path(file)))

    async def to_its_end(self, work: Coroutine[Any, Any, T]) -> T:
        """Awaits work that goes on when whoever waits for it is cancelled.

        A statement that is cancelled costs its connection, and one that is cancelled twice leaves a task behind that
        cannot be ended any more (SQLAlchemy 2.1 with aiosqlite 0.22: a closed connection waits for its thread).
        """
        task = asyncio.create_task(work)
        self._working.add(task)
        task.add_done_callback(self._working.discard)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Closes all connections, when what was to go on has ended."""
        await asyncio.gather(*self._working, return_exceptions=True)
        await self._engine.dispose()
        self._held.close()

    def insert_new(self, table: Table) -> Insert:
        """An INSERT that passes over rows whose primary key is there already."""
        return self._insert(table).on_conflict_do_nothing(index_elements=list(table.primary_key))

    def insert_or_replace(self, table: Table, *kept: str) -> Insert:
        """An INSERT that replaces a row whose primary key is there already, but for the columns `kept`."""
        insert = self._insert(table)
        fresh = {c.name: insert.excluded[c.name] for c in table.c if not c.primary_key and c.name not in kept}
        return insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=fresh)

    def _insert(self, table: Table) -> "sqlite.Insert | postgresql.Insert":
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)


def is_sqlite(url: str | None) -> bool:
    """Whether a database URL means SQLite. Raises StorageError for one that can never work."""
    return sqlite_file(url, Path()) is not None


def sqlite_file(url: str | None, data: Path) -> Path | None:
    """Where SQLite's file is or will be; None = the URL means another database. Raises StorageError for one that can
    never work."""
    address = _address(url, data)
    return Path(str(address.database)).absolute() if address.get_backend_name() == "sqlite" else None


def _address(url: str | None, data: Path) -> URL:
    if url is None:
        return URL.create("sqlite+aiosqlite", database=str((data / FILE_NAME).absolute()))
    try:
        parsed = make_url(url)
        driver = _DRIVERS.get(parsed.drivername)
    except (ArgumentError, ValueError):
        driver = None
    if driver is None:
        raise StorageError(
            "The database URL cannot be read. It looks like postgresql://user:password@host:5432/name or "
            "sqlite:////absolute/path.sqlite3."
        )
    if driver.startswith("sqlite") and parsed.database in (None, "", ":memory:"):
        raise StorageError("A SQLite database needs a file: sqlite:////absolute/path.sqlite3.")
    if driver.startswith("postgresql") and not _POSTGRESQL_OPTIONS.issuperset(parsed.query):
        raise StorageError("The database URL has an unknown option after its `?`. TLS is asked for with ?ssl=require.")
    return parsed.set(drivername=driver)


def _sqlite_engine(url: URL) -> AsyncEngine:
    # Readable by its owner alone; the files of the write-ahead log inherit that.
    os.close(os.open(str(url.database), os.O_RDWR | os.O_CREAT, 0o600))
    engine = create_async_engine(url, hide_parameters=True)

    @event.listens_for(engine.sync_engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        # The driver then never begins or commits on its own, DDL included: SQLAlchemy does.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("speko_begin", "BEGIN"))

    return engine


def _postgresql_engine(url: URL) -> AsyncEngine:
    limits = {"timeout": ANSWER_TIMEOUT, "command_timeout": ANSWER_TIMEOUT}
    return create_async_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=limits)


def _shown(address: URL) -> str:
    """Where it is, without user, password and options."""
    if address.get_backend_name() == "sqlite":
        return f"{address.database}"
    return f"{address.host or 'localhost'}:{address.port or 5432}/{address.database or ''}"


def _reason(error: BaseException) -> str:
    """What went wrong in a few words. Drivers' own texts may quote the address, so only the operating system's and
    SQLite's are taken over."""
    cause = getattr(error, "orig", None)
    for of in (error, cause, getattr(cause, "__cause__", None)):
        if words := next((words for kind, words in _IN_WORDS if isinstance(of, kind)), None):
            return words
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if cause is not None and type(cause).__module__.startswith("sqlite3"):
        return str(cause)
    return type(cause or error).__name__
