"""What the gateway owes the caller, cell by cell: the course that `rows.py` tells, in the words of the endpoint."""

from dataclasses import replace

from tests.faults.matrix.ends import SILENCE, WHOLE, End
from tests.faults.matrix.engine import ENGINE_ENDS, EVERY_WORD, SILENT_ANSWER
from tests.faults.matrix.rows import Row
from tests.faults.matrix.runs import Cell, Seen


def expected(cell: Cell) -> Seen:
    """What has to become of a call."""
    row, end = cell.row, cell.end
    course = "replaced" if row.course == "broken" and end.broken is None else row.course
    failed = f"faulty: failed ({cell.cause})"
    if end in ENGINE_ENDS:
        return _engine(row, end, cell.alone, failed)
    match course:
        case "served":
            return Seen(WHOLE, "faulty", ("faulty: served",), ("faulty",), row.breaker)
        case "blamed":
            return Seen(end.refused, "", (failed,), (), row.breaker)
        case "broken":
            assert end.broken is not None
            return Seen(end.broken, "faulty", (failed,), ("faulty",), row.breaker)
        case _ if cell.alone:
            return _alone(row, end, failed)
        case _:
            return Seen(WHOLE, "well", (failed, "well: served"), ("well",), row.breaker)


def _alone(row: Row, end: End, failed: str) -> Seen:
    nobody = Seen(end.failed, "", (failed,), (), row.breaker)
    if row.fault == "empty" and end.modality == "stt":
        # Silence that nobody contradicts is an answer.
        return replace(nobody, got=SILENCE, by="faulty", usage=("faulty",))
    return nobody


def _engine(row: Row, end: End, alone: bool, failed: str) -> Seen:
    """A session goes on with another engine also in the middle of an answer. Where there is no other, or none whose
    breaker is closed, the same one has another try."""
    if row.fault == "empty":
        # Nothing to say is an answer too: nobody else is made to speak in its place.
        return Seen(SILENT_ANSWER, "faulty", ("faulty: served",), ("faulty",), row.breaker)
    if row.course == "served":
        return Seen(EVERY_WORD, "faulty", ("faulty: served",), ("faulty",), row.breaker)
    failures = (failed,) * (2 if row.in_service and alone else 1)
    billed = ("faulty",) if row.course == "broken" else ()
    if alone:
        assert end.broken is not None
        return Seen(end.broken if row.in_service else end.failed, "", failures, billed, row.breaker)
    return Seen(EVERY_WORD, "well", (*failures, "well: served"), (*billed, "well"), row.breaker)
