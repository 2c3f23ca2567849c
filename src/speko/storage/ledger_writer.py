"""Writes the two ledgers down in batches, behind the requests' backs.

A row is in the database about 250 ms after it was added, as long as the database keeps up. A clean stop loses none.
When the process is killed, what was not committed is lost: the rows of that quarter of a second, or one batch.
"""

import asyncio
import contextlib
import logging
from collections import deque
from datetime import datetime
from typing import TypeVar

from speko.routing.ledger import AttemptRow, UsageRow
from speko.storage.database import Database
from speko.storage.errors import StorageError
from speko.storage.ledger_batch import Batch, is_rows_fault, write_batch

BATCH_SECONDS = 0.25
BATCH_ROWS = 500
MOST_ROWS = 100_000
"""Ledger rows that wait in memory at most. Beyond, the oldest attempts are dropped, and usage only when there are no
attempts left to drop."""
BEHIND_ROWS = 10_000
"""Rows waiting from which the writer counts as behind."""
ANSWER_SECONDS = 10.0
"""How long `flush` and `close` wait for the database."""
LONGEST_BACKOFF = 5.0

Row = TypeVar("Row")
logger = logging.getLogger(__name__)


class _Queue(deque[Row]):
    """Rows that wait, oldest first."""

    left = 0
    """Rows that were taken or dropped so far."""

    def take(self, most: int) -> list[Row]:
        """Removes the oldest rows."""
        count = min(most, len(self))
        self.left += count
        return [self.popleft() for _ in range(count)]


class LedgerWriter:
    """The ledger as the attempt loop sees it. All methods belong to the event loop's thread.

    A row that was handed over must not change any more.
    """

    def __init__(self, database: Database, first_backoff: float = BATCH_SECONDS) -> None:
        self._database = database
        self._first_backoff = first_backoff
        self._attempts: _Queue[AttemptRow] = _Queue()
        self._usage: _Queue[UsageRow] = _Queue()
        self._touches: dict[str, datetime] = {}
        self._in_flight = 0
        self._crowded_at = BATCH_ROWS
        self._wake = asyncio.Event()
        self._flushes: list[tuple[int, int, asyncio.Future[None]]] = []
        self._closing = False
        self._overflowing = False
        self._task: asyncio.Task[None] | None = None
        self.written = 0
        """Rows written since the start."""
        self.dropped = 0
        """Rows lost since the start: too many, refused by the database, or left over at the end."""
        self.problem: str | None = None
        """Why rows are not written at the moment."""

    @property
    def backlog(self) -> int:
        """Rows that are not written yet."""
        return len(self._attempts) + len(self._usage) + self._in_flight

    @property
    def behind(self) -> bool:
        """Whether rows are not written at the moment, or too slowly."""
        return self.problem is not None or self.backlog >= BEHIND_ROWS

    def attempt(self, row: AttemptRow) -> None:
        """Adds an attempt without waiting."""
        self._attempts.append(row)
        if len(self._attempts) + len(self._usage) >= self._crowded_at:
            self._crowded()

    def usage(self, row: UsageRow) -> None:
        """Adds what a call served, without waiting."""
        self._usage.append(row)
        if len(self._attempts) + len(self._usage) >= self._crowded_at:
            self._crowded()

    def key_used(self, key_id: str, at: datetime) -> None:
        """Notes when an API key was last used. Only the last time counts."""
        self._touches[key_id] = at

    def start(self) -> None:
        """Begins to write."""
        self._task = asyncio.create_task(self._run(), name="ledger writer")

    async def flush(self) -> None:
        """Waits until every row added so far is written or dropped; raises StorageError after 10 s."""
        if not self.backlog:
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._flushes.append((self._attempts.left + len(self._attempts), self._usage.left + len(self._usage), done))
        self._wake.set()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await done
        except TimeoutError:
            raise StorageError("The database does not take the waiting ledger rows.") from None

    async def close(self) -> None:
        """Writes what is left, for 10 s at most, and stops. Rows added afterwards are dropped."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ANSWER_SECONDS):
                    await self._task
        self._crowded_at = 0
        if self.backlog:
            logger.error("Ledger rows were lost: the database was away at the end", extra={"rows": self.backlog})
            self.dropped += self.backlog

    async def _run(self) -> None:
        while not (self._closing and not self.backlog and not self._touches):
            await self._pause()
            batch = self._take()
            self._in_flight = len(batch.attempts) + len(batch.usage)
            if batch:
                await self._settle(batch)
            self._in_flight = 0
            self._overflowing = self._overflowing and self.backlog > 0
            self._release_flushes()

    async def _pause(self) -> None:
        """Until it is time for the next batch."""
        if self._closing or self._flushes or self.backlog >= BATCH_ROWS:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(BATCH_SECONDS):
                await self._wake.wait()
        self._wake.clear()

    def _take(self) -> Batch:
        usage = self._usage.take(BATCH_ROWS)
        attempts = self._attempts.take(BATCH_ROWS - len(usage))
        touches, self._touches = list(self._touches.items()), {}
        return Batch(attempts=attempts, usage=usage, touches=touches)

    async def _settle(self, batch: Batch) -> None:
        """Returns when each row is written or refused."""
        backoff = self._first_backoff
        while True:
            try:
                await write_batch(self._database, batch)
            except Exception as error:  # whatever it is: the writer has to live on
                cause = error.__cause__ or error
                if is_rows_fault(cause):
                    break
                self._report(cause)
                await asyncio.sleep(backoff)
                backoff = min(2 * backoff, LONGEST_BACKOFF)
            else:
                self._report(None)
                self.written += len(batch.attempts) + len(batch.usage)
                return
        if len(batch) == 1:
            self._report(None)
            self.dropped += 1
            logger.error("The database refused a ledger row; it is lost", extra={"error": type(cause).__name__})
        else:
            for single in batch.one_by_one():
                await self._settle(single)

    def _release_flushes(self) -> None:
        waiting = []
        for attempts, usage, done in self._flushes:
            if self._attempts.left >= attempts and self._usage.left >= usage:
                if not done.done():
                    done.set_result(None)
            elif not done.done():
                waiting.append((attempts, usage, done))
        self._flushes = waiting

    def _crowded(self) -> None:
        """A whole batch is waiting, or nobody writes any more."""
        self._wake.set()
        excess = len(self._attempts) + len(self._usage) - (MOST_ROWS if self._crowded_at else 0)
        if excess <= 0:
            return
        lost = self._attempts.take(excess)
        self._usage.take(excess - len(lost))
        self.dropped += excess
        if not self._overflowing:
            logger.error("Ledger rows are dropped, oldest attempts first", extra={"closed": not self._crowded_at})
        self._overflowing = True

    def _report(self, cause: BaseException | None) -> None:
        """Logs the beginning and the end of an outage, and nothing in between."""
        if cause is not None and self.problem is None:
            logger.error(
                "The database does not take ledger rows; they wait in memory", extra={"error": type(cause).__name__}
            )
        elif cause is None and self.problem is not None:
            logger.info("The database takes ledger rows again", extra={"dropped": self.dropped})
        self.problem = None if cause is None else "ledger rows cannot be written"
