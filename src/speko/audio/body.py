"""The bytes of a recording, readable by many at once.

Readers share nothing: two vendors that are asked at the same time each have their own position, and a reader that is
still at work when the recording is closed goes on undisturbed.
"""

import io
import os
from typing import BinaryIO, Protocol

_SMALL = 1 << 20
"""Bytes that are not worth a file descriptor for every reader."""


class Body(Protocol):
    """Bytes at rest."""

    def open(self) -> BinaryIO:
        """A new reader at the first byte. Raises ValueError after `close`."""
        ...

    def close(self) -> None: ...


def body_of(source: BinaryIO, size: int) -> Body:
    """The first `size` bytes of `source`, which it owns from here on and closes.

    Args:
        source: seekable. A large one has to be a file with a descriptor, unless it is a `BytesIO`; a
            `SpooledTemporaryFile` fits either way.
        size: bytes.
    """
    if isinstance(source, io.BytesIO):
        with source:
            return _Memory(source.getvalue(), size)
    if size <= _SMALL:
        with source:
            source.seek(0)
            return _Memory(source.read(size), size)
    return _File(source, size)


class _Memory:
    def __init__(self, data: bytes, size: int) -> None:
        self._bytes: bytes | None = data[:size]

    def open(self) -> BinaryIO:
        if self._bytes is None:
            raise ValueError("the recording is closed")
        return io.BytesIO(self._bytes)  # shares the bytes until somebody writes, which nobody does

    def close(self) -> None:
        self._bytes = None


class _File:
    def __init__(self, source: BinaryIO, size: int) -> None:
        source.flush()
        self._source = source
        self._size = size

    def open(self) -> BinaryIO:
        return io.BufferedReader(_FileReader(self._source.fileno(), self._size), 1 << 16)

    def close(self) -> None:
        self._source.close()


class _FileReader(io.RawIOBase):
    """A reader with its own descriptor, so that no other file can take its number, and its own position."""

    def __init__(self, descriptor: int, size: int) -> None:
        self._descriptor = os.dup(descriptor)
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def fileno(self) -> int:
        """For `fstat` alone (HTTP clients ask it for the length): its own position is not ours."""
        return self._descriptor

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        data = os.pread(self._descriptor, min(len(view), max(0, self._size - self._position)), self._position)
        view[: len(data)] = data
        self._position += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def close(self) -> None:
        if not self.closed:
            os.close(self._descriptor)
        super().close()
