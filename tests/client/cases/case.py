"""A case of the tests of the resources."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

TIME = "2026-01-31T12:30:00.000Z"


@dataclass
class Case:
    """A call, the request it makes, an answer as the contract writes it, and something of the result."""

    call: Callable[[Any], Any]
    method: str
    target: str
    answer: Any
    shows: Callable[[Any], Any]
    shown: Any
    body: Any = None
