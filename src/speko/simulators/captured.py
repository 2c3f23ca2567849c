"""What a simulated vendor saw: the requests, and how often what happened."""

import asyncio
import hashlib
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec

from speko.simulators.faults import FaultKind
from speko.simulators.multipart import Form, parse_form


@dataclass(frozen=True)
class CapturedRequest:
    """One request as it came in. Header values are not kept, because one of them is a key."""

    operation: str
    method: str
    path: str
    header_names: tuple[str, ...]
    """Lower case, in the order of the wire."""
    content_type: str
    body: bytes = field(repr=False)
    fault: FaultKind | None = None
    """What was done to it."""

    @cached_property
    def json(self) -> Any:
        """The body as JSON.

        Raises:
            msgspec.DecodeError: it is none.
        """
        return msgspec.json.decode(self.body)

    @cached_property
    def form(self) -> Form:
        """The body as a multipart form.

        Raises:
            FormError: it is none.
        """
        return parse_form(self.content_type, self.body)


class Ledger:
    """Counts, and the last requests."""

    def __init__(self, keep: int) -> None:
        """`keep`: how many requests are kept with their bodies; the oldest go first."""
        self.requests: deque[CapturedRequest] = deque(maxlen=keep)
        self._changed: list[asyncio.Future[None]] = []
        self.reset()

    def reset(self) -> None:
        """Forgets everything."""
        self.requests.clear()
        self.operations: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.cancelled = 0
        """Clients that went away before they had their answer."""
        self.errors = 0
        """Requests that broke the simulator itself."""
        self.last_key: str | None = None
        """First eight hexadecimal digits of the SHA-256 of the key that came last."""

    @property
    def total(self) -> int:
        """Requests so far."""
        return self.operations.total()

    def received(self, operation: str, fault: FaultKind | None, key: str | None) -> None:
        """A request's head is here."""
        self.operations[operation] += 1
        if fault is not None:
            self.faults[fault.value] += 1
        # A header's bytes that are no text come as surrogates.
        self.last_key = hashlib.sha256(key.encode(errors="surrogateescape")).hexdigest()[:8] if key else None
        self.notify()

    def captured(self, request: CapturedRequest) -> None:
        """A request is here as a whole."""
        self.requests.append(request)
        self.notify()

    def client_left(self) -> None:
        """A client went away before it had its answer."""
        self.cancelled += 1
        self.notify()

    def notify(self) -> None:
        """Wakes those that wait in `until`."""
        if self._changed:
            waiting, self._changed = self._changed, []
            for future in waiting:
                if not future.done():
                    future.set_result(None)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Returns when the condition holds; it is asked again whenever something has changed here."""
        while not condition():
            future = asyncio.get_running_loop().create_future()
            self._changed.append(future)
            await future
