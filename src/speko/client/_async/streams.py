"""Answers that are used while they arrive."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from types import TracebackType
from typing import Generic, Self

import httpx

from speko.client._async.transport import AsyncTransport
from speko.client.decoder import EventDecoder, EventT
from speko.client.models.results import SynthesizeResult
from speko.client.oneshot import speech_metadata
from speko.client.wire import WireRequest


class AsyncEventStream(Generic[EventT]):
    """The events of one call. The request is sent when the first event is asked for.

    Whoever stops before the end closes the stream, best with `async with`; the gateway then cancels the call. A
    failure of the call itself comes as the last event, with `type` `error`. Iterating raises SpekoApiError when the
    gateway refuses the call or the stream breaks off (`STREAM_ENDED`), and httpx's exceptions for a broken network.
    """

    def __init__(self, transport: AsyncTransport, request: WireRequest, models: Mapping[str, type[EventT]]) -> None:
        self._events = _read_events(transport, request, models)

    def __aiter__(self) -> AsyncIterator[EventT]:
        return self

    async def __anext__(self) -> EventT:
        return await self._events.__anext__()

    async def aclose(self) -> None:
        """Ends the call. May be called again."""
        await self._events.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()


class AsyncSpeechStream:
    """Speech as it arrives: an iterable of bytes, once.

    A chunk may end in the middle of a sample. Whoever stops before the end closes the stream, best with `async with`.
    A connection that breaks raises httpx's exception: speech is never cut short in silence.
    """

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        metadata = SynthesizeResult(audio=b"", **speech_metadata(response.headers))
        self.content_type = metadata.content_type
        """For instance `audio/pcm;rate=24000`."""
        self.provider = metadata.provider
        self.model = metadata.model
        self.failover_count = metadata.failover_count
        self.scores_run_id = metadata.scores_run_id
        self.request_id = metadata.request_id

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._response.aiter_bytes():
                yield chunk
        finally:
            await self._response.aclose()

    async def read(self) -> bytes:
        """All of the speech. For a stream that has not been iterated."""
        try:
            return await self._response.aread()
        finally:
            await self._response.aclose()

    async def aclose(self) -> None:
        """Ends the call. May be called again."""
        await self._response.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()


async def _read_events(
    transport: AsyncTransport, request: WireRequest, models: Mapping[str, type[EventT]]
) -> AsyncGenerator[EventT, None]:
    response = await transport.open(request)
    decoder = EventDecoder(models, response.headers.get("x-request-id"))
    try:
        async for chunk in response.aiter_bytes():
            if decoder.ended:
                break
            for event in decoder.feed(chunk):
                yield event
        for event in decoder.finish():
            yield event
    except httpx.HTTPError:
        # After the last event the loop reads once more: at the end of the body the connection can be used again.
        # Whatever comes instead does not matter, the answer is complete.
        if not decoder.ended:
            raise
    finally:
        await response.aclose()
