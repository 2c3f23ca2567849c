"""Writes the two ledgers down in batches, behind the requests' backs."""

from datetime import datetime

from speko.routing.ledger import AttemptRow, UsageRow
from speko.storage.batch_writer import BATCH_ROWS, BATCH_SECONDS, BatchWriter, Queue
from speko.storage.database import Database
from speko.storage.ledger_batch import Batch, write_batch
from speko.storage.verdicts import NewVerdicts, Verdict, last_of_each, verdict_of


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
        self._verdicts: Queue[Verdict] = Queue()
        self._news = NewVerdicts()
        super().__init__("ledger rows", (self._attempts, self._usage, self._verdicts), first_backoff)

    def attempt(self, row: AttemptRow) -> None:
        """Adds an attempt without waiting."""
        self._attempts.append(row)
        if row.key_source == "BYOK" and (verdict := verdict_of(row)) and self._news.is_new(verdict):
            self._verdicts.append(verdict)
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

    def key_judged(self, verdict: Verdict) -> None:
        """Notes what a vendor says about an own key outside any call."""
        self._news.note(verdict)
        self._verdicts.append(verdict)

    def _take(self) -> Batch:
        usage = self._usage.take(BATCH_ROWS)
        attempts = self._attempts.take(BATCH_ROWS - len(usage))
        verdicts = last_of_each(self._verdicts.take(BATCH_ROWS))
        touches, self._touches = list(self._touches.items()), {}
        return Batch(attempts=attempts, usage=usage, touches=touches, verdicts=verdicts)

    async def _write(self, batch: Batch) -> None:
        await write_batch(self._database, batch)

    def _drop(self, excess: int) -> None:
        lost = self._attempts.take(excess)
        lost_usage = self._usage.take(excess - len(lost))
        self._verdicts.take(excess - len(lost) - len(lost_usage))

    def _has_more(self) -> bool:
        return bool(self._touches)
