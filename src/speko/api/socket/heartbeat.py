"""Whether the other side of a socket is still there. Source: contract, S2S WebSocket 9; RFC 6455, 5.5.2 and 5.5.3."""

import asyncio
from collections.abc import Callable


class Heartbeat:
    """Pings at regular times, idle or not, and on demand.

    Each ping carries its number, so that a pong which nobody asked for says nothing. A pong answers all pings before
    its own, too: a client may answer the newest only.

    Args:
        ping: sends a ping with that payload.
        dead: called once when a regular ping stays without a pong.
        every: seconds between regular pings.
        within: seconds that a pong may take.
    """

    __slots__ = ("_answered", "_dead", "_deadline", "_every", "_loop", "_next", "_ping", "_sent", "_waiting", "_within")

    def __init__(self, ping: Callable[[bytes], None], dead: Callable[[], None], every: float, within: float) -> None:
        self._ping = ping
        self._dead = dead
        self._every = every
        self._within = within
        self._sent = 0
        self._answered = 0
        self._waiting: list[tuple[int, asyncio.Future[bool]]] = []
        self._deadline: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._next: asyncio.TimerHandle | None = self._loop.call_later(every, self._beat)

    def _beat(self) -> None:
        if self._deadline is None:
            self._deadline = self._loop.call_later(self._within, self._unanswered)
        self._next = self._loop.call_later(self._every, self._beat)
        self._send()

    def _send(self) -> int:
        self._sent += 1
        self._ping(b"%d" % self._sent)
        return self._sent

    def _unanswered(self) -> None:
        self.stop()
        self._dead()

    def pong(self, payload: bytes) -> None:
        """A pong came."""
        number = int(payload) if len(payload) < 20 and payload.isdigit() else 0
        if not self._answered < number <= self._sent:
            return
        self._answered = number
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        for asked, answer in self._waiting:
            if asked <= number and not answer.done():
                answer.set_result(True)

    async def alive(self, within: float) -> bool:
        """Pings now; whether its pong came within so many seconds."""
        if self._next is None:
            return False
        answer: asyncio.Future[bool] = self._loop.create_future()
        waiting = (self._sent + 1, answer)
        self._waiting.append(waiting)
        try:
            self._send()
            async with asyncio.timeout(within):
                return await answer
        except TimeoutError:
            return False
        finally:
            self._waiting.remove(waiting)

    def stop(self) -> None:
        """The socket is closing: no more pings, and whoever waits learns that nobody is there."""
        for timer in (self._next, self._deadline):
            if timer is not None:
                timer.cancel()
        self._next = self._deadline = None
        for _, answer in self._waiting:
            if not answer.done():
                answer.set_result(False)
