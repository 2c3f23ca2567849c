"""`multipart/form-data` (RFC 7578), read from bytes that are already here: no I/O, so it cannot hang."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from speko.multipart import FormError, FormParser, Part, text_of

__all__ = ["File", "Form", "FormError", "parse_form"]


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
    parser = FormParser(content_type)
    parts: list[tuple[Part, list[bytes]]] = []
    for found in parser.feed(body):
        if isinstance(found, Part):
            parts.append((found, []))
        else:
            parts[-1][1].append(found)
    parser.end()
    fields: dict[str, list[str]] = {}
    files: dict[str, list[File]] = {}
    for part, pieces in parts:
        content = b"".join(pieces)
        if part.filename is None:
            fields.setdefault(part.name, []).append(text_of(content))
        else:
            files.setdefault(part.name, []).append(File(part.filename, part.content_type, content))
    return Form(fields, files)
