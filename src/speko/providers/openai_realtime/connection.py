"""One open session: bytes from and to the socket, and the two ends of its life."""

import asyncio
import logging
import traceback

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from speko.providers.addressing import secrets
from speko.providers.call import Call
from speko.providers.errors import ConnectionLost, MalformedResponse, ProviderError
from speko.providers.openai_realtime import client_events, complaints, server_events
from speko.providers.openai_realtime.conversation import Conversation
from speko.providers.openai_realtime.facts import RealtimeFacts
from speko.providers.openai_realtime.handshake import MAX_MESSAGE, PING_SECONDS
from speko.providers.openai_realtime.server_events import ErrorBody
from speko.providers.redaction import safe_words
from speko.providers.s2s import EngineCommand, EngineSink, S2sRequest

log = logging.getLogger(__name__)
_TEXT = WSMsgType.TEXT
_BINARY = WSMsgType.BINARY
_MAX_UNSENT = 2**22
"""Bytes that wait for a vendor who reads nothing: a minute of audio."""


class Connection(WSListener):
    """A session, from the upgrade on."""

    def __init__(self, request: S2sRequest, call: Call, sink: EngineSink, facts: RealtimeFacts) -> None:
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._handed_over = False
        self._early: ProviderError | None = None
        self._settings = client_events.session_update(request, facts)
        self._secrets = secrets(call.credential)
        self._conversation = Conversation(
            request=request,
            facts=facts,
            usage=call.usage,
            sink=sink,
            send=self._send,
            lost=self.lose,
            secrets=self._secrets,
        )
        self._transport: WSTransport
        self._open = False
        """From the upgrade to the end."""
        self._fragments: bytearray | None = None
        self._reading = True
        self._clogged = False
        self._farewell: asyncio.Task[None] | None = None

    async def set_up(self) -> None:
        """Waits until the vendor has accepted the settings. From then on the sink hears of a loss.

        Raises:
            ProviderError: it has not.
        """
        await self._ready
        self._handed_over = True
        if self._early is not None:
            raise self._early

    # ---- the gateway's side

    def audio(self, pcm: bytes) -> None:
        """The user's next sound."""
        if not self._open:
            return
        self._conversation.appended(len(pcm))
        self._transport.send(_TEXT, client_events.append_audio(pcm))
        if self._clogged:
            self._check_unsent()

    def do(self, command: EngineCommand) -> None:
        """Carries a command out."""
        if self._open:
            self._conversation.do(command)

    def pause_reading(self) -> None:
        """Reads nothing more until `resume_reading`."""
        self._read(False)

    def resume_reading(self) -> None:
        """Reads on."""
        self._read(True)

    def close(self) -> None:
        """Ends the session at once; the sink hears nothing more."""
        if not self._ready.cancel() and not self._ready.cancelled():
            self._ready.exception()
        if self._open:
            self._shut()
            self._hang_up()

    def lose(self, error: ProviderError) -> None:
        """The session is over, and that was not our will."""
        if self._open:
            sink = self._shut()
            self._hang_up()
            self._report(sink, error)

    def _report(self, sink: EngineSink, error: ProviderError) -> None:
        if self._handed_over:
            sink.lost(error)
        elif self._ready.done():
            self._early = error
        else:
            self._ready.set_exception(error)

    def _shut(self) -> EngineSink:
        """Takes the session out of service; returns its sink."""
        self._open = False
        sink = self._conversation.sink
        self._conversation.mute()
        return sink

    def _hang_up(self) -> None:
        # Nothing may be written after this: the number of the closed socket can belong to another one by then.
        self._transport.send_close(WSCloseCode.OK)
        waits = self._transport.underlying_transport.get_write_buffer_size() > 0
        self._transport.disconnect(graceful=not waits)

    def _send(self, message: bytes) -> None:
        if self._open:
            self._transport.send(_TEXT, message)

    def _check_unsent(self) -> None:
        if self._transport.underlying_transport.get_write_buffer_size() > _MAX_UNSENT:
            self.lose(ConnectionLost("the vendor takes no more audio"))

    def _read(self, on: bool) -> None:
        transport = self._transport.underlying_transport if self._open else None
        if transport is None or self._reading is on or transport.is_closing():
            return
        self._reading = on
        if on:
            transport.resume_reading()
        else:
            self._transport.notify_user_specific_pong_received()  # it could not be heard
            transport.pause_reading()

    # ---- the socket's side

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The vendor agreed to the upgrade."""
        self._transport = transport
        self._open = True

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """A frame arrived."""
        if not self._open:
            return
        try:
            kind = frame.msg_type
            if kind is _TEXT and frame.fin and self._fragments is None:
                self._message(frame.get_payload_as_memoryview())
            elif kind == WSMsgType.CLOSE:
                self._closed_by_vendor(frame)
            elif kind != WSMsgType.PONG:
                self._fragment(frame)
        except ProviderError as error:
            self.lose(error)
        except Exception as error:
            # Where, and not the exception's text: it may hold somebody's words.
            places = [f"{place.name}:{place.lineno}" for place in traceback.extract_tb(error.__traceback__)[-3:]]
            log.error("an event could not be handled", extra={"type": type(error).__name__, "where": places})
            self.lose(MalformedResponse("an event could not be handled"))

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The connection is gone, or the ping was not answered."""
        self._farewell = asyncio.get_running_loop().create_task(_ended(transport))
        sent = transport.close_handshake.sent if transport.close_handshake else None
        if sent is None:
            error: ProviderError = ConnectionLost("the vendor closed the connection")
        elif sent.code == WSCloseCode.GOING_AWAY:
            error = ConnectionLost(f"the vendor did not answer a ping within {PING_SECONDS} s")
        else:
            error = MalformedResponse("the vendor broke the rules of the WebSocket protocol")
        if self._open:
            self._report(self._shut(), error)

    def send_user_specific_ping(self, transport: WSTransport) -> None:
        """A ping. While nothing is read its answer could not be heard, so none is expected."""
        transport.send_ping()
        if not self._reading:
            asyncio.get_running_loop().call_soon(transport.notify_user_specific_pong_received)

    def pause_writing(self) -> None:
        """The network takes no more."""
        self._clogged = True
        self._conversation.sink.pause()

    def resume_writing(self) -> None:
        """It does again."""
        self._clogged = False
        self._conversation.sink.resume()

    def _fragment(self, frame: WSFrame) -> None:
        begins = frame.msg_type in (_TEXT, _BINARY)
        if begins is (self._fragments is not None):
            raise MalformedResponse("the vendor broke the rules of the WebSocket protocol")
        message = self._fragments if self._fragments is not None else bytearray()
        if len(message) + frame.payload_size > MAX_MESSAGE:
            raise MalformedResponse("an event is too large")
        message += frame.get_payload_as_memoryview()
        self._fragments = None if frame.fin else message
        if frame.fin:
            self._message(message)

    def _message(self, message: bytearray | memoryview) -> None:
        event = server_events.decode(message)
        if event is None:
            return
        if self._ready.done():
            self._conversation.received(event)
        else:
            self._set_up(event)

    def _set_up(self, event: server_events.ServerEvent) -> None:
        match event:
            case server_events.SessionCreated() | server_events.ConversationCreated():
                if self._settings:
                    self._send(self._settings)
                self._settings = b""  # some servers say both
            case server_events.SessionUpdated(session):
                self._ready.set_result(None)
                self._conversation.begin(session)
            case server_events.Error(error):
                raise self._meaning(error)
            case _:
                pass  # nothing else belongs here

    def _closed_by_vendor(self, frame: WSFrame) -> None:
        code = int.from_bytes(frame.get_payload_as_memoryview()[:2], "big") or 1005
        reason = frame.get_close_reason() or ""
        if not self._ready.done() and reason:
            raise self._meaning(ErrorBody(code=reason if " " not in reason else None, message=reason))
        words = safe_words(reason, self._secrets, self._conversation.content)
        raise ConnectionLost(f"the vendor closed the session ({code})" + (f": {words}" if words else ""))

    def _meaning(self, error: ErrorBody) -> ProviderError:
        return complaints.meaning(error, secrets=self._secrets, content=self._conversation.content)


async def _ended(transport: WSTransport) -> None:
    """Takes note of why picows closed the connection; otherwise asyncio complains that nobody did."""
    try:
        await transport.wait_disconnected()
    except Exception as error:
        log.debug("connection closed", extra={"type": type(error).__name__})
