"""Request bodies as they arrive, within a size and without endless waiting.

JSON is decoded straight into its struct, in one pass over the bytes, with errors that name the path.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, TypeVar

import msgspec
from litestar import Request

from speko.api.errors import ApiError, from_msgspec
from speko.api.gateway import gateway_of

T = TypeVar("T")
BODY = "body"
"""Key of a route's `opt` under which it names the struct of its body, for the OpenAPI document."""
OPERATION = "operation"
"""The same for what else the document says of a route: members of its operation as they stand, such as the headers that
it reads or a body that is no JSON."""
ALSO_ANSWERS = "also_answers"
"""The same for the other media types of a success: their names."""
_PATIENCE = 30.0
"""Seconds that the next piece of a body may take to arrive."""
_decoders: dict[type, msgspec.json.Decoder[Any]] = {}


class CallerLeft(Exception):
    """The caller closed the connection in the middle of its request."""


async def pieces(request: Request[Any, Any, Any], limit: int) -> AsyncIterator[bytes]:
    """The body, piece by piece.

    Raises:
        ApiError: 413 when it is, or claims to be, longer than `limit` bytes; 400 when nothing comes for half a minute.
        CallerLeft: there is no more.
    """
    claimed = request.headers.get("content-length", "")
    if claimed.isdecimal() and int(claimed) > limit:
        raise _too_large(limit)
    received = 0
    while True:
        try:
            async with asyncio.timeout(_PATIENCE):
                message = await request.receive()
        except TimeoutError:
            text = "The request body did not arrive in time"
            raise ApiError(400, "VALIDATION_ERROR", text, headers={"connection": "close"}) from None
        if message["type"] != "http.request":
            raise CallerLeft
        piece = message["body"]
        received += len(piece)
        if received > limit:
            raise _too_large(limit)
        if piece:
            yield piece
        if not message["more_body"]:
            return


async def read_body(request: Request[Any, Any, Any], kind: type[T]) -> T:
    """The body as `kind`, whatever its Content-Type claims. Raises 400 with the path of the first mistake, and as
    `pieces`."""
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.json.Decoder(kind)
    limit = gateway_of(request.app).settings.max_json_bytes
    raw = b"".join([piece async for piece in pieces(request, limit)])
    try:
        body: T = decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise from_msgspec(error) from None
    return body


def _too_large(limit: int) -> ApiError:
    # The rest of the body is not read, so the connection cannot be used again.
    close = {"connection": "close"}
    return ApiError(413, "PAYLOAD_TOO_LARGE", f"The request body is larger than {limit} bytes", headers=close)
