"""Multipart bodies, as Python's own mail parser reads them."""

import threading
from collections.abc import AsyncIterator, Iterator
from email.parser import BytesParser

from hypothesis import given
from hypothesis import strategies as st

from speko.providers.openai_compatible.multipart import FilePart, multipart_body


async def sent(fields: list[tuple[str, str]], *pieces: bytes, size: int | None = None) -> tuple[bytes, dict[str, str]]:
    """The whole body and its headers."""
    body = multipart_body(fields, FilePart("a.wav", "audio/wav", lambda: iter(pieces), size))
    stream = body.open()
    assert isinstance(stream, AsyncIterator)
    return b"".join([piece async for piece in stream]), dict(body.headers)


@given(
    st.lists(st.tuples(st.sampled_from(["model", "prompt", "keywords[]"]), st.text()), max_size=4),
    st.lists(st.binary(min_size=1, max_size=50), max_size=4),
)
async def test_everything_comes_out_as_it_went_in(fields: list[tuple[str, str]], pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    body, headers = await sent(fields, *pieces, size=len(data))
    assert headers["Content-Length"] == str(len(body))
    boundary = headers["Content-Type"].partition("boundary=")[2].encode()
    opening, *parts, closing = body.split(b"--" + boundary)
    assert (opening, closing) == (b"", b"--\r\n")
    heads, values = zip(*(part.removeprefix(b"\r\n").split(b"\r\n\r\n", 1) for part in parts), strict=True)
    names = [BytesParser().parsebytes(head).get_param("name", header="content-disposition") for head in heads]
    assert names == [*(name for name, _ in fields), "file"]
    assert [value.removesuffix(b"\r\n") for value in values] == [*(text.encode() for _, text in fields), data]


async def test_without_a_size_there_is_no_length() -> None:
    _, headers = await sent([], b"x")
    assert "Content-Length" not in headers


async def test_files_are_read_in_another_thread_and_anew_for_every_try() -> None:
    threads = []

    def pieces() -> Iterator[bytes]:
        threads.append(threading.current_thread())
        yield b"x"

    body = multipart_body([], FilePart("a", "audio/wav", pieces, 1))
    for _ in range(2):
        stream = body.open()
        assert isinstance(stream, AsyncIterator)
        async for _ in stream:
            pass
    assert len(threads) == 2
    assert threading.main_thread() not in threads
