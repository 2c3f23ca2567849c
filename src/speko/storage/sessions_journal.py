"""Writes down what happens in live sessions, behind their backs."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import Text, bindparam, func, update

from speko.realtime.actions import Spoken, TurnRecord
from speko.storage import tables
from speko.storage.batch_writer import BATCH_ROWS, BATCH_SECONDS, BatchWriter, Queue
from speko.storage.database import Database
from speko.storage.records import new_id
from speko.storage.sessions_changes import SessionChanges
from speko.storage.sessions_outlived import marked, of_a_session
from speko.storage.sessions_records import Turn
from speko.storage.sessions_rows import Values, timing_values, turn_values

_COUNTED = 10_000
"""Sessions of which it is known how many utterances they have: the ones that spoke last."""
_LONGEST_TEXT = 16_384


def _new_or_kept(column: str) -> Any:
    """The value that came, else what stands there."""
    kept = tables.sessions.c[column]
    return func.coalesce(bindparam(f"new_{column}", type_=kept.type), kept)


def _kept_or_new(column: str) -> Any:
    """What stands there, else the value that came."""
    kept = tables.sessions.c[column]
    return func.coalesce(kept, bindparam(f"new_{column}", type_=kept.type))


_CHANGE = (
    update(tables.sessions)
    # What is over stays as it ended.
    .where(
        tables.sessions.c.id == bindparam("session_id", type_=Text),
        tables.sessions.c.status.not_in(("ended", "failed")),
    )
    .values(
        {name: _new_or_kept(name) for name in ("status", "provider", "model", "ended_at", "end_reason")}
        | {"ready_at": _kept_or_new("ready_at")}
    )
)
_NO_CHANGE: Values = {
    f"new_{name}": None for name in ("status", "provider", "model", "ended_at", "end_reason", "ready_at")
}


class Entry(Struct, frozen=True):
    """One thing that happened."""

    session_id: str
    kind: Literal["change", "timing", "words"]
    values: Values


class Entries(list[Entry]):
    """A batch, in the order in which it happened."""

    @property
    def rows(self) -> int:
        """All of them."""
        return len(self)

    def one_by_one(self) -> Iterator["Entries"]:
        """Each on its own."""
        for entry in self:
            yield Entries([entry])


class Journal(BatchWriter[Entries]):
    """What becomes of sessions, in order. Its methods return at once; when too much waits, the oldest is dropped."""

    def __init__(
        self,
        database: Database,
        changes: SessionChanges,
        now: Callable[[], datetime],
        first_backoff: float = BATCH_SECONDS,
    ) -> None:
        self._database = database
        self._changes = changes
        self._now = now
        self._entries: Queue[Entry] = Queue()
        self._utterances: OrderedDict[str, int] = OrderedDict()
        # Another process may have deleted the session meanwhile.
        timings, words = tables.session_turn_timings, tables.session_transcript
        self._insert_timings = of_a_session(database.insert_or_replace(timings), timings)
        self._insert_words = of_a_session(database.insert_or_replace(words, "id"), words)
        super().__init__("session rows", (self._entries,), first_backoff)

    def active(self, session_id: str, provider: str, model: str) -> None:
        """An engine is ready: the first one, or another that has taken over."""
        self._change(session_id, status="active", provider=provider, model=model, ready_at=self._now())

    def ended(self, session_id: str, status: Literal["ended", "failed"], reason: str) -> None:
        """The session is over; how it ended first is what counts."""
        self._change(session_id, status=status, end_reason=reason, ended_at=self._now())

    def turn(self, session_id: str, record: TurnRecord) -> None:
        """The timings of a turn; those of an index that was told before are replaced."""
        self._add(Entry(session_id, "timing", timing_values(session_id, record)))

    def words(self, session_id: str, spoken: Spoken, provider: str | None, model: str | None) -> None:
        """Final words. They are numbered here, from 0 in each session; empty ones do not count."""
        if not spoken.text:
            return
        index = self._utterances.get(session_id, 0)
        self._utterances[session_id] = index + 1
        self._utterances.move_to_end(session_id)
        if len(self._utterances) > _COUNTED:
            self._utterances.popitem(last=False)
        turn = Turn(
            id=new_id("turn"),
            index=index,
            source="user" if spoken.role == "user" else "agent",
            text=spoken.text[:_LONGEST_TEXT],
            started_at=spoken.started_at,
            ended_at=spoken.ended_at,
            provider=provider,
            model=model,
            latency_status=spoken.latency_status,
        )
        self._add(Entry(session_id, "words", turn_values(session_id, turn)))

    def _change(self, session_id: str, **values: object) -> None:
        named = {f"new_{name}": value for name, value in values.items()}
        self._add(Entry(session_id, "change", {"session_id": session_id, **_NO_CHANGE, **named}))

    def _add(self, entry: Entry) -> None:
        self._entries.append(entry)
        if len(self._entries) >= self._crowded_at:
            self._crowded()

    def _take(self) -> Entries:
        return Entries(self._entries.take(BATCH_ROWS))

    def _drop(self, excess: int) -> None:
        self._entries.take(excess)

    async def _write(self, batch: Entries) -> None:
        # The three kinds touch different tables, so it is enough that each is in order.
        values: dict[str, list[Values]] = {"timing": [], "words": [], "change": []}
        for entry in batch:
            values[entry.kind].append(entry.values)
        async with self._database.write() as connection:
            if timings := values["timing"]:
                await connection.execute(self._insert_timings, [marked(row) for row in timings])
            if words := values["words"]:
                await connection.execute(self._insert_words, [marked(row) for row in words])
            if changes := values["change"]:
                await connection.execute(_CHANGE, changes)
        for session_id in {entry.session_id for entry in batch}:
            self._changes.changed(session_id)
