"""The WebSocket itself, by picows: its parser and its writes are C, what it leaves open is closed here.

picows answers no reserved bit, no message in several frames, no text that is not UTF-8, and takes close codes that no
client may send; its pings come at half the rate that is asked for. It sends large frames by a reference into a buffer
that the next frame overwrites, lets the peer decide how large its read buffer grows, and closes what it has closed for
a violation after ten milliseconds, read or not. All of that is replaced below, and held by tests. Its protocol class is
not exported: its constructor may change with every release, so the version is pinned and `test_picows_link.py` says
what broke.
"""

import asyncio
import logging
from collections.abc import Callable, MutableSet
from dataclasses import dataclass
from typing import Any

from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeResponse, WSUpgradeResponseWithListener
from picows.picows import WSAutoPingStrategy, WSProtocol  # type: ignore[attr-defined]

from speko.api.errors import log_crash
from speko.api.socket.handshake import Granted
from speko.api.socket.heartbeat import Heartbeat
from speko.api.socket.lingering import Lingering
from speko.api.socket.messages import BINARY_LIMIT, NO_CODE, Assembly, Violation, check_text, close_code
from speko.api.socket.seam import SocketHandler
from speko.realtime.link import ClientHandler

log = logging.getLogger(__name__)
_CONTINUATION, _TEXT, _BINARY = WSMsgType.CONTINUATION, WSMsgType.TEXT, WSMsgType.BINARY
_PING, _PONG = WSMsgType.PING, WSMsgType.PONG
_INTERNAL_ERROR = 1011
_NORMAL = 1000
_REASON_BYTES = 123
_PAUSE_BYTES = 256 * 1024
"""Of unsent data, from which on the socket counts as slow."""
_READ_BYTES = 4096
"""Read at once: what one client sends must not keep the loop from the others for long."""
_READ_BUFFER = 2 * _READ_BYTES


@dataclass(frozen=True, slots=True)
class Manners:
    """Seconds. Source: contract, S2S WebSocket 9."""

    ping_every: float = 20.0
    pong_within: float = 20.0
    close_within: float = 5.0
    """Until the client has answered a close frame."""
    linger: float = 3.0
    """Until the client has closed its end, too."""


class _Nobody:
    """Hears what comes after the end."""

    def on_audio(self, pcm: bytes) -> None:
        pass

    def on_text(self, text: bytes) -> None:
        pass

    def on_drained(self) -> None:
        pass

    def on_closed(self, code: int | None) -> None:
        pass


_NOBODY = _Nobody()


