"""SQLite serves one gateway process: a lock on the data folder, held as long as the process lives."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from speko.storage.errors import StorageError


class OneProcess:
    """Context in which this process alone serves a data folder. The kernel lets go of the lock however the process
    ends. Commands that look into the database do not take it.

    Raises:
        StorageError: on entering, when another process holds it.
    """

    def __init__(self, data: Path) -> None:
        self._path = data / "serve.lock"
        self._descriptor = -1

    def __enter__(self) -> Self:
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise StorageError(
                f"Another gateway serves the data folder {self._path.parent}. SQLite serves one process: use another "
                "folder (--data), or PostgreSQL for several (SPEKO_DATABASE_URL)."
            ) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)
