"""Score rows as CSV text. Reading is strict: a figure that is misread sends calls to the wrong vendor."""

import csv
import io
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import TypeVar, get_args

from speko.providers.catalogue import MODALITIES, Modality
from speko.routing.intent import InvalidIntent, normalize_language
from speko.routing.metrics import MODES, QUALITY_METRIC, latency_metric
from speko.routing.snapshot import ScoreRow, Status

COLUMNS = (
    "modality",
    "vendor",
    "model",
    "voice",
    "language",
    "region",
    "mode",
    "quality_metric",
    "quality",
    "latency_metric",
    "latency",
    "cost_usd_per_min",
    "status",
    "note",
)
"""Every file has these, in any order."""
OPTIONAL_COLUMNS = ("latency_stddev", "streaming")
"""Standard deviation in ms, and `yes` or `no`: has a streaming (S2S: realtime) protocol. No column means `yes`."""
_NUMBER = re.compile(r"\d+(\.\d+)?([eE][+-]?\d+)?\Z", re.ASCII)
_VENDOR = re.compile(r"[a-z0-9][a-z0-9._-]*\Z")
_Word = TypeVar("_Word", bound=str)


class ScoreFileError(ValueError):
    """A score file that cannot be used. The message names file, line and column."""

    def __init__(self, problem: str, *, file: str, line: int | None = None, column: str | None = None) -> None:
        self.file = file
        self.line = line
        self.column = column
        place = [file, *([f"line {line}"] if line else []), *([f"column {column}"] if column else [])]
        super().__init__(f"{', '.join(place)}: {problem}")


def format_rows(rows: Sequence[ScoreRow]) -> str:
    """The CSV text of some rows, in their order. Optional columns appear when a row needs them."""
    columns = [*COLUMNS]
    if any(row.latency_stddev_ms is not None for row in rows):
        columns.append("latency_stddev")
    if not all(row.streaming for row in rows):
        columns.append("streaming")
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(_cells(row) for row in rows)
    return out.getvalue()


def _cells(row: ScoreRow) -> dict[str, str]:
    return {
        "modality": row.modality,
        "vendor": row.provider,
        "model": row.model,
        "voice": row.voice,
        "language": row.language,
        "region": row.region,
        "mode": row.mode,
        "quality_metric": QUALITY_METRIC[row.modality],
        "quality": _digits(row.quality),
        "latency_metric": latency_metric(row.modality, row.mode == "batch"),
        "latency": _digits(row.latency_ms),
        "cost_usd_per_min": _digits(row.cost_per_minute),
        "status": row.status,
        "note": row.note,
        "latency_stddev": _digits(row.latency_stddev_ms),
        "streaming": "yes" if row.streaming else "no",
    }


def _digits(value: float | None) -> str:
    """The shortest text that reads back as the same number."""
    return "" if value is None else repr(float(value)).removesuffix(".0")


def parse_rows(text: str, file: str) -> tuple[ScoreRow, ...]:
    """The rows of a CSV text; `file` is its name in errors. Blank lines are skipped.

    Raises:
        ScoreFileError: unknown or missing columns, a cell that is not as it has to be, or the same measurement twice.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    rows: list[ScoreRow] = []
    lines: dict[tuple[str, ...], int] = {}
    try:
        for cells in reader:
            line = reader.line_num
            if not cells:
                continue
            if header is None:
                header = _header(cells, file, line)
                continue
            row = _Line(header, cells, file, line).row()
            key = (row.modality, row.provider, row.model, row.voice, row.language, row.region, row.mode)
            if key in lines:
                raise ScoreFileError(f"measures the same as line {lines[key]}", file=file, line=line)
            lines[key] = line
            rows.append(row)
    except csv.Error as error:
        raise ScoreFileError(str(error), file=file, line=reader.line_num) from error
    if header is None:
        raise ScoreFileError("the file is empty", file=file)
    return tuple(rows)


def _header(cells: list[str], file: str, line: int) -> list[str]:
    for index, column in enumerate(cells):
        if column not in COLUMNS and column not in OPTIONAL_COLUMNS:
            raise ScoreFileError("unknown column", file=file, line=line, column=column or f"{index + 1}")
        if column in cells[:index]:
            raise ScoreFileError("named twice", file=file, line=line, column=column)
    for column in COLUMNS:
        if column not in cells:
            raise ScoreFileError("is missing", file=file, line=line, column=column)
    return cells


class _Line:
    """One line, whose cells are read by column name."""

    def __init__(self, header: Sequence[str], cells: Sequence[str], file: str, line: int) -> None:
        self._file = file
        self._line = line
        if len(cells) != len(header):
            raise ScoreFileError(f"has {len(cells)} cells, not {len(header)}", file=file, line=line)
        self._cells: Mapping[str, str] = dict(zip(header, cells, strict=True))

    def row(self) -> ScoreRow:
        """The measurement."""
        modality: Modality = self._one_of("modality", MODALITIES)
        mode = self._one_of("mode", MODES[modality])
        batch = mode == "batch"
        self._one_of("quality_metric", (QUALITY_METRIC[modality],))
        self._one_of("latency_metric", (latency_metric(modality, batch),))
        statuses: tuple[Status, ...] = get_args(Status)
        return ScoreRow(
            modality=modality,
            provider=self._vendor(),
            model=self._text("model", required=True),
            language=self._language(),
            region=self._one_of("region", ("global",)) if batch else self._text("region", required=True),
            mode=mode,
            quality=self._number("quality"),
            latency_ms=self._number("latency"),
            cost_per_minute=self._number("cost_usd_per_min"),
            latency_stddev_ms=self._number("latency_stddev"),
            status=self._one_of("status", statuses),
            streaming=self._one_of("streaming", ("yes", "no"), default="yes") == "yes",
            note=self._text("note"),
            voice=self._text("voice"),
        )

    def _one_of(self, column: str, allowed: Sequence[_Word], default: str = "") -> _Word:
        cell = self._cells.get(column, default)
        for word in allowed:
            if cell == word:
                return word
        raise self._error(column, f"must be {' or '.join(allowed)}, not {cell[:40]!r}")

    def _text(self, column: str, *, required: bool = False) -> str:
        cell = self._cells[column]
        if required and not cell:
            raise self._error(column, "must not be empty")
        if cell != cell.strip() or any(unicodedata.category(char) in ("Cc", "Cs") for char in cell):
            raise self._error(column, "has spaces around it, a line break or a control character")
        return cell

    def _vendor(self) -> str:
        cell = self._cells["vendor"]
        if not _VENDOR.match(cell):
            raise self._error("vendor", f"must be a vendor's id in lower case, not {cell[:40]!r}")
        return cell

    def _language(self) -> str:
        cell = self._cells["language"]
        if cell == "*":
            return cell
        try:
            normal = normalize_language(cell)
        except InvalidIntent as error:
            raise self._error("language", f"{error}, and not '*'") from error
        if cell != normal:
            raise self._error("language", f"must be written {normal!r}, not {cell[:40]!r}")
        return cell

    def _number(self, column: str) -> float | None:
        cell = self._cells.get(column, "")
        if not cell:
            return None
        if not _NUMBER.match(cell) or not math.isfinite(number := float(cell)):
            raise self._error(column, f"must be empty or a number of at least 0, not {cell[:40]!r}")
        return number

    def _error(self, column: str, problem: str) -> ScoreFileError:
        return ScoreFileError(problem, file=self._file, line=self._line, column=column)
