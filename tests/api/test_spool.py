"""Uploads in memory and on disk, under one cap that is given back on every path."""

import asyncio
import errno
import tempfile
from collections.abc import AsyncIterator
from typing import Any, BinaryIO

import pytest

from speko.api.errors import ApiError
from speko.api.spool import _IN_MEMORY, Spool, Upload

PIECE = 64 * 1024


async def chunks(*pieces: bytes, then: BaseException | None = None) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
    if then is not None:
        raise then


def large(extra: int = 0) -> list[bytes]:
    """Pieces of a body that does not stay in memory."""
    return [bytes([n % 256]) * PIECE for n in range(_IN_MEMORY // PIECE + 2)] + [b"x" * extra]


def on_disk(upload: Upload) -> bool:
    file: Any = upload.file
    return bool(file._rolled)


async def test_a_small_body_stays_in_memory() -> None:
    spool = Spool(10_000)
    upload = await spool.receive(chunks(b"one ", b"two"))
    assert (upload.file.read(), upload.size, spool.used) == (b"one two", 7, 7)
    assert not on_disk(upload)
    upload.close()
    assert spool.used == 0


async def test_an_empty_body() -> None:
    spool = Spool(10_000)
    upload = await spool.receive(chunks())
    assert (upload.file.read(), upload.size) == (b"", 0)
    upload.close()


async def test_a_large_body_goes_to_disk_whole_and_in_order() -> None:
    spool = Spool(100 * _IN_MEMORY)
    upload = await spool.receive(chunks(*large(17)))
    assert on_disk(upload)
    assert upload.file.read() == b"".join(large(17))
    assert spool.used == upload.size == len(b"".join(large(17)))
    upload.close()
    assert spool.used == 0


async def test_writing_to_the_disk_leaves_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    in_threads: list[int] = []
    real = asyncio.to_thread

    async def to_thread(function: Any, piece: bytes) -> Any:
        in_threads.append(len(piece))
        return await real(function, piece)

    monkeypatch.setattr("speko.api.spool.asyncio.to_thread", to_thread)
    spool = Spool(100 * _IN_MEMORY)
    (await spool.receive(chunks(b"x" * _IN_MEMORY))).close()
    assert in_threads == [], "what stays in memory needs no thread"
    (await spool.receive(chunks(b"x" * _IN_MEMORY, b"y"))).close()
    assert in_threads == [1]


async def test_closing_twice_gives_back_once() -> None:
    spool = Spool(10_000)
    first, second = await spool.receive(chunks(b"one")), await spool.receive(chunks(b"four"))
    first.close()
    first.close()
    assert spool.used == 4
    second.close()
    assert first.file.closed


async def test_the_cap_is_over_all_uploads_together() -> None:
    spool = Spool(10)
    first = await spool.receive(chunks(b"12345678"))
    with pytest.raises(ApiError) as refused:
        await spool.receive(chunks(b"12", b"3"))
    assert (refused.value.status, refused.value.code) == (429, "RATE_LIMITED")
    assert int(refused.value.headers["retry-after"]) > 0
    assert spool.used == 8, "what the refused one had taken is given back"
    (await spool.receive(chunks(b"12"))).close()
    first.close()
    (await spool.receive(chunks(b"1234567890"))).close()
    assert spool.used == 0


class Left(Exception):
    """The caller has left."""


@pytest.mark.parametrize(
    "reason", [Left(), ApiError(413, "PAYLOAD_TOO_LARGE", "x"), asyncio.CancelledError()], ids=["left", "413", "cancel"]
)
@pytest.mark.parametrize("body", [[b"abc"], large()], ids=["memory", "disk"])
async def test_what_ends_an_upload_gives_its_room_back(reason: BaseException, body: list[bytes]) -> None:
    spool = Spool(100 * _IN_MEMORY)
    with pytest.raises(type(reason)):
        await spool.receive(chunks(*body, then=reason))
    assert spool.used == 0


async def test_a_caller_who_is_cancelled_in_the_middle_gives_its_room_back() -> None:
    spool, arrived = Spool(10_000), asyncio.Event()

    async def stalled() -> AsyncIterator[bytes]:
        yield b"abc"
        arrived.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(spool.receive(stalled()))
    await arrived.wait()
    assert spool.used == 3
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert spool.used == 0


class FullDisk:
    """A file that takes what fits into memory and no more."""

    def __init__(self, **_: Any) -> None:
        self._memory: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close

    def write(self, piece: bytes) -> int:
        if self._memory.tell() + len(piece) > _IN_MEMORY:
            raise OSError(errno.ENOSPC, "No space left on device", "/some/path")
        return self._memory.write(piece)

    def close(self) -> None:
        self._memory.close()
        FullDisk.closed += 1

    closed = 0


async def test_a_full_disk(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr("speko.api.spool.tempfile.SpooledTemporaryFile", FullDisk)
    monkeypatch.setattr(FullDisk, "closed", 0)
    spool = Spool(100 * _IN_MEMORY)
    with pytest.raises(ApiError) as refused:
        await spool.receive(chunks(*large()))
    assert (refused.value.status, refused.value.code) == (500, "INTERNAL_ERROR")
    assert "/some/path" not in refused.value.text
    assert (spool.used, FullDisk.closed) == (0, 1)
    (record,) = [r for r in caplog.records if r.levelname == "ERROR"]
    assert getattr(record, "errno", None) == errno.ENOSPC
