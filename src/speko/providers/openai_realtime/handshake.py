"""Opens a WebSocket to a vendor, and says why where that fails.

picows reads and writes the frames. Its own way of connecting knows no more of a refused upgrade than the part of the
answer that came with the first packet, and leaves the socket open when it is cancelled; so the upgrade is watched here,
and picows' protocol takes the transport over when the vendor has agreed.
"""

import asyncio
import functools
import logging
import re
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from picows import WSAutoPingStrategy, WSHandshakeError, WSListener, WSTransport
from picows.picows import WSProtocol  # type: ignore[attr-defined]  # its constructor is no part of the public interface

from speko.providers.errors import ConnectFailed, ConnectionLost, DeadlineExceeded, MalformedResponse, ProviderError
from speko.providers.http_errors import status_error

MAX_MESSAGE = 2**25
"""Bytes of one message, in one frame or several: eight minutes of speech."""
PING_SECONDS = 20
_MAX_ANSWER = 2**16
_WRITE_BUFFER = 2**18
"""Bytes that may wait for the network before the client is held back: four seconds of audio."""
_TLS_SHUTDOWN = 0.5
"""Seconds that a vendor may take to say goodbye."""
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})(?: |\r)")
_socket_log = logging.getLogger("speko.providers.openai_realtime.socket")
_socket_log.setLevel(logging.ERROR)  # every coming and going is a line there
_quiet = logging.LoggerAdapter(
    _socket_log, {}
)  # an adapter, because picows makes a new logger of a plain one each time


@dataclass(frozen=True, slots=True)
class Address:
    """Where a session is opened."""

    host: str
    port: int
    secure: bool
    authority: str
    """As the header `Host` says it."""
    target: str
    """Path and query."""

    @classmethod
    def of(cls, base_url: str, model: str) -> "Address":
        """The address below a base URL.

        Raises:
            ConnectFailed: it is no HTTP or WebSocket address.
        """
        try:
            parts = urlsplit(base_url)
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        if parts.scheme not in ("http", "https", "ws", "wss") or not parts.hostname:
            raise ConnectFailed("the base URL is not a valid HTTP address")
        secure = parts.scheme in ("https", "wss")
        query = "&".join(filter(None, (parts.query, urlencode({"model": model}))))
        path = quote(parts.path.removesuffix("/"), safe="/%:@!$&'()*+,;=~")
        escaped = quote(query, safe="=&%+:@!$'()*,;/?~")
        return cls(
            host=parts.hostname,
            port=port or (443 if secure else 80),
            secure=secure,
            authority=parts.netloc.rpartition("@")[2],
            target=f"{path}/realtime?{escaped}",
        )


@functools.cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


async def open_socket(
    address: Address,
    listener: WSListener,
    headers: Mapping[str, str],
    *,
    timeout: float,
    secrets: Sequence[str] = (),
) -> WSTransport:
    """Connects; `listener` hears of it. Cancelling it closes everything.

    Raises:
        ProviderError: not connected within `timeout` seconds, refused, or not a WebSocket.
    """
    loop = asyncio.get_running_loop()
    upgrade = _Upgrade(_websocket(address, listener, headers))
    try:
        async with asyncio.timeout(timeout):
            # Reading the certificates takes a while, once.
            tls = await loop.run_in_executor(None, _tls) if address.secure else None
            shutdown = _TLS_SHUTDOWN if tls else None
            await loop.create_connection(
                lambda: upgrade, address.host, address.port, ssl=tls, ssl_shutdown_timeout=shutdown
            )
            refusal = await upgrade.answer
            if refusal is None:
                await upgrade.websocket.wait_until_handshake_complete()
    except BaseException as error:
        upgrade.abort()
        if isinstance(error, TimeoutError) and upgrade.refusal is not None:  # the vendor takes long to say why
            refusal = upgrade.refusal
        elif isinstance(error, Exception):
            raise transport_error(error) from None
        else:
            raise
    if refusal is not None:
        upgrade.abort()
        raise status_error(refusal.status, refusal.headers, refusal.body, secrets=secrets)
    transport: WSTransport = upgrade.websocket.transport
    if not transport.is_disconnected:  # the vendor may have closed it already, and then the listener knows why
        transport.underlying_transport.set_write_buffer_limits(high=_WRITE_BUFFER)
    return transport


