"""JSON bodies, decoded straight into their structs: one pass over the bytes, and errors that name the path."""

from typing import Any, TypeVar

import msgspec
from litestar import Request

from speko.api.errors import from_msgspec

T = TypeVar("T")
BODY = "body"
"""Key of a route's `opt` under which it names the struct of its body, for the OpenAPI document."""
_decoders: dict[type, msgspec.json.Decoder[Any]] = {}


async def read_body(request: Request[Any, Any, Any], kind: type[T]) -> T:
    """The body as `kind`, whatever its Content-Type claims. Raises 400 with the path of the first mistake."""
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.json.Decoder(kind)
    try:
        body: T = decoder.decode(await request.body())
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise from_msgspec(error) from None
    return body
