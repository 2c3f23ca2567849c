"""Keeps the directory in step with the database."""

import asyncio
import contextlib
import logging

from speko.storage.database import Database
from speko.storage.directory import Contents, Directory
from speko.storage.errors import StorageError
from speko.storage.loading import read_contents, read_revision
from speko.storage.master_key import MasterKeys

POLL_SECONDS = 0.5
"""Half of what is promised, so that a revoked key is one everywhere within a second."""
ANSWER_TIMEOUT = 10.0
"""Seconds until a poll counts as failed; longer than SQLite waits for a lock."""
logger = logging.getLogger(__name__)


class DirectoryWatch:
    """Loads the directory at once on demand, and whenever a poll sees that the revision has moved.

    While the database is away the directory serves what it has, and `problem` says so.
    """

    def __init__(self, database: Database, keys: MasterKeys, directory: Directory) -> None:
        self._database = database
        self._keys = keys
        self._directory = directory
        self._one_at_a_time = asyncio.Lock()
        self.problem: str | None = None

    async def load(self) -> None:
        """Reads the directory from the database; raises StorageError."""
        async with self._one_at_a_time:
            await asyncio.to_thread(self._keys.reread)
            contents = await self._read()
            if contents.unreadable:
                # A master key is in the file before the first row is encrypted with it.
                changed = await asyncio.to_thread(self._keys.reread)
                contents = await self._read() if changed else contents
            self._take(contents)

    async def _read(self) -> Contents:
        async with self._database.read() as connection:
            return await read_contents(connection, self._keys.box)

    async def refresh(self) -> None:
        """Loads after a change of our own. A failure is left to the next poll: the change itself is committed."""
        try:
            await self.load()
        except StorageError as error:
            self._report(error)

    async def run(self, stop: asyncio.Event) -> None:
        """Polls until `stop` is set."""
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await stop.wait()
                break
            try:
                async with asyncio.timeout(ANSWER_TIMEOUT):
                    await self._poll()
            except Exception as error:  # a poll that ends for good would let revoked keys live on
                self._report(error)
            else:
                self._report(None)

    async def _poll(self) -> None:
        async with self._database.read() as connection:
            revision = await read_revision(connection)
        if revision != self._directory.revision:
            await self.load()
        self._directory.confirmed()

    def _take(self, contents: Contents) -> None:
        if contents.unreadable - self._directory.unreadable:
            logger.error(
                "Stored vendor keys cannot be decrypted with this master key; their vendors cannot be used there",
                extra={"vendor_key_ids": sorted(contents.unreadable)},
            )
        self._directory.replace(contents)

    def _report(self, error: Exception | None) -> None:
        """Logs the beginning and the end of an outage, and nothing in between."""
        if error is not None and self.problem is None:
            logger.error(
                "The database does not answer; serving from memory",
                extra={"error": type(error.__cause__ or error).__name__},
            )
        elif error is None and self.problem is not None:
            logger.info("The database answers again")
        self.problem = None if error is None else "the database does not answer"
