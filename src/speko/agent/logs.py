"""Log lines of an agent process on their way to the gateway, which says them in its own form.

People's words go through an agent process all the time, so nothing is passed on that may hold any: of our own lines
the static text and the attributes, of other packages' lines only where they come from, of exceptions only the type and
the places.
"""

import json
import logging
import sys
import traceback
from typing import Any, TextIO

log = logging.getLogger(__name__)
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_OURS = "speko"


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """One JSON object: `level`, `logger`, `text`, `more`."""
        more: dict[str, Any] = {}
        if record.name.partition(".")[0] == _OURS:
            text = str(record.msg)
            more = {name: value for name, value in vars(record).items() if name not in _STANDARD}
        else:
            text = "a package complains"
            more["at"] = f"{record.filename}:{record.lineno}"
        if record.exc_info and record.exc_info[0] is not None:
            more["type"] = record.exc_info[0].__name__
            frames = traceback.extract_tb(record.exc_info[2])[-4:]
            more["where"] = " > ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames)
        line = {"level": record.levelno, "logger": record.name, "text": text, "more": more}
        return json.dumps(line, default=str)


def configure(level: int, stream: TextIO | None = None) -> None:
    """Sets up logging of an agent process: our own lines from `level` on, other packages' from warnings on."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Formatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(True)
    logging.getLogger(_OURS).setLevel(level)


def relay(line: bytes, pid: int, *, trusted: bool) -> None:
    """Says a line of an agent process in the gateway's log.

    Args:
        line: from its standard error.
        pid: its id.
        trusted: whether a line in another form may be shown, as it may be before anybody has spoken: the reason why a
            process does not start is in such lines.
    """
    try:
        said = json.loads(line)
        logger, level = logging.getLogger(str(said["logger"])), int(said["level"])
        logger.log(level, str(said["text"]), extra={**said["more"], "pid": pid})
    except (ValueError, KeyError, TypeError, RecursionError):
        text = line.decode(errors="replace").rstrip()
        if trusted and text:
            log.warning("agent process wrote", extra={"pid": pid, "line": text[:500]})
        elif text:
            log.warning("agent process wrote a line that is no log line", extra={"pid": pid})
