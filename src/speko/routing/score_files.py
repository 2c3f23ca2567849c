"""Score files: a snapshot as CSV, with a JSON file of the same name beside it.

The JSON file says where the figures come from (`title`, `source`, `date`, and whatever else people should know); an
operator may leave it out.
"""

import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

from speko.routing.score_rows import ScoreFileError, format_rows, parse_rows
from speko.routing.snapshot import ScoreRow, Snapshot

_DATA = Path(__file__).with_name("data")


class _Origin(Struct):
    """The JSON file beside the scores. Members that are not listed here are for people."""

    title: str = ""
    source: str = ""
    date: dt.date | None = None


@cache
def packaged_snapshot(name: str) -> Snapshot:
    """A snapshot that comes with the package, read once: `published` or `embedded`. Raises ScoreFileError."""
    return read_snapshot(_DATA / f"{name}.csv")


def read_snapshot(path: Path) -> Snapshot:
    """Reads `<name>.csv` and, when it is there, `<name>.json`.

    Raises:
        ScoreFileError: a file cannot be read, or something in it is not as it has to be.
    """
    rows = parse_rows(_text_of(path), path.name)
    beside = path.with_suffix(".json")
    origin = _Origin()
    if beside.exists():
        try:
            origin = msgspec.json.decode(_text_of(beside), type=_Origin)
        except msgspec.DecodeError as error:
            raise ScoreFileError(str(error), file=beside.name) from error
    return measured_snapshot(
        path.stem, rows, title=origin.title or path.stem, source=origin.source, measured_on=origin.date
    )


def write_snapshot(snapshot: Snapshot, path: Path) -> None:
    """Writes `<name>.csv` and `<name>.json`, so that `read_snapshot` gives the same rows, title, source and date.

    Raises:
        ScoreFileError: a row would not be read back.
        OSError: a file cannot be written.
    """
    text = format_rows(snapshot.rows)
    parse_rows(text, path.name)
    origin = _Origin(title=snapshot.title, source=snapshot.source, date=snapshot.date)
    path.write_text(text, encoding="utf-8", newline="")
    path.with_suffix(".json").write_bytes(msgspec.json.format(msgspec.json.encode(origin)) + b"\n")


def measured_snapshot(
    name: str, rows: Sequence[ScoreRow], *, title: str, source: str, measured_on: dt.date | None
) -> Snapshot:
    """A snapshot whose id, `<name>_<date>_<12 hex digits>`, follows from the figures, whatever the order of the rows.

    The digits are the start of the SHA-256 of the header and the sorted lines that `format_rows` makes. The id travels
    in a response header, so of the name only letters, digits, `.` and `-` stay as they are.
    """
    header, *lines = format_rows(rows).split("\n")
    digest = hashlib.sha256("\n".join([header, *sorted(lines)]).encode()).hexdigest()
    slug = re.sub(r"[^A-Za-z0-9.-]+", "-", name)
    return Snapshot(
        id=f"{slug}_{measured_on.isoformat() if measured_on else 'undated'}_{digest[:12]}",
        kind="measured",
        title=title,
        source=source,
        date=measured_on,
        rows=tuple(rows),
    )


def _text_of(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ScoreFileError(error.strerror or "cannot be read", file=str(path)) from error
    except UnicodeDecodeError as error:
        raise ScoreFileError("is not UTF-8", file=path.name) from error
