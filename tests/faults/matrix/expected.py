"""What the gateway owes the caller, cell by cell: the course that `rows.py` tells, in the words of the endpoint."""

from dataclasses import replace

from tests.faults.matrix.ends import SILENCE, WHOLE, End
from tests.faults.matrix.engine import ENGINE_ENDS, EVERY_WORD, SILENT_ANSWER
from tests.faults.matrix.rows import Row, Stage
from tests.faults.matrix.runs import Cell, Seen


def expected(cell: Cell) -> Seen:
    """What has to become of a call."""
    row, end = cell.row, cell.end
    engine = end in ENGINE_ENDS
    failed = f"faulty: failed ({cell.cause})"
    course = _engine(row, end, cell.alone, failed) if engine else _one_shot(row, end, cell.alone, failed)
    return replace(
        course,
        breaker=row.breaker,
        rest="" if row.breaker == "none" else "as asked" if row.asks_for_rest else "its own",
        late="" if not row.waits else _late_engine(row) if engine else row.stage,
    )


def _late_engine(row: Row) -> Stage:
    """What stalls in service has begun to answer, as far as anybody can tell."""
    return "mid-stream" if row.in_service else "before the first byte"


def _one_shot(row: Row, end: End, alone: bool, failed: str) -> Seen:
    match "replaced" if row.course == "broken" and end.broken is None else row.course:
        case "served":
            return Seen(WHOLE, "faulty", ("faulty: served",), ("faulty",))
        case "blamed":
            return Seen(end.refused, "", (failed,), ())
        case "broken":
            assert end.broken is not None
            return Seen(end.broken, "faulty", (failed,), ("faulty",))
        case _ if alone:
            return _alone(row, end, failed)
        case _:
            return Seen(WHOLE, "well", (failed, "well: served"), ("well",))


def _alone(row: Row, end: End, failed: str) -> Seen:
    if row.fault == "empty" and end.modality == "stt":
        # Silence that nobody contradicts is an answer.
        return Seen(SILENCE, "faulty", (failed,), ("faulty",))
    return Seen(end.failed, "", (failed,), ())


def _engine(row: Row, end: End, alone: bool, failed: str) -> Seen:
    """A session goes on with another engine also in the middle of an answer. Where there is no other, or none whose
    breaker is closed, the same one has another try, and what the caller hears of both is booked."""
    if row.fault == "empty":
        # Nothing to say is an answer too: nobody else is made to speak in its place.
        return Seen(SILENT_ANSWER, "faulty", ("faulty: served",), ("faulty",))
    if row.course == "served":
        return Seen(EVERY_WORD, "faulty", ("faulty: served",), ("faulty",))
    tries = 2 if row.in_service and alone else 1
    failures = (failed,) * tries
    billed = ("faulty",) * tries if row.course == "broken" else ()
    if alone:
        assert end.broken is not None
        return Seen(end.broken if row.in_service else end.failed, "", failures, billed)
    return Seen(EVERY_WORD, "well", (*failures, "well: served"), (*billed, "well"))
