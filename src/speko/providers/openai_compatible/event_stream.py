"""Reads the events of an HTTP answer, one network read at a time."""

import asyncio

import aiohttp

from speko.providers.sse import SseDecoder

_DRAIN_SECONDS = 0.05


class EventStream:
    """The events of one answer."""

    ended = False
    """The connection gave everything it had."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._content = response.content
        self._decoder = SseDecoder()

    async def read(self) -> list[bytes]:
        """The data of all events that the next read completes, possibly none.

        Raises:
            MalformedResponse: an event is too large.
            aiohttp.ClientError: the connection broke.
        """
        chunk = await self._content.readany()
        if chunk:
            return self._decoder.feed(chunk)
        self.ended = True
        return self._decoder.finish()

    async def drain(self) -> None:
        """After the vendor's own end mark: waits a moment for the end of the answer, without which its connection
        could not be used again."""
        if self.ended or self._content.at_eof():
            return
        try:
            async with asyncio.timeout(_DRAIN_SECONDS):
                while await self._content.readany():
                    pass
        except (TimeoutError, aiohttp.ClientError, OSError):
            pass  # it costs a connection, not the answer
