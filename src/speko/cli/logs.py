"""Log lines of the gateway, on stderr: static text and its attributes, for people or as JSON.

What other packages say may hold anything, a person's words included: of their lines the first line of the template is
shown, and of an exception that they report only its type and the places. Our own lines are static texts, and are shown
as they are.
"""

import json
import logging
import re
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, Literal

from speko.observability.log_context import RequestIds

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}
_OURS = "speko"
_PLACES = 6
"""Of a traceback, the innermost."""
_CALLED = re.compile(r"\s*[<({'\"].*")
"""What asyncio says of a callback that failed: its arguments, which may be what somebody sent."""


class TextFormatter(logging.Formatter):
    """`2026-01-31T12:00:00.000Z info speko.api: text key=value`."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the traceback below where there is one."""
        pairs = "".join(f" {name}={_shown(value)}" for name, value in attributes(record).items())
        line = f"{moment(record)} {record.levelname.lower()} {record.name}: {text_of(record)}{pairs}"
        told = _traceback_of(record, self)
        return f"{line}\n{told}" if told else line


class JsonFormatter(logging.Formatter):
    """One JSON object a line: `time`, `level`, `logger`, `message`, and the attributes as further members."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        members: dict[str, Any] = {
            "time": moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": text_of(record),
        }
        members.update({name: value for name, value in attributes(record).items() if name not in members})
        if told := _traceback_of(record, self):
            members["exception"] = told
        return json.dumps(members, default=str, ensure_ascii=False)


class _Worker(logging.Filter):
    """Which of several processes says it."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def filter(self, record: logging.LogRecord) -> bool:
        if not hasattr(record, "worker"):
            record.worker = self._number
        return True


def configure(level: str, form: Literal["text", "json"], worker: int | None = None) -> None:
    """Sets up logging of this process: our own lines from `level` on, other packages' from warnings on. `worker`: its
    number, where there are several."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    handler.addFilter(RequestIds())
    if worker is not None:
        handler.addFilter(_Worker(worker))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(True)
    logging.getLogger(_OURS).setLevel(level.upper())


def text_of(record: logging.LogRecord) -> str:
    """The message, without what it may not say."""
    if _is_ours(record):
        return record.getMessage()
    if record.name == "py.warnings":  # where, which kind, and a text that stands in some package
        return record.getMessage().partition("\n")[0]
    first = str(record.msg).strip().partition("\n")[0]
    return _CALLED.sub("", first) if record.name == "asyncio" else first


def attributes(record: logging.LogRecord) -> dict[str, Any]:
    """What the caller gave as `extra`; of another package's exception its type and where it was raised."""
    found = {name: value for name, value in vars(record).items() if name not in _STANDARD}
    if record.exc_info and record.exc_info[0] is not None and not _is_ours(record):
        found["type"] = record.exc_info[0].__name__
        frames = traceback.extract_tb(record.exc_info[2])[-_PLACES:]
        found["where"] = " > ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames)
    return found


def moment(record: logging.LogRecord) -> str:
    """When, in UTC with milliseconds."""
    text = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] == _OURS


def _traceback_of(record: logging.LogRecord, formatter: logging.Formatter) -> str | None:
    """The traceback with the exception's text, of our own lines alone: they give one only where it is about somebody's
    package or configuration."""
    if not record.exc_info or not _is_ours(record):
        return None
    return formatter.formatException(record.exc_info)


def _shown(value: Any) -> str:
    text = str(value)
    return text if text.isprintable() and " " not in text and text else json.dumps(text)
