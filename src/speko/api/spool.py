"""Bodies of uploads: small ones in memory, large ones on disk, all of them under one cap."""

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator
from typing import BinaryIO, cast

from speko.api.errors import ApiError

log = logging.getLogger(__name__)
_IN_MEMORY = 1 << 20
"""Bytes of one body that stay in memory."""


class Spool:
    """The disk that uploads in flight take together."""

    def __init__(self, max_bytes: int) -> None:
        self._max = max_bytes
        self._used = 0

    @property
    def used(self) -> int:
        """Bytes of all uploads that were not released yet."""
        return self._used

    async def receive(self, chunks: AsyncIterator[bytes]) -> "Upload":
        """Reads a body to its end.

        Raises:
            ApiError: 429 when the disk that uploads may take is used up; 500 when it is full; and as `chunks`.
        """
        upload = Upload(self)
        try:
            async for chunk in chunks:
                await upload.add(chunk)
        except OSError as error:
            upload.close()
            log.error("upload cannot be kept", extra={"type": type(error).__name__, "errno": error.errno})
            raise ApiError(500, "INTERNAL_ERROR", "No room for the upload on the gateway's disk") from None
        except BaseException:
            upload.close()
            raise
        upload.file.seek(0)
        return upload

    def take(self, size: int) -> None:
        """Reserves room on the disk."""
        if self._used + size > self._max:
            raise ApiError(
                429, "RATE_LIMITED", "Too many uploads at once; try again shortly", headers={"retry-after": "2"}
            )
        self._used += size

    def give_back(self, size: int) -> None:
        """Frees room."""
        self._used -= size


class Upload:
    """One body. `close` it when the call is over."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self.file = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY))  # noqa: SIM115 - closed by close
        self.size = 0
        self._closed = False

    async def add(self, chunk: bytes) -> None:
        """Appends a piece. Only what goes to disk leaves the event loop."""
        self._spool.take(len(chunk))
        self.size += len(chunk)
        if self.size <= _IN_MEMORY:
            self.file.write(chunk)
        else:
            await asyncio.to_thread(self.file.write, chunk)

    def close(self) -> None:
        """Frees memory and disk."""
        if not self._closed:
            self._closed = True
            self.file.close()
            self._spool.give_back(self.size)
