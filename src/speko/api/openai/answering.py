"""How the doors write their answers."""

from collections.abc import Sequence

import msgspec
from litestar.types import Send

from speko.api.openai.shape import error_body
from speko.events import sse

SSE = sse.HEADERS
JSON = (b"content-type", b"application/json")
_encode = msgspec.json.Encoder().encode


async def send_whole(send: Send, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> None:
    """200 in one piece."""
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length, *headers]})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def event(data: object) -> bytes:
    """One event without a name: clients of this API read its data alone."""
    return b"data: %b\n\n" % _encode(data)


def error_event(text: str, code: str) -> bytes:
    """What ends a stream that broke off. `code` is the one of ours."""
    return event(error_body(500, code, text, {}))
