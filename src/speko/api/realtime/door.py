"""One socket from the upgrade until a session takes it: the token, the look into the database, and what the client says
meanwhile.

Source: contract, S2S WebSocket 1 and 2.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, Protocol

from speko.api.realtime.early_messages import EarlyMessages
from speko.api.realtime.tokens import SessionToken
from speko.events.s2s import EndFrame, ErrorFrame, encode_server_frame
from speko.realtime.bridge import Bridge
from speko.realtime.link import ClientLink

log = logging.getLogger(__name__)
_FLOOD = 1008


class SocketOwner(Protocol):
    """Has the socket of a session, until another socket takes the session over."""

    def retire(self) -> None:
        """The socket is nobody's any more: what still comes from it is dropped."""


class Refused(Exception):
    """The socket gets an `error` frame, and an `end` frame where one belongs to it, and is closed."""

    def __init__(
        self, close_code: int, code: str, message: str, reason: str | None = None, *, end: EndFrame | None = None
    ) -> None:
        super().__init__(message)
        self.close_code = close_code
        self.code = code
        self.message = message
        self.reason = reason or code
        self.end = end


class Sessions(Protocol):
    """Who has the sessions: `LiveSessions`."""

    def read_token(self, presented: str | None, now: datetime) -> SessionToken | None:
        """The token, if it is ours and still valid."""

    def start(self, entering: Coroutine[Any, Any, None]) -> None:
        """Lets a socket enter, beside everything else."""

    async def admit(self, token: SessionToken, door: "Door") -> Bridge:
        """The session of a token, for this socket. Raises Refused."""


class Door:
    """Takes a socket that was accepted, whoever it is: browsers can read a refusal only then."""

    on_audio: Callable[[bytes], None]
    on_text: Callable[[bytes], None]

    def __init__(self, live: Sessions, session_id: str, presented: str | None) -> None:
        self._live = live
        self._session_id = session_id
        self._presented = presented
        self._link: ClientLink | None = None
        self._bridge: Bridge | None = None
        self._closed: tuple[int | None] | None = None
        self._early = EarlyMessages()
        self.on_audio = self._keep_audio
        self.on_text = self._keep_text

    def on_open(self, link: ClientLink) -> None:
        """See `SocketHandler`."""
        self._link = link
        token = self._live.read_token(self._presented, datetime.now(UTC))
        if token is None or token.session_id != self._session_id:
            # Before any look into the database: this is what a flood of guesses costs.
            self._refuse(link, Refused(4401, "UNAUTHORIZED", "The session token is missing, wrong or expired"))
            return
        self._live.start(self._enter(token, link))

    def last_words(self, code: int, reason: str) -> bytes | None:
        """See `SocketHandler`."""
        name = "INTERNAL_ERROR" if code == 1011 else "INVALID_FRAME"
        return encode_server_frame(ErrorFrame(name, f"The socket is closed: {reason}"))

    def on_drained(self) -> None:
        """See `ClientHandler`."""
        if self._bridge is not None:
            self._bridge.on_drained()

    def on_closed(self, code: int | None) -> None:
        """See `ClientHandler`."""
        self.retire()
        if self._closed is None:
            self._closed = (code,)
        bridge, link = self._bridge, self._link
        if bridge is None or link is None:
            return
        try:
            bridge.detach(link, code)
        except Exception as error:
            bridge.crashed(error)

    def retire(self) -> None:
        """See `SocketOwner`."""
        self.on_audio = self.on_text = _ignore
        self._early.clear()

    async def _enter(self, token: SessionToken, link: ClientLink) -> None:
        try:
            bridge = await self._live.admit(token, self)
        except Refused as refusal:
            self._refuse(link, refusal)
            return
        except asyncio.CancelledError:
            link.abort()
            raise
        except Exception as error:
            log.error("admitting a socket failed", extra={"type": type(error).__name__})
            self._refuse(link, Refused(1011, "INTERNAL_ERROR", "The session cannot be opened now", "Internal error"))
            return
        try:
            self._pass_on(bridge, link)
        except Exception as error:
            bridge.crashed(error)

    def _pass_on(self, bridge: Bridge, link: ClientLink) -> None:
        """The session has the socket. One that has gone meanwhile was there: its client may come again."""
        self._bridge = bridge
        bridge.attach(link)
        if self._closed is not None:
            bridge.detach(link, *self._closed)
            return
        self.on_audio = bridge.on_audio
        self.on_text = bridge.on_text
        for is_audio, data in self._early.take():
            (bridge.on_audio if is_audio else bridge.on_text)(data)

    def _keep_audio(self, pcm: bytes) -> None:
        if not self._early.audio(pcm):
            self._flooded()

    def _keep_text(self, text: bytes) -> None:
        if not self._early.text(text):
            self._flooded()

    def _flooded(self) -> None:
        self._closed = (_FLOOD,)
        if self._link is not None:
            self._refuse(self._link, Refused(_FLOOD, "INVALID_FRAME", "Too many frames at once", "flood"))

    def _refuse(self, link: ClientLink, refusal: Refused) -> None:
        self.retire()
        link.send_text(encode_server_frame(ErrorFrame(refusal.code, refusal.message)))
        if refusal.end is not None:
            link.send_text(encode_server_frame(refusal.end))
        link.close(refusal.close_code, refusal.reason)


def _ignore(_: bytes) -> None:
    return
