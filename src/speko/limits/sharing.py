"""What processes tell each other through Redis: each part of it says what goes out and takes what comes back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Reply = Any
"""What a script gives: lists, numbers, bytes."""


@dataclass(frozen=True, slots=True)
class Command:
    """One run of a Lua script. Keys without the namespace."""

    script: str
    keys: Sequence[str]
    arguments: Sequence[str | int]


class Shared(Protocol):
    """A part of the state that processes share. It works alone, too: nothing in it waits for an exchange.

    `outgoing` is followed by `incoming` with as many replies as there were commands, or by `alone`.
    """

    def outgoing(self, now: float, *, afresh: bool) -> Sequence[Command]:
        """What the others have to know. `afresh`: after an outage, and at first."""

    def incoming(self, replies: Sequence[Reply], now: float) -> None:
        """What they know. May raise anything for a reply that makes no sense."""

    def alone(self) -> None:
        """Nobody can be told; what went out last may have been lost."""
