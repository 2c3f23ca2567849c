"""An upload in a form: one file, kept as any upload is, and short fields beside it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from litestar import Request

from speko.api.body import pieces
from speko.api.errors import ApiError, invalid
from speko.api.gateway import gateway_of
from speko.api.spool import Upload
from speko.multipart import FormError, FormParser, Part, text_of

MAX_TEXT = 64 * 1024
"""Bytes of all fields together."""
_DISCARDING = 1.0
"""Seconds in which the rest of a refused upload is read."""
_DISCARDED_BYTES = 64 * 2**20


class UploadForm:
    """What was sent. The upload has to be closed by whoever reads the form."""

    def __init__(self, parser: FormParser, file_field: str) -> None:
        self._parser = parser
        self._file_field = file_field
        self._texts: list[tuple[str, bytearray]] = []
        self._text_bytes = 0
        self._part: Part | None = None
        self._read = False
        """The body was read to its end."""
        self.file: Part | None = None
        """The file's part; None = there was none."""

    @classmethod
    async def receive(cls, request: Request[Any, Any, Any], file_field: str) -> tuple["UploadForm", Upload]:
        """Reads a form to its end.

        Raises:
            ApiError: 400 for what is no form; 413 as for any audio; 429 and 500 as `Spool.receive`.
            CallerLeft: there is no more of it.
        """
        gateway = gateway_of(request.app)
        form: UploadForm | None = None
        try:
            form = cls(FormParser(request.headers.get("content-type", "")), file_field)
            limit = gateway.settings.max_audio_bytes
            return form, await gateway.spool.receive(form._file_pieces(pieces(request, limit)))
        except (FormError, ApiError) as error:
            if form is None or not form._read:
                await _discard(request)
            if isinstance(error, ApiError):
                raise
            raise invalid(f"Invalid form: {error}", ("", str(error)), headers={"connection": "close"}) from None

    async def _file_pieces(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for data in body:
            for found in self._parser.feed(data):
                if isinstance(found, Part):
                    self._begin(found)
                elif self._part is not None and self._part is self.file:
                    yield found
                else:
                    self._add(found)
        self._read = True
        self._parser.end()

    def _begin(self, part: Part) -> None:
        self._part = part
        if part.name == self._file_field:
            if self.file is not None:
                raise FormError("there is more than one file")
            self.file = part
        elif part.filename is not None:
            raise FormError("a file is in a field that takes none")
        else:
            self._texts.append((part.name, bytearray()))

    def _add(self, content: bytes) -> None:
        self._text_bytes += len(content)
        if self._text_bytes > MAX_TEXT:
            raise FormError(f"the fields beside the file are longer than {MAX_TEXT} bytes")
        self._texts[-1][1].extend(content)

    def all(self, name: str) -> list[str]:
        """The values of a field, also of one that is written `name[]`. Raises ApiError 400."""
        try:
            return [text_of(bytes(value)) for key, value in self._texts if key in (name, f"{name}[]")]
        except FormError as error:
            raise invalid(f"Invalid form: {error}", (name, "is not UTF-8")) from None

    def one(self, name: str) -> str | None:
        """The value of a field; blank is as good as absent. Of several the last counts. Raises ApiError 400."""
        values = self.all(name)
        return (values[-1].strip() or None) if values else None


async def _discard(request: Request[Any, Any, Any]) -> None:
    """Reads some of what is still on its way: a connection that is closed with bytes unread takes the answer with it,
    and clients of this API would send the whole upload twice more."""
    left = _DISCARDED_BYTES
    with suppress(TimeoutError):
        async with asyncio.timeout(_DISCARDING):
            while left > 0:
                message = await request.receive()
                if message["type"] != "http.request" or not message["more_body"]:
                    return
                left -= len(message["body"])
