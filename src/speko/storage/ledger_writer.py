"""Writes the two ledgers down in batches, behind the requests' backs."""

from datetime import datetime

from speko.routing.ledger import AttemptRow, UsageRow
from speko.storage.batch_writer import BATCH_ROWS, BATCH_SECONDS, BatchWriter, Queue
from speko.storage.database import Database
from speko.storage.ledger_batch import Batch, write_batch


class LedgerWriter(BatchWriter[Batch]):
    """The ledger as the attempt loop sees it. When too much waits, the oldest attempts are dropped, and usage only when
    there are no attempts left to drop.

    A row that was handed over must not change any more.
    """

    def __init__(self, database: Database, first_backoff: float = BATCH_SECONDS) -> None:
        self._database = database
        self._attempts: Queue[AttemptRow] = Queue()
        self._usage: Queue[UsageRow] = Queue()
        self._touches: dict[str, datetime] = {}
        super().__init__("ledger rows", (self._attempts, self._usage), first_backoff)

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

    def _take(self) -> Batch:
        usage = self._usage.take(BATCH_ROWS)
        attempts = self._attempts.take(BATCH_ROWS - len(usage))
        touches, self._touches = list(self._touches.items()), {}
        return Batch(attempts=attempts, usage=usage, touches=touches)

    async def _write(self, batch: Batch) -> None:
        await write_batch(self._database, batch)

    def _drop(self, excess: int) -> None:
        lost = self._attempts.take(excess)
        self._usage.take(excess - len(lost))

    def _has_more(self) -> bool:
        return bool(self._touches)
