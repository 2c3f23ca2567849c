"""Requests to one vendor: address, key, connecting, and what comes back instead of an answer."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import aiohttp

from speko.providers import addressing
from speko.providers.call import Call
from speko.providers.catalogue import Vendor
from speko.providers.errors import ConnectionLost, MalformedResponse, ProviderError
from speko.providers.http_errors import event_error, status_error, transport_error
from speko.providers.registry import Runtime

_ERROR_BYTES = 2**16
_ERROR_SECONDS = 2.0
_WHOLE_BYTES = 2**24
_STALE_TRIES = 3
_STALE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body. `open` gives it anew, for a second try."""

    open: Callable[[], bytes | AsyncIterator[bytes] | None]
    headers: Mapping[str, str]


def json_body(encoded: bytes) -> Body:
    """A body of JSON."""
    return Body(lambda: encoded, {"Content-Type": "application/json"})


_NO_BODY = Body(lambda: None, {})


class Endpoint:
    """One vendor over HTTP."""

    def __init__(self, vendor: Vendor, runtime: Runtime) -> None:
        self._vendor = vendor
        self._runtime = runtime

    def post(
        self,
        path: str,
        call: Call,
        body: Body,
        *,
        content: Callable[[], Iterable[str]],
        unused: Callable[[], None],
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """Sends a request and gives its answer, once the status is known to be good.

        Everything that goes wrong, also while the caller reads the answer inside the `async with`, becomes a
        `ProviderError`. Leaving the block early closes the connection, so that the vendor notices.

        Args:
            path: appended to the base URL.
            call: whose credential and connect timeout count.
            body: what to send.
            content: gives the caller's own texts, which no error message may repeat.
            unused: called when the vendor has not begun to work, so that nothing is to be metered.
        """
        return self._exchange("POST", path, call, body, content, unused)

    def get(self, path: str, call: Call) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """As `post`, for a request that has no body and costs nothing."""
        return self._exchange("GET", path, call, _NO_BODY, tuple, lambda: None)

    @asynccontextmanager
    async def _exchange(  # noqa: PLR0917 - of two callers, both above
        self,
        method: str,
        path: str,
        call: Call,
        body: Body,
        content: Callable[[], Iterable[str]],
        unused: Callable[[], None],
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        use = _ConnectionUse()
        try:
            response = await self._answer(method, path, call, body, content, use)
        except ProviderError as error:
            if not isinstance(error, ConnectionLost):
                unused()
            raise
        except asyncio.CancelledError:
            if not use.connected:
                unused()  # nothing was sent, so nothing can be billed
            raise
        try:
            yield response
        except (aiohttp.ClientError, OSError) as error:
            raise transport_error(error) from None
        finally:
            response.close()  # a no-op when the answer was read to its end: the connection is back in the pool

    def event_error(self, error: object, call: Call, content: Iterable[str]) -> ProviderError:
        """The error that an error object inside an answer means."""
        return event_error(error, secrets=addressing.secrets(call.credential), content=list(content))

    async def _answer(  # noqa: PLR0917 - as above
        self,
        method: str,
        path: str,
        call: Call,
        body: Body,
        content: Callable[[], Iterable[str]],
        use: "_ConnectionUse",
    ) -> aiohttp.ClientResponse:
        url = addressing.base_url(self._vendor, call.credential) + path
        # Compressed events would wait in the vendor's compressor.
        headers = {
            "Accept-Encoding": "identity",
            **body.headers,
            **addressing.headers(self._vendor, call.credential),
        }
        try:
            response = await self._send(method, url, call, body, headers, use)
        except (aiohttp.ClientError, OSError) as error:
            # Without its cause: aiohttp's exceptions carry the request's headers, and so the key.
            raise transport_error(error) from None
        if 200 <= response.status < 300 and response.content_type != "text/html":
            return response
        try:
            if response.status < 300:
                raise MalformedResponse("the vendor answered with a web page", status=response.status)
            said = await _error_body(response)
            secrets = addressing.secrets(call.credential)
            raise status_error(response.status, response.headers, said, secrets=secrets, content=list(content()))
        finally:
            response.close()

    async def _send(  # noqa: PLR0917 - as above
        self, method: str, url: str, call: Call, body: Body, headers: dict[str, str], use: "_ConnectionUse"
    ) -> aiohttp.ClientResponse:
        """Sends the request, again where the connection turns out to be a dead one.

        A vendor may close an idle connection at the moment in which we take it from the pool. The request then fails
        at once, before any byte of an answer, and nobody has read it. Each try removes a dead connection from the pool,
        so the last is made on a fresh one. A connection that was fresh, or that took its time to die, is not retried:
        then the vendor may well have started on the answer.
        """
        loop = asyncio.get_running_loop()
        session = self._runtime.http
        if _CONNECTION_WATCH not in session.trace_configs:
            session.trace_configs.append(_CONNECTION_WATCH)
        timeout = aiohttp.ClientTimeout(total=None, connect=call.connect_timeout, sock_connect=call.connect_timeout)
        for tries_left in reversed(range(_STALE_TRIES)):
            use.reused = False
            started = loop.time()
            try:
                return await session.request(
                    method,
                    url,
                    data=body.open(),
                    headers=headers,
                    timeout=timeout,
                    allow_redirects=False,
                    trace_request_ctx=use,
                )
            except aiohttp.ClientConnectorError:
                raise
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                if not (use.reused and tries_left and loop.time() - started < _STALE_SECONDS):
                    raise
        raise AssertionError("the last try returns or raises")


async def read_whole(response: aiohttp.ClientResponse, limit: int = _WHOLE_BYTES) -> bytes:
    """The body of an answer that comes in one piece, up to `limit` bytes (16 MiB).

    Raises:
        MalformedResponse: it is larger.
    """
    body = bytearray()
    while piece := await response.content.readany():
        body += piece
        if len(body) > limit:
            raise MalformedResponse("the answer is too large", status=response.status)
    return bytes(body)


@dataclass(slots=True)
class _ConnectionUse:
    """Whether a request has a connection, and whether that had served others before."""

    connected: bool = False
    reused: bool = False


async def _note_reuse(
    _session: aiohttp.ClientSession, context: object, _params: aiohttp.TraceConnectionReuseconnParams
) -> None:
    use = getattr(context, "trace_request_ctx", None)
    if isinstance(use, _ConnectionUse):
        use.connected = use.reused = True


async def _note_connection(
    _session: aiohttp.ClientSession, context: object, _params: aiohttp.TraceConnectionCreateEndParams
) -> None:
    use = getattr(context, "trace_request_ctx", None)
    if isinstance(use, _ConnectionUse):
        use.connected = True


def _connection_watch() -> aiohttp.TraceConfig:
    watch = aiohttp.TraceConfig()
    watch.on_connection_reuseconn.append(_note_reuse)
    watch.on_connection_create_end.append(_note_connection)
    watch.freeze()
    return watch


_CONNECTION_WATCH = _connection_watch()


async def _error_body(response: aiohttp.ClientResponse) -> bytes:
    """What the vendor says about an error, as far as it fits into size and time; a broken connection ends it too."""
    body = bytearray()
    try:
        async with asyncio.timeout(_ERROR_SECONDS):
            while len(body) < _ERROR_BYTES and (piece := await response.content.readany()):
                body += piece
    except (TimeoutError, aiohttp.ClientError, OSError):
        pass
    return bytes(body[:_ERROR_BYTES])
