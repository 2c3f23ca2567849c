# Generated from _async/streams.py by scripts/generate_sync_client.py. Do not edit.
"""Answers that are used while they arrive."""

from collections.abc import Generator, Iterator, Mapping
from types import TracebackType
from typing import Generic, Self

import httpx

from speko.client._sync.transport import Transport
from speko.client.decoder import EventDecoder, EventT
from speko.client.models.results import SynthesizeResult
from speko.client.oneshot import speech_metadata
from speko.client.wire import WireRequest


class EventStream(Generic[EventT]):
    """The events of one call. The request is sent when the first event is asked for.

    Whoever stops before the end closes the stream, best with `with`; the gateway then cancels the call. A
    failure of the call itself comes as the last event, with `type` `error`. Iterating raises SpekoApiError when the
    gateway refuses the call or the stream breaks off (`STREAM_ENDED`), and httpx's exceptions for a broken network.
    """

    def __init__(self, transport: Transport, request: WireRequest, models: Mapping[str, type[EventT]]) -> None:
        self._events = _read_events(transport, request, models)

    def __iter__(self) -> Iterator[EventT]:
        return self

    def __next__(self) -> EventT:
        return self._events.__next__()

    def close(self) -> None:
        """Ends the call. May be called again."""
        self._events.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class SpeechStream:
    """Speech as it arrives: an iterable of bytes, once.

    A chunk may end in the middle of a sample. Whoever stops before the end closes the stream, best with `with`.
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

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._response.iter_bytes()
        finally:
            self._response.close()

    def read(self) -> bytes:
        """All of the speech. For a stream that has not been iterated."""
        try:
            return self._response.read()
        finally:
            self._response.close()

    def close(self) -> None:
        """Ends the call. May be called again."""
        self._response.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _read_events(
    transport: Transport, request: WireRequest, models: Mapping[str, type[EventT]]
) -> Generator[EventT, None, None]:
    response = transport.open(request)
    decoder = EventDecoder(models, response.headers.get("x-request-id"))
    try:
        for chunk in response.iter_bytes():
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
        response.close()