def _websocket(address: Address, listener: WSListener, headers: Mapping[str, str]) -> WSProtocol:
    return WSProtocol(
        host_port=address.authority,
        ws_path=address.target,
        is_client_side=True,
        ws_listener_factory=lambda: listener,
        logger=_quiet,
        disconnect_on_exception=True,
        websocket_handshake_timeout=None,
        enable_auto_ping=True,
        auto_ping_idle_timeout=PING_SECONDS,
        auto_ping_reply_timeout=PING_SECONDS,
        auto_ping_strategy=WSAutoPingStrategy.PING_WHEN_IDLE,
        enable_auto_pong=True,
        max_frame_size=MAX_MESSAGE,
        extra_headers=headers,
        read_buffer_init_size=16 * 1024,
    )


def transport_error(error: Exception) -> ProviderError:
    """The error that an exception of the socket, of TLS or of picows means; what is none of these is raised again."""
    match error:
        case ProviderError():
            return error
        case TimeoutError():
            return DeadlineExceeded("not connected in time", stage="connect")
        case ssl.SSLError():
            return ConnectFailed("TLS could not be established")
        case socket.gaierror() | UnicodeError():
            return ConnectFailed("the host name could not be resolved")
        case OSError():
            return ConnectFailed("connection refused, or host unreachable")
        case WSHandshakeError():
            return MalformedResponse("the answer is not a WebSocket upgrade")
    raise error


@dataclass(frozen=True, slots=True)
class _Refusal:
    """An HTTP answer other than an upgrade."""

    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes


class _Upgrade(asyncio.BufferedProtocol):
    """Reads the answer to the upgrade. If it is one, the WebSocket reads on."""

    def __init__(self, websocket: WSProtocol) -> None:
        self.websocket = websocket
        self.answer: asyncio.Future[_Refusal | None] = asyncio.get_running_loop().create_future()
        self._connected = False
        self._transport: asyncio.Transport
        self._buffer = memoryview(bytearray(2**14))
        self._received = bytearray()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._connected = True
        self._transport = transport
        self.websocket.connection_made(transport)  # sends the request

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        self._received += self._buffer[:nbytes]
        if self.answer.done():
            return
        status = _STATUS.match(self._received)
        if b"\r\n\r\n" in self._received and status and status[1] == b"101":
            self._hand_over()
        elif _is_whole(self._received) or len(self._received) > _MAX_ANSWER:
            self._settle()

    def eof_received(self) -> bool:
        self._settle()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._settle()
        self.websocket.connection_lost(exc)

    @property
    def refusal(self) -> _Refusal | None:
        """What has come of an answer that is not an upgrade."""
        return _read_refusal(self._received)

    def abort(self) -> None:
        """Closes the socket."""
        if self._connected:
            self._transport.abort()
        if self.answer.done() and not self.answer.cancelled():
            self.answer.exception()
        self.answer.cancel()

    def _settle(self) -> None:
        if self.answer.done():
            return
        refusal = self.refusal
        if refusal is not None:
            self.answer.set_result(refusal)
        elif self._received:
            self.answer.set_exception(MalformedResponse("the answer is not valid HTTP"))
        else:
            self.answer.set_exception(ConnectionLost("the connection broke"))

    def _hand_over(self) -> None:
        self._transport.set_protocol(self.websocket)
        rest = memoryview(bytes(self._received))
        while rest and not self._transport.is_closing():
            room = self.websocket.get_buffer(-1)
            size = min(len(room), len(rest))
            room[:size] = rest[:size]
            self.websocket.buffer_updated(size)
            rest = rest[size:]
        self.answer.set_result(None)


def _read_refusal(answer: bytes | bytearray) -> _Refusal | None:
    status = _STATUS.match(answer)
    head, end, body = bytes(answer).partition(b"\r\n\r\n")
    if not status or not end:
        return None
    headers = {}
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        headers[name.decode("latin-1").strip().lower()] = value.decode("latin-1").strip()
    if "chunked" in headers.get("transfer-encoding", ""):
        body = _joined(body)
    return _Refusal(int(status[1]), headers, body)


def _is_whole(answer: bytearray) -> bool:
    """Whether a refusal has arrived in full, as far as that can be told before the connection ends."""
    refusal = _read_refusal(answer)
    if refusal is None:
        return False
    if "chunked" in refusal.headers.get("transfer-encoding", ""):
        return answer.endswith(b"\r\n0\r\n\r\n")
    length = refusal.headers.get("content-length", "")
    return length.isdecimal() and len(refusal.body) >= int(length)


def _joined(chunked: bytes) -> bytes:
    """The body that arrived in chunks, as far as it did. Source: RFC 9112, 7.1."""
    body = b""
    while chunked:
        size, _, chunked = chunked.partition(b"\r\n")
        try:
            length = int(size.partition(b";")[0], 16)
        except ValueError:
            break
        if length <= 0:
            break
        body += chunked[:length]
        chunked = chunked[length + 2 :]
    return body
