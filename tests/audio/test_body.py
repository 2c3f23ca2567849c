import io
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from speko.audio.body import Body, body_of

DATA = os.urandom(3 << 20)


def memory() -> Body:
    return body_of(io.BytesIO(DATA), len(DATA))


def file(tmp_path: Path) -> Body:
    path = tmp_path / "body"
    path.write_bytes(DATA)
    return body_of(path.open("rb"), len(DATA))


def spooled(max_size: int) -> Body:
    source = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=max_size))  # noqa: SIM115
    source.write(DATA)
    return body_of(source, len(DATA))


@pytest.fixture(params=["memory", "file", "spooled to disk", "spooled in memory"])
def body(request: pytest.FixtureRequest, tmp_path: Path) -> Body:
    makers: dict[str, Callable[[], Body]] = {
        "memory": memory,
        "file": lambda: file(tmp_path),
        "spooled to disk": lambda: spooled(1 << 20),
        "spooled in memory": lambda: spooled(1 << 24),
    }
    return makers[request.param]()


def test_readers_do_not_share_a_position(body: Body) -> None:
    with body.open() as first, body.open() as second:
        assert first.read(100_000) == DATA[:100_000]
        assert second.read(10) == DATA[:10]
        assert first.read(10) == DATA[100_000:100_010]
        assert second.seek(-5, os.SEEK_END) == len(DATA) - 5
        assert second.read() == DATA[-5:]
        assert second.read() == b""
        assert first.tell() == 100_010
        assert first.seek(2, os.SEEK_CUR) == 100_012
        assert first.read() == DATA[100_012:]
    body.close()


def test_a_reader_outlives_the_body(body: Body) -> None:
    with body.open() as reader:
        body.close()
        with tempfile.TemporaryFile() as stranger:  # may take over a descriptor's number that was freed
            stranger.write(b"not yours")
            assert reader.read() == DATA
    with pytest.raises(ValueError, match="closed"):
        body.open()


@pytest.mark.parametrize("size", [0, 100, 2 << 20])
def test_bytes_behind_the_size_are_not_shown(size: int, tmp_path: Path) -> None:
    path = tmp_path / "body"
    path.write_bytes(DATA)
    for source in (io.BytesIO(DATA), path.open("rb")):
        body = body_of(source, size)
        with body.open() as reader:
            assert reader.read() == DATA[:size]
        body.close()


def test_a_large_file_tells_its_length_to_clients(tmp_path: Path) -> None:
    body = file(tmp_path)
    with body.open() as reader:
        assert os.fstat(reader.fileno()).st_size == len(DATA)
    body.close()


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_readers_leave_no_descriptor_behind(tmp_path: Path) -> None:
    body = file(tmp_path)
    before = open_descriptors()
    for _ in range(10):
        body.open().close()
    assert open_descriptors() == before
    body.close()