class PicowsLink(WSListener):
    """One open socket: a `ClientLink`, and what picows tells of it."""

    __slots__ = (
        "_assembly", "_closing", "_connections", "_handler", "_heartbeat", "_manners", "_owed_pong", "_owner", "_path",
        "_protocol", "_raw", "_slow", "_text_limit", "_transport",
    )  # fmt: skip

    def __init__(
        self,
        granted: Granted,
        raw: asyncio.Transport,
        connections: MutableSet[Any],
        manners: Manners,
        early: bytes = b"",
    ) -> None:
        """Takes the connection over and answers the upgrade. `early`: what the client sent behind its request."""
        self._handler: ClientHandler = granted.accept.handler
        """Who hears of frames: nobody after the end."""
        self._owner: SocketHandler | None = granted.accept.handler
        """Who is to be told of the end; None when that was done."""
        self._path = granted.path
        self._text_limit = granted.accept.text_limit
        self._raw = raw
        self._connections = connections
        self._manners = manners
        self._assembly: Assembly | None = None
        self._slow = False
        self._owed_pong: bytes | None = None
        self._closing: asyncio.TimerHandle | None = None
        self._transport: WSTransport
        self._heartbeat: Heartbeat
        raw.set_write_buffer_limits(high=_PAUSE_BYTES)
        connections.add(self)
        response = WSUpgradeResponse.create_101_response(granted.headers)
        self._protocol = _Protocol(self, response, raw)
        self._protocol.open(granted.key, early)

    # ---- the gateway's side

    @property
    def buffered(self) -> int:
        """See `ClientLink`."""
        return self._raw.get_write_buffer_size()

    def send_audio(self, pcm: bytes) -> None:
        """See `ClientLink`."""
        self._transport.send(_BINARY, pcm)

    def send_text(self, text: bytes) -> None:
        """See `ClientLink`."""
        self._transport.send(_TEXT, text)

    def close(self, code: int, reason: str) -> None:
        """See `ClientLink`."""
        if self._owner is None or self._transport.is_close_frame_sent:
            return
        self._handler = _NOBODY
        self._heartbeat.stop()
        self._send_close(code, reason)
        self._closing = asyncio.get_running_loop().call_later(self._manners.close_within, self._end, None)

    def abort(self) -> None:
        """See `ClientLink`."""
        self._handler = _NOBODY
        self._raw.abort()

    async def alive(self, within: float) -> bool:
        """See `ClientLink`."""
        return await self._heartbeat.alive(within)

    def shutdown(self) -> None:
        """The server stops. Calls are drained, so an open socket stays."""

    # ---- what picows tells

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The upgrade is answered."""
        self._transport = transport
        self._heartbeat = Heartbeat(
            transport.send_ping, self._vanished, self._manners.ping_every, self._manners.pong_within
        )
        try:
            self._handler.on_open(self)  # type: ignore[attr-defined]
        except Exception as error:
            self._crashed(error)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """A frame came, unmasked and whole. This is the path of every piece of audio."""
        try:
            if frame.rsv1 or frame.rsv2 or frame.rsv3:
                raise Violation(1002)
            kind = frame.msg_type
            if kind is _BINARY and frame.fin and self._assembly is None:
                self._handler.on_audio(frame.get_payload_as_bytes())
            elif kind is _TEXT and frame.fin and self._assembly is None:
                self._text(frame)
            elif kind is _CONTINUATION or kind is _TEXT or kind is _BINARY:
                self._part(kind, frame)
            else:
                self._control(kind, frame.get_payload_as_bytes())
        except Violation as violation:
            self._fail(violation.code, violation.reason)
        except Exception as error:
            self._crashed(error)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The connection is over."""
        self._connections.discard(self)
        self._end(None, linger=False)

    def pause_writing(self) -> None:
        """More is unsent than a client that keeps up would leave."""
        self._slow = True

    def resume_writing(self) -> None:
        """Most of it has left."""
        self._slow = False
        if self._owed_pong is not None:
            self._transport.send_pong(self._owed_pong)
            self._owed_pong = None
        try:
            self._handler.on_drained()
        except Exception as error:
            self._crashed(error)

    def violated(self, code: int) -> None:
        """picows found a violation, and is about to close for it."""
        shaken = self._transport.close_handshake
        if shaken is not None and shaken.recv is not None and not self._transport.is_close_frame_sent:
            # It reads one frame ahead: what is broken came behind a close frame that is not handed over yet.
            self._client_closed(int(shaken.recv.code) or NO_CODE)  # type: ignore[call-overload]
        else:
            violation = Violation(code)
            self._fail(violation.code, violation.reason)

    def left(self) -> None:
        """The client has closed its end without a close frame."""
        self._end(None, left=True)

    # ---- frames

    def _text(self, frame: WSFrame) -> None:
        if frame.payload_size > self._text_limit:
            raise Violation(1009)
        text = frame.get_payload_as_bytes()
        check_text(text)
        self._handler.on_text(text)

    def _part(self, kind: WSMsgType, frame: WSFrame) -> None:
        if (kind is _CONTINUATION) is (self._assembly is None):
            raise Violation(1002)
        assembly = self._assembly or Assembly(text=kind is _TEXT, text_limit=self._text_limit)
        message = assembly.add(frame.get_payload_as_bytes(), last=bool(frame.fin))
        self._assembly = assembly if message is None else None
        if message is not None:
            (self._handler.on_text if assembly.is_text else self._handler.on_audio)(message)

    def _control(self, kind: WSMsgType, payload: bytes) -> None:
        if kind is _PONG:
            self._heartbeat.pong(payload)
        elif kind is not _PING:
            self._client_closed(close_code(payload))
        elif self._slow:
            # A client that pings without reading does not fill our memory: the newest ping alone is answered, later.
            self._owed_pong = payload
        else:
            self._transport.send_pong(payload)

    # ---- the end

    def _client_closed(self, code: int) -> None:
        self._send_close(_NORMAL if code == NO_CODE else code, "")
        self._end(code)

    def _fail(self, code: int, reason: str) -> None:
        owner = self._owner
        if owner is not None and not self._transport.is_close_frame_sent:
            words = owner.last_words(code, reason)
            if words is not None:
                self._transport.send(_TEXT, words)
        self._send_close(code, reason)
        self._end(None)

    def _crashed(self, error: Exception) -> None:
        log_crash(error, self._path)
        self._fail(_INTERNAL_ERROR, "internal error")

    def _vanished(self) -> None:
        self._fail(_INTERNAL_ERROR, "no answer to a ping")

    def _send_close(self, code: int, reason: str) -> None:
        # Of two close frames, picows sends the first. It counts reasons in bytes and takes only whole characters.
        fitting = reason.encode()[:_REASON_BYTES].decode(errors="ignore")
        self._transport.send_close(code, fitting)  # type: ignore[arg-type]

    def _end(self, code: int | None, *, linger: bool = True, left: bool = False) -> None:
        owner, self._owner = self._owner, None
        if owner is None:
            return
        self._handler = _NOBODY
        self._assembly = None
        self._heartbeat.stop()
        if self._closing is not None:
            self._closing.cancel()
        if linger:
            Lingering(self._raw, self._manners.linger, self._protocol.connection_lost, left=left)
        try:
            owner.on_closed(code)
        except Exception as error:
            log_crash(error, self._path)


