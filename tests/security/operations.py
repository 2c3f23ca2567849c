"""Every operation of the API, from its own document: a new one cannot be forgotten."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from speko.api.app import openapi_document

DOCUMENT = openapi_document()


@dataclass(frozen=True)
class Operation:
    """A method on a path."""

    method: str
    path: str
    described: Any

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names in the path."""
        return tuple(re.findall(r"{(\w+)}", self.path))

    @property
    def is_open(self) -> bool:
        """Whether it needs no key."""
        return bool(self.described.get("security") == [{}])

    @property
    def has_body(self) -> bool:
        """Whether it takes one."""
        return "requestBody" in self.described


def _operations() -> Iterator[Operation]:
    for path, operations in DOCUMENT["paths"].items():
        for method, described in operations.items():
            yield Operation(method.upper(), path, described)


OPERATIONS = tuple(_operations())
