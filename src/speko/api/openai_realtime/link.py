"""One socket of a client of the Realtime API. To the socket it is the handler, to the session machine the client's
socket; what it hears and says is decided by `translation`.

A session begins, with a row and an engine, when the client has said all that an engine has to know: with the first
sound, or when it asks for a response. A lost socket ends it, since this API knows no way back.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec

from speko.api.limiting import refusal
from speko.api.openai_realtime.client_events import AppendAudio, decode
from speko.api.openai_realtime.complaints import Complaint
from speko.api.openai_realtime.entrance import SUBPROTOCOL, Entrance
from speko.api.openai_realtime.settings import Settings
from speko.api.openai_realtime.translation import Translation
from speko.api.openai_realtime.wanted import Begin, Hear, Tell, Wanted
from speko.api.realtime.door import Refused
from speko.api.realtime.early_messages import EarlyMessages
from speko.api.realtime.tokens import SessionToken
from speko.api.socket.messages import BINARY_LIMIT
from speko.api.socket.seam import Accept, UpgradeRequest
from speko.events.s2s import ClientFrame, decode_server_frame
from speko.providers.s2s import Configure, EngineEvent
from speko.realtime.bridge import Bridge
from speko.realtime.link import ClientLink
from speko.routing.intent import InvalidIntent
from speko.storage.sessions import SessionRow

if TYPE_CHECKING:
    from speko.api.gateway import Gateway

log = logging.getLogger(__name__)
_LIFETIME = timedelta(minutes=30)
_POLICY = 1008
_FAILED = 1011
_MOST_INVALID = 50
"""Events that cannot be read, in a session."""


def openai_session(gateway: "Gateway", request: UpgradeRequest) -> Accept:
    """Grants an upgrade, or raises ApiError."""
    link = OpenAILink(gateway, Entrance.of(gateway, request))
    return Accept(link, SUBPROTOCOL if SUBPROTOCOL in request.subprotocols else None, text_limit=BINARY_LIMIT)


class OpenAILink:
    """From the upgrade to the end."""

    def __init__(self, gateway: "Gateway", entrance: Entrance) -> None:
        self._gateway = gateway
        self._entrance = entrance
        self._id = str(uuid4())
        self._expires_at = datetime.now(UTC) + _LIFETIME
        self._translation = Translation(Settings(entrance.model), self._id, int(self._expires_at.timestamp()))
        self._socket: ClientLink
        self._bridge: Bridge | None = None
        self._early = EarlyMessages()
        """What the session machine is to hear, until it is there."""
        self._configured: Configure | None = None
        """What has changed since `_begin` took the settings."""
        self._closed = False
        self._invalid = 0
        self._idle: asyncio.TimerHandle | None = None
        self._hear: Callable[[bytes], None] = self._keep

    # ---- what the socket tells, see `SocketHandler`

    def on_open(self, link: ClientLink) -> None:
        """The upgrade is answered."""
        self._socket = link
        self._idle = asyncio.get_running_loop().call_later(self._gateway.settings.session_idle_seconds, self._is_idle)
        self._carry_out(self._translation.created())

    def on_text(self, text: bytes) -> None:
        """The client's next event."""
        translation = self._translation
        try:
            event = decode(text)
        except Complaint as complaint:
            self._carry_out(translation.invalid(complaint))
            self._count_invalid()
            return
        if type(event) is not AppendAudio:
            bridge = self._bridge
            self._carry_out(translation.said(event, coming=bridge is not None and bridge.session.awaited))
            return
        pcm = event.audio
        if not translation.straight or len(pcm) & 1:
            self._carry_out(translation.sound(event))
            if not translation.straight or len(pcm) & 1:
                return
        translation.input.heard_bytes += len(pcm)
        self._hear(pcm)

    def on_audio(self, pcm: bytes) -> None:
        """A binary frame, which this API does not have."""
        complaint = Complaint("Sound comes base64-encoded in input_audio_buffer.append", "invalid_value")
        self._carry_out(self._translation.invalid(complaint))
        self._count_invalid()

    def on_drained(self) -> None:
        """The socket has room again."""
        if self._bridge is not None:
            self._bridge.on_drained()

    def on_closed(self, code: int | None) -> None:
        """The socket is gone, and with it the session."""
        self._is_over()
        bridge, self._bridge = self._bridge, None
        if bridge is not None:
            try:
                bridge.detach(self, _FAILED if code is None else code)
            except Exception as error:
                bridge.crashed(error)

    def last_words(self, code: int, reason: str) -> bytes | None:
        """The socket is about to be closed for what the client did to the protocol."""
        name = "internal_error" if code == _FAILED else "invalid_frame"
        said = self._translation.failed(f"The socket is closed: {reason}", name)
        for event in said[:-1]:
            if isinstance(event, bytes):
                self._socket.send_text(event)
        last = said[-1] if said else None
        return last if isinstance(last, bytes) else None

    def retire(self) -> None:
        """Another socket would take the session. None can: nobody has a token of it."""

    # ---- what the session machine says, see `ClientLink`

    @property
    def buffered(self) -> int:
        """Bytes of sound, or as good as sound: base64 has four for three."""
        return self._socket.buffered * 3 // 4

    def send_audio(self, pcm: bytes) -> None:
        """The next sound of the answer."""
        translation = self._translation
        sounds = translation.output.sounds
        if sounds is None:
            self._carry_out(translation.sound_begins())
            sounds = translation.output.sounds
        if sounds is not None:
            self._socket.send_text(sounds.event(pcm))

    def send_text(self, text: bytes) -> None:
        """A frame."""
        self._carry_out(self._translation.frame(decode_server_frame(text)), later=True)

    def close(self, code: int, reason: str) -> None:
        """The session has ended."""
        self._bridge = None
        self._end(code, reason)

    def abort(self) -> None:
        """Ends the connection at once."""
        self._is_over()
        self._socket.abort()

    async def alive(self, within: float) -> bool:
        """Whether the client answers."""
        return await self._socket.alive(within)

    # ---- what the engine says, see `Watcher`

    def engine_changed(self, *, awaited: bool) -> None:
        """Another engine is there."""
        self._carry_out(self._translation.engine_changed(awaited=awaited), later=True)

    def engine_says(self, event: EngineEvent) -> None:
        """Before the session machine has heard it."""
        self._translation.engine_says(event)

    def engine_said(self, event: EngineEvent, *, responding: bool, awaited: bool) -> None:
        """After that."""
        said = self._translation.engine_said(event, responding=responding, awaited=awaited)
        self._carry_out(said, later=True)

    # ---- the beginning

    async def _begin(self, begin: Begin) -> None:
        try:
            bridge = await self._admitted(begin.system)
        except Refused as refused:
            self._fail(refused.message, refused.code, refused.close_code, refused.reason)
            return
        except asyncio.CancelledError:
            self.abort()
            raise
        except Exception as error:
            log.error("beginning a session failed", extra={"type": type(error).__name__})
            self._fail("The session cannot be begun now", "INTERNAL_ERROR", _FAILED, "Internal error")
            return
        try:
            self._attach(bridge, begin)
        except Exception as error:
            bridge.crashed(error)

    async def _admitted(self, system: str) -> Bridge:
        """A session of its own, by the way that every session takes."""
        gateway, key = self._gateway, self._entrance.key
        if exceeded := gateway.limits.hold_session(self._id, key.organization_id, key.id):
            refused = refusal(exceeded)
            raise Refused(_POLICY, refused.code, refused.text, refused.code.lower())
        try:
            row = self._row(system)
            await gateway.store.sessions.create(row)
        except InvalidIntent as error:
            gateway.limits.end_session(self._id)
            raise Refused(_POLICY, "INVALID_CONFIG", str(error)) from None
        except BaseException:
            gateway.limits.end_session(self._id)
            raise
        return await gateway.sockets.admit(SessionToken(row.id, row.organization_id, row.expires_at), self)

    def _row(self, system: str) -> SessionRow:
        entrance, sessions = self._entrance, self._gateway.store.sessions
        return SessionRow(
            id=self._id,
            organization_id=entrance.key.organization_id,
            kind="s2s",
            agent_id=None,
            request_id=entrance.request_id,
            spec=entrance.spec(self._translation.settings, system),
            metadata={},
            webhook_tags={},
            api_key_id=entrance.key.id,
            created_at=sessions.now(),
            expires_at=self._expires_at.replace(microsecond=0),
        )

    def _attach(self, bridge: Bridge, begin: Begin) -> None:
        bridge.session.remember(begin.history)
        bridge.watcher = self
        if self._closed:
            bridge.attach(self)
            bridge.detach(self, _FAILED)
            return
        self._bridge = bridge
        if self._configured is not None:
            bridge.configure(self._configured)
        bridge.attach(self)
        for is_audio, data in self._early.take():
            (bridge.on_audio if is_audio else bridge.on_text)(data)
        self._hear = bridge.on_audio

    # ---- carrying out

    def _carry_out(self, wanted: Sequence[Wanted], *, later: bool = False) -> None:
        """Does it, in order. `later`: the session machine is in the middle of something, and hears of it after that."""
        for what in wanted:
            match what:
                case bytes():
                    self._socket.send_text(what)
                case Hear():
                    self._hear(what.pcm)
                case Tell() if later:
                    asyncio.get_running_loop().call_soon(self._tell, what.frame)
                case Tell():
                    self._tell(what.frame)
                case Configure() if self._bridge is not None:
                    self._bridge.configure(what)
                case Configure():
                    self._configured = what
                case Begin():
                    if self._idle is not None:
                        self._idle.cancel()  # from here on the session machine looks after that
                    self._gateway.sockets.start(self._begin(what))

    def _tell(self, frame: ClientFrame) -> None:
        text = msgspec.json.encode(frame)
        if self._bridge is not None:
            self._bridge.on_text(text)
        elif not self._closed and not self._early.text(text):
            self._fail("Too many events at once", "INVALID_FRAME", _POLICY, "flood")

    def _keep(self, pcm: bytes) -> None:
        if not self._closed and not self._early.audio(pcm):
            self._fail("Too much sound at once", "INVALID_FRAME", _POLICY, "flood")

    def _count_invalid(self) -> None:
        self._invalid += 1
        if self._invalid > _MOST_INVALID:
            self._fail("Too many events that cannot be read", "INVALID_FRAME", _POLICY, "flood")

    # ---- the end

    def _is_idle(self) -> None:
        self._fail("Nothing has been said", "idle_timeout", 1000, "idle_timeout")

    def _fail(self, message: str, code: str, close_code: int, reason: str) -> None:
        if not self._closed:
            self._carry_out(self._translation.failed(message, code.lower()))
            bridge, self._bridge = self._bridge, None
            self._end(close_code, reason)
            if bridge is not None:
                bridge.detach(self, close_code)

    def _end(self, code: int, reason: str) -> None:
        if not self._closed:
            self._carry_out(self._translation.ended())
            self._is_over()
            self._socket.close(code, reason)

    def _is_over(self) -> None:
        self._closed = True
        self._translation.over = True
        self._hear = _nobody
        self._early.clear()
        if self._idle is not None:
            self._idle.cancel()


def _nobody(_: bytes) -> None:
    return
