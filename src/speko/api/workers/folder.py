"""The folder of local sockets: one file for each gateway process of this machine, named after the process.

Who may open the folder may speak to the processes, and it is its owner's alone. A file whose process has died stays,
and refuses: so it tells that the process has died, and not that it never was here.
"""

import os
import socket
from contextlib import suppress
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Self

NAME = "sockets"
_TOLD = ".told"
_LONGEST = 100
"""Bytes of a socket's path that every system takes; Linux takes 107."""
_WAITING = 128
"""Connections that wait to be accepted; whoever comes then is told that the process does not answer."""


class Gone(Enum):
    """Why a process does not answer."""

    DEAD = "dead"
    """It was on this machine."""
    ELSEWHERE = "elsewhere"
    """It never was on this machine, or is long forgotten."""
    BUSY = "busy"
    """It lives, and takes no more at the moment."""


class SocketFolder:
    """The folder `sockets` in the data folder, created when missing, and open as long as this object is.

    Raises:
        OSError: it cannot be made, or is not ours alone.
    """

    def __init__(self, data: Path) -> None:
        self._path = data / NAME
        self._path.mkdir(mode=0o700, exist_ok=True)
        self._opened = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        found = os.fstat(self._opened)
        if found.st_uid != os.geteuid() or found.st_mode & 0o077:
            os.close(self._opened)
            raise PermissionError(f"The folder {self._path} must belong to this user alone (mode 0700)")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the folder."""
        os.close(self._opened)

    def names(self) -> list[str]:
        """Processes that have, or had, a socket here."""
        return sorted(name for name in self._files() if not name.startswith("."))

    def listen(self, name: str) -> socket.socket:
        """The socket of a process, which does not block."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            # Under its name it never is without listening: it would pass for that of a process that has died.
            sock.bind(self._address(f".{name}"))
            sock.listen(_WAITING)
            (self._path / f".{name}").rename(self._path / name)
        except BaseException:
            sock.close()
            raise
        return sock

    def connect(self, name: str) -> socket.socket | Gone:
        """A connection to a process, which does not block; it is there at once or not at all."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.setblocking(False)
        try:
            sock.connect(self._address(name))
        except OSError as error:
            sock.close()
            if isinstance(error, ConnectionRefusedError):
                return Gone.DEAD
            return Gone.ELSEWHERE if isinstance(error, FileNotFoundError) else Gone.BUSY
        return sock

    def remove(self, name: str) -> None:
        """Removes the file of a process."""
        (self._path / name).unlink(missing_ok=True)

    def keep(self, name: str, told: bytes) -> None:
        """Keeps what a process has told, for when it is dead."""
        draft = self._path / f".{name}.new"
        draft.write_bytes(told)
        draft.rename(self._path / f".{name}{_TOLD}")

    def kept(self, group: str) -> dict[str, bytes]:
        """What processes of a group have told last, by name."""
        found = {}
        for file in self._files():
            if file.startswith(f".{group}_") and file.endswith(_TOLD):
                with suppress(FileNotFoundError):
                    found[file[1 : -len(_TOLD)]] = (self._path / file).read_bytes()
        return found

    def forget_all_but(self, groups: set[str]) -> None:
        """Nothing that they have told is left of other groups."""
        for file in self._files():
            if file.endswith(_TOLD) and file.lstrip(".").partition("_")[0] not in groups:
                self.remove(file)

    def _files(self) -> list[str]:
        return [path.name for path in self._path.iterdir()]

    def _address(self, name: str) -> str:
        path = str(self._path.absolute() / name)
        # The kernel takes short paths only; this one leads through the folder that we hold open (Linux).
        return path if len(os.fsencode(path)) <= _LONGEST else f"/proc/self/fd/{self._opened}/{name}"
