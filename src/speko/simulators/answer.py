"""An answer of a simulated vendor, and how it goes out on the wire: whole, or as a fault wants it."""

import asyncio
import contextlib
import fcntl
import socket
import struct
import sys
import termios
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from aiohttp import HttpVersion11, web

from speko.simulators.faults import Fault, FaultKind

EVENT_STREAM = "text/event-stream; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a simulated vendor says when nothing goes wrong.

    With `streamed` the chunks go out one by one in chunked transfer coding, else as one body with its length.
    """

    chunks: Sequence[bytes] | AsyncGenerator[bytes, None]
    content_type: str = "application/json"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    streamed: bool = False
    end: bytes = b""
    """The vendor's own end mark, sent after the chunks. Empty where only the transport shows the end."""
    broken: bytes = b""
    """An event that cannot be read, for streams of events."""
    joined: bytes | None = None
    """Chunks and end in one piece, for answers that are sent often."""


PROXY_PAGE = Answer((b"<html><body><h1>Welcome</h1></body></html>\n",), "text/html; charset=utf-8")
"""What proxies send in place of an answer."""


class Refused(Exception):
    """Ends the handling of a request with an error answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


async def send(
    request: web.BaseRequest, answer: Answer, fault: Fault | None = None, pace: float = 0.0
) -> web.StreamResponse:
    """Sends an answer as the fault wants it; `pace` is in seconds from one chunk to the next, 0 = all at once.

    A fault that happens before there is an answer (`refuse`, a status, `silent`, `slow`) changes nothing here.
    """
    try:
        return await _send(request, answer, fault, pace)
    finally:
        if isinstance(answer.chunks, AsyncGenerator):
            await answer.chunks.aclose()


async def _send(request: web.BaseRequest, answer: Answer, fault: Fault | None, pace: float) -> web.StreamResponse:
    kind = fault.kind if fault else None
    if fault is None or kind not in _SHAPING:
        return await _send_all(request, answer, pace)
    if kind is FaultKind.MALFORMED:
        if not (answer.broken and fault.chunks):
            return await _send_all(request, PROXY_PAGE, 0)
        some = [chunk async for chunk in _first(answer.chunks, fault.chunks)]
        return await _send_all(request, replace(answer, chunks=some, end=answer.broken, joined=None), pace)
    if kind is FaultKind.TRUNCATED:
        if answer.end:
            said = answer.chunks if fault.chunks else ()
            return await _send_all(request, replace(answer, chunks=said, end=b"", joined=None), pace)
        return await _send_short(request, answer, bool(fault.chunks))
    response = await _send_begun(request, answer, fault.chunks, pace)
    if kind is FaultKind.STALL:
        await hold()
    await flush(request)
    reset(request)
    return response


_SHAPING = frozenset({FaultKind.MALFORMED, FaultKind.TRUNCATED, FaultKind.STALL, FaultKind.CUT})


async def hold() -> None:
    """Never returns: the client has to leave (or the simulator to stop), which cancels it."""
    await asyncio.get_running_loop().create_future()


_FLUSH_SECONDS = 2.0
"""How long a client that does not read may hold up a reset."""


async def flush(request: web.BaseRequest) -> None:
    """Returns when all that was sent is with the other side's kernel: a reset throws away what is not."""
    if request.transport is None:
        return
    request.transport.set_write_buffer_limits(0)
    sock = request.transport.get_extra_info("socket")
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_FLUSH_SECONDS):
            await request.writer.drain()
            while sock is not None and _unacknowledged(sock):  # noqa: ASYNC110 - a kernel wakes nobody for this
                await asyncio.sleep(0.001)


def _unacknowledged(sock: socket.socket) -> int:
    """Bytes that the other side's kernel does not have yet; 0 where ours cannot tell."""
    try:
        return int.from_bytes(fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)
    except OSError:
        return 0


def reset(request: web.BaseRequest) -> None:
    """Ends the connection with a TCP reset."""
    transport = request.transport
    if transport is None:
        return
    sock = transport.get_extra_info("socket")
    if sock is not None:
        # Closing a socket that lingers for zero seconds sends RST instead of FIN.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def _send_all(request: web.BaseRequest, answer: Answer, pace: float) -> web.StreamResponse:
    if isinstance(answer.chunks, AsyncGenerator) or (answer.streamed and pace):
        response, first = await _open(request, answer)
        await _write(response, first, pace)
        await response.write_eof(answer.end)
        return response
    body = answer.joined if answer.joined is not None else b"".join(answer.chunks) + answer.end
    whole = web.Response(body=body, status=answer.status, headers=_headers(answer))
    if answer.streamed and request.version >= HttpVersion11:
        whole.enable_chunked_encoding()
    return whole


async def _send_begun(request: web.BaseRequest, answer: Answer, count: int, pace: float) -> web.StreamResponse:
    """The head and the first chunks; of a body in one piece its first half."""
    length = None
    if not answer.streamed:
        body = await _body(answer)
        length = len(body)
        answer = replace(answer, chunks=(body[: length // 2],))
    response, chunks = await _open(request, replace(answer, chunks=_first(answer.chunks, count)), length)
    await _write(response, chunks, pace)
    return response


async def _send_short(request: web.BaseRequest, answer: Answer, some: bool) -> web.StreamResponse:
    """Half of the body, or none of it, under a `Content-Length` that announces all."""
    body = await _body(answer)
    sent = (body[: len(body) // 2],) if some else ()
    response, chunks = await _open(request, replace(answer, chunks=_each(sent)), len(body))
    response.force_close()
    await _write(response, chunks, 0)
    return response


async def _open(
    request: web.BaseRequest, answer: Answer, length: int | None = None
) -> tuple[web.StreamResponse, AsyncIterator[bytes]]:
    """Sends the head. The first chunk is awaited before, so that an engine that fails at once is no answer of 200."""
    chunks = _each(answer.chunks)
    first = await anext(chunks, None)
    response = web.StreamResponse(status=answer.status, headers=_headers(answer))
    if length is not None:
        response.content_length = length
    elif request.version >= HttpVersion11:
        response.enable_chunked_encoding()
    await response.prepare(request)
    return response, _each(() if first is None else (first,), chunks)


async def _write(response: web.StreamResponse, chunks: AsyncIterator[bytes], pace: float) -> None:
    loop = asyncio.get_running_loop()
    due = loop.time()
    async for chunk in chunks:
        await response.write(chunk)
        if pace:
            due += pace
            await asyncio.sleep(due - loop.time())


async def _body(answer: Answer) -> bytes:
    return b"".join([chunk async for chunk in _each(answer.chunks)]) + answer.end


async def _each(*sources: Iterable[bytes] | AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    for source in sources:
        if isinstance(source, AsyncIterator):
            async for chunk in source:
                yield chunk
        else:
            for chunk in source:
                yield chunk


async def _first(chunks: Iterable[bytes] | AsyncIterator[bytes], count: int) -> AsyncGenerator[bytes, None]:
    if count:
        async for chunk in _each(chunks):
            yield chunk
            count -= 1
            if not count:
                return


def _headers(answer: Answer) -> dict[str, str]:
    return {"Content-Type": answer.content_type, **answer.headers}
