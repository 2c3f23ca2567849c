"""What the gateway owes the caller, cell by cell: the course that `rows.py` tells, in the words of the endpoint."""

from dataclasses import replace

from tests.faults.matrix.ends import SILENCE, WHOLE, End
from tests.faults.matrix.rows import Row
from tests.faults.matrix.runs import Cell, Seen


def expected(cell: Cell) -> Seen:
    """What has to become of a call."""
    row, end = cell.row, cell.end
    course = "replaced" if row.course == "broken" and end.broken is None else row.course
    failed = f"faulty: failed ({row.cause})"
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
