"""What a worker does about its supervisor's orders."""

import asyncio
import logging
import os
import threading
from collections.abc import Callable
from typing import Protocol

from speko.api.workers.channel import Order

log = logging.getLogger(__name__)
_ORPHANS_END = 30.0
"""Seconds in which a worker without a supervisor has to end in good order."""


class End(Protocol):
    """Begins the end of what a worker does."""

    def __call__(self, *, at_once: bool) -> None: ...


class Orders:
    """Passes orders on to the event loop. They come from another thread, and may come before there is anybody to pass
    them on to. Of two orders the harder one counts, so that nothing is lost when they come at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at_once: bool | None = None
        self._pass_on: Callable[[], object] | None = None

    def to(self, end: End) -> None:
        """Whom to tell, in the running loop."""
        loop = asyncio.get_running_loop()

        def tell() -> None:
            if self._at_once is not None:
                end(at_once=self._at_once)

        with self._lock:
            self._pass_on = lambda: loop.call_soon_threadsafe(tell)
        tell()

    def take(self, order: Order) -> None:
        """An order came."""
        with self._lock:
            self._at_once = bool(self._at_once) or order == "now"
            pass_on = self._pass_on
        if pass_on is not None:
            try:
                pass_on()
            except RuntimeError:  # the loop is closed: the end is there already
                return

    def orphaned(self) -> None:
        """The supervisor is gone. Nobody would replace this worker or end it: it ends by itself, whatever its loop
        does."""
        log.error("the supervisor is gone; this worker ends")
        self.take("now")
        killer = threading.Timer(_ORPHANS_END, os._exit, (1,))
        killer.daemon = True
        killer.start()
