"""Writes an export for `speko export`."""

import argparse
import asyncio
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from speko.cli.configuration import must_exist, open_store, settings_of
from speko.cli.exits import CommandError, Exit, UsageError
from speko.cli.organizations_local import organization_named
from speko.cli.terminal import Terminal
from speko.settings import Settings
from speko.storage.export import KINDS, Record

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_LENGTH_OF_A_DAY = len("2026-03-14")
_BAR = 24
"""Columns of the progress bar."""


def run_export(args: argparse.Namespace) -> int:
    """Exports into a file that is there when it is complete."""
    terminal = Terminal(as_json=args.as_json)
    start, end = _start(args.start), _end(args.end)
    if end < start:
        raise UsageError("--to is before --from")
    settings = settings_of(args, data=args.data, database_url=args.database_url)
    must_exist(settings)
    with _new_file(args.out) as file:
        writing = _Writing(file, terminal)
        asyncio.run(_export(settings, args.organization, (start, end), writing))
    counts = writing.counts
    terminal.write(f"{args.out}: {sum(counts.values())} rows")
    terminal.table(["kind", "rows"], [[kind, counts[kind]] for kind in KINDS], right=("rows",))
    terminal.document({"file": str(args.out), "rows": {kind: counts[kind] for kind in KINDS}})
    return Exit.OK


class _Writing:
    """The file, and what people see of it."""

    def __init__(self, file: TextIO, terminal: Terminal) -> None:
        self.counts: Counter[str] = Counter()
        self._file = file
        self._terminal = terminal

    def begin(self, total: int) -> None:
        self._total = total
        if not self._terminal.err.isatty():
            self._terminal.note(f"exporting {total} rows …")

    def write(self, page: Sequence[Record]) -> None:
        for record in page:
            self.counts[record["record"]] += 1
            self._file.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")
        self._terminal.live(progress(self.counts.total(), self._total))

    def end(self) -> None:
        self._terminal.live("")


async def _export(settings: Settings, organization: str, between: tuple[datetime, datetime], writing: _Writing) -> None:
    async with open_store(settings) as store:
        export = store.export(organization_named(store, organization).id, *between)
        writing.begin(await export.count())
        async for page in export.pages():
            writing.write(page)
        writing.end()


def progress(done: int, total: int) -> str:
    """A bar; more rows than were counted fill it just as well."""
    part = min(1.0, done / total) if total else 1.0
    full = int(part * _BAR)
    return f"{'█' * full}{'░' * (_BAR - full)} {part:4.0%}  {done:,} of {max(done, total):,} rows"


@contextmanager
def _new_file(path: Path) -> Iterator[TextIO]:
    """A file for its owner alone, which has its name when all is written, and is gone when it is not."""
    if path.exists():
        raise CommandError(f"{path} is there already; name another file with --out", "FILE_EXISTS", Exit.USAGE)
    part = path.with_name(f".{path.name}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise CommandError(f"{path} cannot be written ({error.strerror})", "CANNOT_WRITE", Exit.USAGE) from error
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            yield file
        part.replace(path)
    except OSError as error:
        raise CommandError(f"{path} cannot be written ({error.strerror})", "CANNOT_WRITE") from error
    finally:
        part.unlink(missing_ok=True)


def _start(text: str | None) -> datetime:
    return _BEGINNING if text is None else _moment("--from", text)


def _end(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    moment = _moment("--to", text)
    if len(text.strip()) > _LENGTH_OF_A_DAY:
        return moment
    return moment.replace(hour=23, minute=59, second=59, microsecond=999_000)


def _moment(option: str, text: str) -> datetime:
    """Without an offset it is UTC."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(f"{option} takes a date such as 2026-03-14 or 2026-03-14T12:00Z") from None
