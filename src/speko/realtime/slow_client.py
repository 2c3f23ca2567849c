"""A client that does not take what it is sent. Source: contract, S2S WebSocket 9."""

import asyncio
from collections.abc import Callable

from speko.realtime.link import ClientLink

_LOOK_EVERY = 1.0
_FULL = 5.0
_STUCK = 30.0
"""Seconds without progress after which it is given up: with more than it may have in its socket, and with less."""


class SlowClient:
    """Watches a socket from the moment it holds much. Progress counts, and not the amount alone: an engine may send
    minutes of sound in one message, and a client that is taking it is no bad one.

    Args:
        link: the socket.
        most: bytes that it may hold for long.
        give_up: called once.
    """

    def __init__(self, link: ClientLink, most: int, give_up: Callable[[], None]) -> None:
        self._link = link
        self._most = most
        self._give_up = give_up
        self._least = link.buffered
        self._still = 0.0
        self._timer = asyncio.get_running_loop().call_later(_LOOK_EVERY, self._look)

    def _look(self) -> None:
        held = self._link.buffered
        self._still = 0.0 if held < self._least else self._still + _LOOK_EVERY
        self._least = held
        if self._still >= (_FULL if held > self._most else _STUCK):
            self._give_up()
        else:
            self._timer = asyncio.get_running_loop().call_later(_LOOK_EVERY, self._look)

    def stop(self) -> None:
        """It keeps up again, or is gone."""
        self._timer.cancel()
