"""`multipart/form-data` (RFC 7578), read from bytes that are already here: no I/O, so it cannot hang."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_PARTS = 64
MAX_HEAD = 8 * 1024
"""Bytes of the headers of one part."""

# `(?:[^"\\]|\\.)*` has no two ways to match the same text, so it stays linear on garbage.
_PARAMETER = re.compile(r';[ \t]*([!#$%&\'*+.^_`|~0-9A-Za-z-]+)=(?:"((?:[^"\\]|\\.)*)"|([^;"\s]+))')
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")


class FormError(ValueError):
    """The body is not the form it claims to be. The message has no word of the body in it."""


@dataclass(frozen=True, slots=True)
class File:
    """An uploaded file. `content_type` is what the client claims, empty where it claims nothing."""

    filename: str
    content_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Form:
    """Fields in the order of the wire. A name may come more than once."""

    fields: Mapping[str, list[str]]
    files: Mapping[str, list[File]]

    def field(self, name: str) -> str | None:
        """The first value of a field, or None."""
        return self.fields[name][0] if name in self.fields else None


def parse_form(content_type: str, body: bytes) -> Form:
    """Reads a form.

    Raises:
        FormError: `content_type` is not `multipart/form-data` with a boundary, or the body does not follow it.
    """
    fields: dict[str, list[str]] = {}
    files: dict[str, list[File]] = {}
    for head, content in _parts(_boundary(content_type), body):
        headers = _headers(head)
        disposition, parameters = _parameters(headers.get("content-disposition", ""))
        name = parameters.get("name")
        if disposition != "form-data" or name is None:
            raise FormError("a part has no name")
        filename = parameters.get("filename", parameters.get("filename*"))
        if filename is not None:
            files.setdefault(name, []).append(File(filename, headers.get("content-type", ""), content))
        else:
            fields.setdefault(name, []).append(_text(content))
    return Form(fields, files)


def _boundary(content_type: str) -> bytes:
    kind, parameters = _parameters(content_type)
    boundary = parameters.get("boundary", "")
    if kind != "multipart/form-data":
        raise FormError("the body has to be multipart/form-data")
    if not _BOUNDARY.fullmatch(boundary):
        raise FormError("the content type has no valid boundary")
    return boundary.encode()


def _parts(boundary: bytes, body: bytes) -> list[tuple[bytes, bytes]]:
    """Headers and content of each part."""
    sections = (b"\r\n" + body).split(b"\r\n--" + boundary, MAX_PARTS + 2)
    if len(sections) > MAX_PARTS + 2:
        raise FormError("too many parts")
    if len(sections) < 2 or not sections[-1].startswith(b"--"):
        raise FormError("the closing boundary is missing")
    parts = []
    for section in sections[1:-1]:
        line, _, rest = section.partition(b"\r\n")
        head, blank, content = (b"\r\n" + rest).partition(b"\r\n\r\n")
        if line.strip(b" \t") or not blank or len(head) > MAX_HEAD:
            raise FormError("a part is malformed")
        parts.append((head, content))
    return parts


def _headers(head: bytes) -> dict[str, str]:
    headers = {}
    for line in _text(head).split("\r\n"):
        name, colon, value = line.partition(":")
        if line and not colon:
            raise FormError("a part's header is malformed")
        headers[name.strip().lower()] = value.strip()
    if headers.get("content-transfer-encoding", "binary").lower() not in ("binary", "8bit", "7bit"):
        raise FormError("a part has a transfer encoding that forms do not use")
    return headers


def _parameters(value: str) -> tuple[str, dict[str, str]]:
    """The value of a header before its parameters, lower case, and the parameters."""
    kind, semicolon, rest = value.partition(";")
    parameters: dict[str, str] = {}
    for match in _PARAMETER.finditer(semicolon + rest):
        name, quoted, plain = match.groups()
        text = plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        # Browsers and HTTP libraries send these three as percent signs (HTML, multipart/form-data encoding).
        for code, character in (("%22", '"'), ("%0D", "\r"), ("%0A", "\n")):
            text = text.replace(code, character)
        parameters.setdefault(name.lower(), text)
    return kind.strip().lower(), parameters


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise FormError("a text field is not UTF-8") from None
