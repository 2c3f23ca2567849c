"""SQLite serves one gateway process: locks on its file and on the data folder, held as long as the process lives."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from speko.storage.errors import StorageError

_NAME = "serve.lock"


class OneProcess:
    """Context in which this process alone serves a data folder, or a database's file wherever the data folder is. The
    kernel lets go of the lock however the process ends. Commands that look into the database do not take it.

    Raises:
        StorageError: on entering, when another process holds it, or it cannot be had.
    """

    def __init__(self, of: Path) -> None:
        self._of = of.resolve()
        self._is_folder = of.is_dir()
        # Beside the database and never on it: closing any descriptor of that file would drop SQLite's own locks.
        self._path = of / _NAME if self._is_folder else self._of.with_name(f"{self._of.name}.{_NAME}")
        self._descriptor = -1

    def __enter__(self) -> Self:
        descriptor = -1
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if descriptor >= 0:
                os.close(descriptor)
            raise StorageError(self._refusal(error)) from None
        self._descriptor = descriptor
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)

    def _refusal(self, error: OSError) -> str:
        if not isinstance(error, BlockingIOError):
            return f"Cannot lock {self._path} ({error.strerror}). This user must be able to write it."
        what, other = ("data folder", "folder (--data)") if self._is_folder else ("database", "file")
        return (
            f"Another gateway serves the {what} {self._of}. SQLite serves one process: use another {other}, or "
            "PostgreSQL for several (SPEKO_DATABASE_URL)."
        )
