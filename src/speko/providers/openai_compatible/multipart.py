"""Multipart uploads that are read while they are sent, so that a recording is never held in memory as a whole.

Source: RFC 7578.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass

from speko.providers.openai_compatible.endpoint import Body


@dataclass(frozen=True, slots=True)
class FilePart:
    """The file of an upload. `pieces` may block: it is read in a thread."""

    filename: str
    content_type: str
    pieces: Callable[[], Iterator[bytes]]
    size: int | None
    """Bytes; None where only reading tells, and the upload goes out in chunks."""


def multipart_body(fields: Sequence[tuple[str, str]], file: FilePart) -> Body:
    """The body of a form with one file, named `file`, after its fields."""
    boundary = secrets.token_hex(16)
    head = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields
    )
    head += (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{file.filename}"\r\n'
        f"Content-Type: {file.content_type}\r\n\r\n"
    )
    opening, closing = head.encode(), f"\r\n--{boundary}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    if file.size is not None:
        headers["Content-Length"] = str(len(opening) + file.size + len(closing))

    async def send() -> AsyncIterator[bytes]:
        yield opening
        # Nobody closes this iterator: a thread may be inside it. It goes with its last reference.
        pieces = file.pieces()
        while piece := await asyncio.to_thread(next, pieces, b""):
            yield piece
        yield closing

    return Body(send, headers)
