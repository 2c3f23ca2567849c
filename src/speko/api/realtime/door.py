"""One socket from the upgrade until a session takes it: the token, the look into the database, and what the client says
meanwhile.

Source: contract, S2S WebSocket 1 and 2.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from speko.api.realtime.tokens import SessionToken
from speko.events.s2s import ErrorFrame, encode_server_frame
from speko.realtime.bridge import Bridge
from speko.realtime.link import ClientLink

if TYPE_CHECKING:
    from speko.api.realtime.live import LiveSessions

log = logging.getLogger(__name__)
_EARLY_AUDIO = 2**20
"""Bytes of audio that are kept before the session is there; then the oldest are dropped."""
_EARLY_TEXTS = 1000


class Refused(Exception):
    """The socket gets an `error` frame and is closed."""

    def __init__(self, close_code: int, code: str, message: str, reason: str | None = None) -> None:
        super().__init__(message)
        self.close_code = close_code
        self.code = code
        self.message = message
        self.reason = reason or code


class Door:
    """Takes a socket that was accepted, whoever it is: browsers can read a refusal only then."""

    on_audio: Callable[[bytes], None]
    on_text: Callable[[bytes], None]

    def __init__(self, live: "LiveSessions", session_id: str, presented: str | None) -> None:
        self._live = live
        self._session_id = session_id
        self._presented = presented
        self._link: ClientLink | None = None
        self._bridge: Bridge | None = None
        self._closed: tuple[int | None] | None = None
        self._early: deque[tuple[bool, bytes]] = deque()
        """In order; whether it is audio, and what it is."""
        self._early_audio = 0
        self._early_texts = 0
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

    def on_drained(self) -> None:
        """See `ClientHandler`."""
        if self._bridge is not None:
            self._bridge.on_drained()

    def on_closed(self, code: int | None) -> None:
        """See `ClientHandler`."""
        self._closed = (code,)
        self.retire()
        if self._bridge is not None and self._link is not None:
            self._bridge.detach(self._link, code)

    def retire(self) -> None:
        """The socket is nobody's any more: what still comes from it is dropped."""
        self.on_audio = self.on_text = _ignore
        self._early.clear()

    async def _enter(self, token: SessionToken, link: ClientLink) -> None:
        try:
            bridge = await self._live.admit(token, self, link)
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
        self._bridge = bridge
        bridge.attach(link)
        if self._closed is not None:
            bridge.detach(link, *self._closed)
            return
        while self._early:
            is_audio, data = self._early.popleft()
            (bridge.on_audio if is_audio else bridge.on_text)(data)
        self.on_audio = bridge.on_audio
        self.on_text = bridge.on_text

    def _keep_audio(self, pcm: bytes) -> None:
        self._early.append((True, pcm))
        self._early_audio += len(pcm)
        while self._early_audio > _EARLY_AUDIO:
            oldest = next(entry for entry in self._early if entry[0])
            self._early.remove(oldest)
            self._early_audio -= len(oldest[1])

    def _keep_text(self, text: bytes) -> None:
        self._early_texts += 1
        if self._early_texts > _EARLY_TEXTS and self._link is not None:
            self.retire()
            self._link.close(1008, "too many frames")
            return
        self._early.append((False, text))

    def _refuse(self, link: ClientLink, refusal: Refused) -> None:
        self.retire()
        link.send_text(encode_server_frame(ErrorFrame(refusal.code, refusal.message)))
        link.close(refusal.close_code, refusal.reason)


def _ignore(_: bytes) -> None:
    return
