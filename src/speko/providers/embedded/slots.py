"""A bound on what an engine does at once: a short bounded wait, then a refusal."""

import asyncio

from speko.providers.errors import Busy


class Slots:
    """`limit` calls at once. At most `waiting` more wait, each for at most `patience` seconds; the rest is refused.

    Args:
        limit: calls at once.
        waiting: calls that may wait for one of them to end.
        patience: seconds.
        refusal: message of the refusal.
    """

    def __init__(self, limit: int, *, waiting: int, patience: float = 1.0, refusal: str) -> None:
        self._free = asyncio.Semaphore(limit)
        self._may_wait = waiting
        self._patience = patience
        self._refusal = refusal

    async def take(self) -> None:
        """Takes a slot; give it back with `give`.

        Raises:
            Busy: no slot became free in time, or too many wait already.
        """
        if not self._free.locked():
            await self._free.acquire()
            return
        if self._may_wait == 0:
            raise Busy(self._refusal)
        self._may_wait -= 1
        try:
            async with asyncio.timeout(self._patience):
                await self._free.acquire()
        except TimeoutError:
            raise Busy(self._refusal) from None
        finally:
            self._may_wait += 1

    def give(self) -> None:
        """Gives a slot back."""
        self._free.release()
