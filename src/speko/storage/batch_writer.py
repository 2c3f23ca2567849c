"""Writes rows down in batches, behind the backs of those who make them.

A row is in the database about 250 ms after it was added, as long as the database keeps up. A clean stop loses none.
When the process is killed, what was not committed is lost: the rows of that quarter of a second, or one batch.
"""

import asyncio
import contextlib
import logging
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator
from typing import Any, Generic, Protocol, Self, TypeVar

from speko.storage.errors import StorageError
from speko.storage.refusals import is_rows_fault

BATCH_SECONDS = 0.25
BATCH_ROWS = 500
MOST_ROWS = 100_000
"""Rows that wait in memory at most; beyond, some are dropped."""
BEHIND_ROWS = 10_000
"""Rows waiting from which a writer counts as behind."""
ANSWER_SECONDS = 10.0
"""How long `flush` and `close` wait for the database."""
LONGEST_BACKOFF = 5.0

Row = TypeVar("Row")
logger = logging.getLogger(__name__)


class Queue(deque[Row]):
    """Rows that wait, oldest first."""

    left = 0
    """Rows that were taken or dropped so far."""

    def take(self, most: int) -> list[Row]:
        """Removes the oldest rows."""
        count = min(most, len(self))
        self.left += count
        return [self.popleft() for _ in range(count)]


class RowBatch(Protocol):
    """Rows that are written in one transaction."""

    @property
    def rows(self) -> int:
        """How many of them count as rows."""

    def __len__(self) -> int: ...

    def one_by_one(self) -> Iterator[Self]:
        """The same, each on its own, in order."""


B = TypeVar("B", bound=RowBatch)


class BatchWriter(ABC, Generic[B]):
    """Base of the writers; they say what a batch is, how it is written, and what goes first when there is too much. All
    methods belong to the event loop's thread.

    Args:
        what: what the rows are, for people: `ledger rows`.
        queues: where the rows wait.
        first_backoff: seconds until the first retry.
    """

    def __init__(self, what: str, queues: tuple[Queue[Any], ...], first_backoff: float) -> None:
        self._what = what
        self._queues = queues
        self._first_backoff = first_backoff
        self._in_flight = 0
        self._crowded_at = BATCH_ROWS
        """Rows waiting from which `_crowded` is called; 0 = nobody writes any more."""
        self._wake = asyncio.Event()
        self._flushes: list[tuple[tuple[int, ...], asyncio.Future[None]]] = []
        self._closing = False
        self._overflowing = False
        self._task: asyncio.Task[None] | None = None
        self.written = 0
        """Rows written since the start."""
        self.dropped = 0
        """Rows lost since the start: too many, refused by the database, or left over at the end."""
        self.problem: str | None = None
        """Why rows are not written at the moment."""

    @abstractmethod
    def _take(self) -> B:
        """The next batch, of `BATCH_ROWS` rows at most; may be empty."""

    @abstractmethod
    async def _write(self, batch: B) -> None:
        """Writes all of it or nothing, and can be repeated when a commit went unheard. Raises StorageError."""

    @abstractmethod
    def _drop(self, excess: int) -> None:
        """Takes so many rows out of the queues: those that will be missed least."""

    def _has_more(self) -> bool:
        """Whether anything is left to write that does not count as a row."""
        return False

    @property
    def _waiting(self) -> int:
        return sum(map(len, self._queues))

    @property
    def backlog(self) -> int:
        """Rows that are not written yet."""
        return self._waiting + self._in_flight

    @property
    def behind(self) -> bool:
        """Whether rows are not written at the moment, or too slowly."""
        return self.problem is not None or self.backlog >= BEHIND_ROWS

    def start(self) -> None:
        """Begins to write."""
        self._task = asyncio.create_task(self._run(), name=f"writer of {self._what}")

    async def flush(self) -> None:
        """Waits until every row added so far is written or dropped; raises StorageError after 10 s."""
        if not self.backlog:
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._flushes.append((tuple(queue.left + len(queue) for queue in self._queues), done))
        self._wake.set()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await done
        except TimeoutError:
            raise StorageError(f"The database does not take the waiting {self._what}.") from None

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
            logger.error("Rows were lost: the database was away at the end", extra=self._extra(rows=self.backlog))
            self.dropped += self.backlog

    async def _run(self) -> None:
        while not (self._closing and not self.backlog and not self._has_more()):
            await self._pause()
            batch = self._take()
            self._in_flight = batch.rows
            if len(batch):
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

    async def _settle(self, batch: B) -> None:
        """Returns when each row is written or refused."""
        backoff = self._first_backoff
        while True:
            try:
                await self._write(batch)
            except Exception as error:  # whatever it is: the writer has to live on
                cause = error.__cause__ or error
                if is_rows_fault(cause):
                    break
                self._report(cause)
                await asyncio.sleep(backoff)
                backoff = min(2 * backoff, LONGEST_BACKOFF)
            else:
                self._report(None)
                self.written += batch.rows
                return
        if len(batch) == 1:
            self._report(None)
            self.dropped += 1
            logger.error("The database refused a row; it is lost", extra=self._extra(error=type(cause).__name__))
        else:
            for single in batch.one_by_one():
                await self._settle(single)

    def _release_flushes(self) -> None:
        waiting = []
        for marks, done in self._flushes:
            if all(queue.left >= mark for queue, mark in zip(self._queues, marks, strict=True)):
                if not done.done():
                    done.set_result(None)
            elif not done.done():
                waiting.append((marks, done))
        self._flushes = waiting

    def _crowded(self) -> None:
        """A whole batch is waiting, or nobody writes any more."""
        self._wake.set()
        excess = self._waiting - (MOST_ROWS if self._crowded_at else 0)
        if excess <= 0:
            return
        self._drop(excess)
        self.dropped += excess
        if not self._overflowing:
            logger.error("Rows are dropped: too many wait", extra=self._extra(closed=not self._crowded_at))
        self._overflowing = True

    def _report(self, cause: BaseException | None) -> None:
        """Logs the beginning and the end of an outage, and nothing in between."""
        if cause is not None and self.problem is None:
            logger.error(
                "The database does not take rows; they wait in memory", extra=self._extra(error=type(cause).__name__)
            )
        elif cause is None and self.problem is not None:
            logger.info("The database takes rows again", extra=self._extra(dropped=self.dropped))
        self.problem = None if cause is None else f"{self._what} cannot be written"

    def _extra(self, **attributes: object) -> dict[str, object]:
        return {"of": self._what, **attributes}
