"""Log lines of the gateway, on stderr: static text and its attributes, for people or as JSON."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Literal

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}


class TextFormatter(logging.Formatter):
    """`2026-01-31T12:00:00.000Z info speko.api: text key=value`."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the traceback below where there is one."""
        pairs = "".join(f" {name}={_shown(value)}" for name, value in attributes(record).items())
        line = f"{moment(record)} {record.levelname.lower()} {record.name}: {record.getMessage()}{pairs}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonFormatter(logging.Formatter):
    """One JSON object a line: `time`, `level`, `logger`, `message`, and the attributes as further members."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        members: dict[str, Any] = {
            "time": moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        members.update({name: value for name, value in attributes(record).items() if name not in members})
        if record.exc_info:
            members["exception"] = self.formatException(record.exc_info)
        return json.dumps(members, default=str, ensure_ascii=False)


def configure(level: str, form: Literal["text", "json"]) -> None:
    """Sets up logging of this process: our own lines from `level` on, other packages' from warnings on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("speko").setLevel(level.upper())


def attributes(record: logging.LogRecord) -> dict[str, Any]:
    """What the caller gave as `extra`."""
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


def moment(record: logging.LogRecord) -> str:
    """When, in UTC with milliseconds."""
    text = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _shown(value: Any) -> str:
    text = str(value)
    return text if text.isprintable() and " " not in text and text else json.dumps(text)