class _Wire:
    """The transport as picows sees it."""

    __slots__ = ("_closed", "_raw", "abort", "get_extra_info", "get_write_buffer_size", "write")

    def __init__(self, raw: asyncio.Transport, closed: Callable[[], None]) -> None:
        self._raw = raw
        self._closed = closed
        self.write = raw.write
        self.abort = raw.abort
        self.get_extra_info = raw.get_extra_info
        self.get_write_buffer_size = raw.get_write_buffer_size

    def writelines(self, pieces: list[Any]) -> None:
        """The first piece is a view of a header in a buffer that the next frame overwrites, and a transport whose
        client is slow keeps views. Bytes stay as they are."""
        self._raw.writelines([bytes(piece) for piece in pieces])

    def close(self) -> None:
        """picows closes by itself only after a violation."""
        self._closed()


class _Ear:
    """The logger that picows is given. It logs a violation before it answers it, and so we answer in its place."""

    __slots__ = ("_link",)

    def __init__(self, link: PicowsLink) -> None:
        self._link = link

    def isEnabledFor(self, _: int) -> bool:
        return False

    def debug(self, *_: Any) -> None:
        pass

    info = warning = log = debug

    def error(self, _: str, told: tuple[Any, ...]) -> None:
        self._link.violated(int(told[0]))

    def exception(self, text: str, *_: Any) -> None:
        log.error("picows failed", extra={"what": text})
        self._link.violated(_INTERNAL_ERROR)


class _Protocol(WSProtocol):  # type: ignore[misc]
    """picows' protocol for a request that is granted already."""

    def __init__(self, link: PicowsLink, response: WSUpgradeResponse, raw: asyncio.Transport) -> None:
        super().__init__(
            None, None, False, lambda _: WSUpgradeResponseWithListener(response, link), _Ear(link), True, None,
            False, 0, 0, WSAutoPingStrategy.PING_PERIODICALLY, False, BINARY_LIMIT, None, _READ_BUFFER,
        )  # fmt: skip
        self._link = link
        self._raw = raw

    def open(self, key: str, early: bytes) -> None:
        """Takes the connection over and answers the upgrade."""
        self.connection_made(_Wire(self._raw, self._link.left))
        self._raw.set_protocol(self)
        # Its own ideas of a handshake are narrower than the RFC's: it is shown the one that it takes.
        request = (
            "GET / HTTP/1.1\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n"
            f"sec-websocket-key: {key}\r\n\r\n"
        )
        rest = memoryview(request.encode() + early)
        while rest and self._raw.get_protocol() is self:
            room = self.get_buffer(-1)
            count = min(len(room), len(rest))
            room[:count] = rest[:count]
            rest = rest[count:]
            self.buffer_updated(count)

    def get_buffer(self, size_hint: int) -> memoryview:
        """Where the next bytes go. picows gives all that it has, and doubles it whenever a read has filled it."""
        room: memoryview = super().get_buffer(size_hint)
        return room[:_READ_BYTES]

    def eof_received(self) -> bool:
        """The client has closed its end; with a close frame before it, this protocol would not be asked any more."""
        self._link.left()
        return False
