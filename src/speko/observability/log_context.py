"""Which request a log line belongs to, where the line itself does not say so."""

import logging
from contextvars import ContextVar

_ids: ContextVar[tuple[str, str] | None] = ContextVar("speko request", default=None)


def belongs_to(request_id: str, trace_id: str) -> None:
    """From here on the running task, and those that it starts, work for this request."""
    _ids.set((request_id, trace_id))


class RequestIds(logging.Filter):
    """Gives a record the attributes `request_id` and `trace_id` where they are known; lets every record pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        """See `logging`."""
        ids = _ids.get()
        if ids is not None:
            if not hasattr(record, "request_id"):
                record.request_id = ids[0]
            if record.__dict__["request_id"] == ids[0]:
                record.trace_id = ids[1]
        return True
