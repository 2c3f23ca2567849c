"""`multipart/form-data` (RFC 7578) as it arrives, piece by piece: no I/O, and no more in memory than one boundary.

Nothing here is ever read twice, and every part of a form has a bound, so that a hostile body costs no more than an
honest one.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

MAX_PARTS = 256
MAX_HEAD = 8 * 1024
"""Bytes of the headers of one part."""
_MAX_PADDING = 256
"""Bytes of white space behind a boundary."""

# No two ways to match the same text: linear on garbage.
_PARAMETER = re.compile(r';[ \t]*([!#$%&\'*+.^_`|~0-9A-Za-z-]+)=(?:"((?:[^"\\]|\\.)*)"|([^;"\s]+))')
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")


class FormError(ValueError):
    """The body is not the form that it claims to be. The message holds no word of the body."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part begins."""

    name: str
    filename: str | None
    """None for a plain field."""
    content_type: str
    """What the client claims; empty where it claims nothing."""


class FormParser:
    """One form.

    `feed` yields a `Part`, then its content in pieces as they come, then the next part; `end` checks that the form was
    whole.
    """

    def __init__(self, content_type: str) -> None:
        """Raises FormError for what is not `multipart/form-data` with a valid boundary."""
        kind, parameters = _parameters(content_type)
        boundary = parameters.get("boundary", "")
        if kind != "multipart/form-data":
            raise FormError("the body has to be multipart/form-data")
        if not _BOUNDARY.fullmatch(boundary):
            raise FormError("the Content-Type has no valid boundary")
        self._delimiter = b"\r\n--" + boundary.encode()
        # A form may begin with its first boundary; every other one is on a new line.
        self._buffer = bytearray(b"\r\n")
        self._step: Callable[[], Part | bytes | None] = self._preamble
        self._parts = 0

    def feed(self, data: bytes) -> Iterator[Part | bytes]:
        """What these bytes add. Read it to its end before the next call. Raises FormError."""
        self._buffer += data
        while True:
            step = self._step
            yielded = step()
            if yielded is not None:
                yield yielded
            elif self._step == step:
                return

    def end(self) -> None:
        """The body is over. Raises FormError where the form is not."""
        if self._step != self._epilogue:
            raise FormError("the closing boundary is missing")

    # Each step takes what it can from the buffer, and may make another step the next one. It returns what was found;
    # None, and still the same step: more bytes are needed.

    def _preamble(self) -> None:
        self._until_delimiter()

    def _content(self) -> bytes | None:
        return self._until_delimiter() or None

    def _until_delimiter(self) -> bytes:
        at = self._buffer.find(self._delimiter)
        if at < 0:
            # What is left may be the beginning of the delimiter.
            return self._take(max(0, len(self._buffer) - len(self._delimiter) + 1))
        found = self._take(at)
        del self._buffer[: len(self._delimiter)]
        self._step = self._after_boundary
        return found

    def _after_boundary(self) -> None:
        if self._buffer.startswith(b"--"):
            self._step = self._epilogue
            return
        line = self._buffer.find(b"\r\n", 0, _MAX_PADDING)
        if self._buffer[: max(line, 0)].strip(b" \t") or (line < 0 and len(self._buffer) > _MAX_PADDING):
            raise FormError("a boundary is followed by something else")
        if line >= 0:
            del self._buffer[:line]
            self._step = self._head

    def _head(self) -> Part | None:
        # A part without headers begins with an empty line, so the line end of the boundary counts.
        at = self._buffer.find(b"\r\n\r\n", 0, MAX_HEAD + 4)
        if at < 0:
            if len(self._buffer) > MAX_HEAD:
                raise FormError("the headers of a part are too long")
            return None
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise FormError("too many parts")
        head = self._take(at)
        del self._buffer[:4]
        self._step = self._content
        return _part(head)

    def _epilogue(self) -> None:
        self._buffer.clear()

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken


def _part(head: bytes) -> Part:
    headers: dict[str, str] = {}
    for line in text_of(head).split("\r\n"):
        name, colon, value = line.partition(":")
        if line and not colon:
            raise FormError("a header of a part is malformed")
        headers[name.strip().lower()] = value.strip()
    if headers.get("content-transfer-encoding", "binary").lower() not in ("binary", "8bit", "7bit"):
        raise FormError("a part has a transfer encoding that forms do not use")
    disposition, parameters = _parameters(headers.get("content-disposition", ""))
    part_name = parameters.get("name")
    if disposition != "form-data" or part_name is None:
        raise FormError("a part has no name")
    filename = parameters.get("filename", parameters.get("filename*"))
    return Part(part_name, filename, headers.get("content-type", ""))


def text_of(content: bytes) -> str:
    """A plain field. Raises FormError for what is not UTF-8."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise FormError("a text of the form is not UTF-8") from None


def _parameters(value: str) -> tuple[str, dict[str, str]]:
    """The value of a header before its parameters, lower case, and the parameters."""
    kind, semicolon, rest = value.partition(";")
    parameters: dict[str, str] = {}
    for name, quoted, plain in _PARAMETER.findall(semicolon + rest):
        text = plain or re.sub(r"\\(.)", r"\1", quoted)
        # Browsers and HTTP libraries send these three as percent signs (HTML, multipart/form-data encoding).
        for code, character in (("%22", '"'), ("%0D", "\r"), ("%0A", "\n")):
            text = text.replace(code, character)
        parameters.setdefault(name.lower(), text)
    return kind.strip().lower(), parameters
