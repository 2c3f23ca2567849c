"""Tells those who watch a session that something about it was written."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class SessionChanges:
    """Who watches which session, in this process. What other processes write is not told."""

    def __init__(self) -> None:
        self._watching: dict[str, set[asyncio.Event]] = {}

    @contextmanager
    def watch(self, session_id: str) -> Iterator[asyncio.Event]:
        """An event that is set after each change, for as long as the context lasts; the watcher clears it."""
        event = asyncio.Event()
        watchers = self._watching.setdefault(session_id, set())
        watchers.add(event)
        try:
            yield event
        finally:
            watchers.discard(event)
            if not watchers:
                self._watching.pop(session_id, None)

    def changed(self, session_id: str) -> None:
        """Something about the session was committed."""
        for event in self._watching.get(session_id, ()):
            event.set()

    @property
    def count(self) -> int:
        """Sessions that are being watched."""
        return len(self._watching)
