"""The agent process's end of one conversation: who may open it, what goes in and out, and how it ends."""

import asyncio
import hmac
import logging
import traceback
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, cast

from speko.agent.context import Conversation
from speko.agent.reports import Failure
from speko.agent.sockets import bound
from speko.agent.wire import (
    AUDIO,
    DOWN,
    MAX_BODY,
    MAX_GREETING,
    UP,
    Broken,
    DownMessage,
    FrameParser,
    Hello,
    Open,
    Opened,
    Refused,
    WireError,
    audio_frame,
)
from speko.providers.errors import Busy, ProviderError, Unsupported
from speko.providers.s2s import EngineEvent
from speko.version import __version__

log = logging.getLogger(__name__)
GREETING = 5.0
"""Seconds within which whoever connects has to show the secret and say what it wants."""
CLOSING = 3.0
"""Seconds that a conversation may take to end what it called."""
_MOST_WAITING = 16 * 2**20
"""Bytes that may wait for a gateway that does not read; sound alone never comes near it, because it waits before."""


class Host(Protocol):
    """The agent process, as one of its conversations sees it."""

    secret: str

    def admit(self, hosted: "Hosted") -> bool:
        """Whether there is room for one more; then it counts until `leave`."""

    def leave(self, hosted: "Hosted") -> None:
        """The conversation is over, and its socket closed."""

    def conversation(self, wanted: Open, hosted: "Hosted") -> Conversation:
        """Makes it; it is not started yet."""


class Hosted(asyncio.Protocol):
    """One socket of a gateway, and the conversation behind it. It is the conversation's `AgentLink`."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._transport: asyncio.Transport | None = None
        self._parser = FrameParser(MAX_GREETING)
        self._on_frame: Callable[[int, bytes], None] = self._on_hello
        self._conversation: Conversation | None = None
        self._task: asyncio.Task[None] | None = None
        self._over = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._hurry: asyncio.TimerHandle | None = None
        self._lost = False

    # ---- the conversation's calls, see `AgentLink`

    def send(self, event: EngineEvent) -> None:
        """An event for the relay."""
        self.tell(event)

    def send_audio(self, pcm: bytes) -> None:
        """Sound of the response that was started last."""
        self._write(audio_frame(pcm))

    async def drained(self) -> None:
        """Waits while the relay is behind; returns at once when it is gone."""
        await self._room.wait()

    # ---- the process's calls

    def tell(self, message: DownMessage) -> None:
        """Anything for the gateway; dropped when it is gone."""
        self._write(DOWN.frame(message))

    def end(self) -> None:
        """Ends the conversation in good order: what it called is cancelled and booked, then the socket is closed."""
        self._over.set()
        if self._task is None and self._transport is not None:
            self._transport.close()

    # ---- the socket's calls, see `asyncio.Protocol`

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody calls."""
        self._transport = cast(asyncio.Transport, transport)
        bound(self._transport)
        self._hurry = asyncio.get_running_loop().call_later(GREETING, self._transport.abort)

    def data_received(self, data: bytes) -> None:
        """Frames, or parts of them."""
        self._parser.feed(data)
        try:
            while (found := self._parser.next()) is not None:
                self._on_frame(*found)
        except WireError as error:
            log.warning("agent: a connection is cut", extra={"why": str(error)})
            self._abort()
        except Exception as error:
            self._broke("the voice agent failed in the middle of the conversation", error)

    def eof_received(self) -> bool:
        """The gateway wants no more. What is still booked goes out before we hang up too."""
        self.end()
        return self._task is not None

    def pause_writing(self) -> None:
        """The gateway does not keep up."""
        self._room.clear()

    def resume_writing(self) -> None:
        """It does again."""
        self._room.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """The gateway is gone."""
        if self._hurry is not None:
            self._hurry.cancel()
        self._lost = True
        self._room.set()
        self._over.set()
        if self._task is None or self._task.done():
            self._host.leave(self)

    # ---- frames, in the order in which they have to come

    def _on_hello(self, kind: int, body: bytes) -> None:
        hello = UP.read(kind, body)
        if not isinstance(hello, Hello) or not hmac.compare_digest(hello.secret.encode(), self._host.secret.encode()):
            raise WireError("the secret is wrong or missing")
        if hello.version != __version__:
            self._refuse(Unsupported("the voice agent's process is of another version than the gateway"))
            return
        self._parser.limit = MAX_BODY
        self._on_frame = self._on_open

    def _on_open(self, kind: int, body: bytes) -> None:
        wanted = UP.read(kind, body)
        if not isinstance(wanted, Open):
            raise WireError("a conversation has to be opened first")
        if self._hurry is not None:
            self._hurry.cancel()
        if not self._host.admit(self):
            self._refuse(Busy("the voice agent's process takes no more conversations"))
            return
        self._on_frame = self._too_early
        self._task = asyncio.get_running_loop().create_task(self._converse(wanted))

    def _too_early(self, kind: int, body: bytes) -> None:
        raise WireError("the conversation has not begun yet")

    def _on_spoken(self, kind: int, body: bytes) -> None:
        conversation = self._conversation
        if conversation is None or self._over.is_set():
            return
        if kind == AUDIO:
            if len(body) % 2:
                raise WireError("half a sample")
            conversation.on_audio(body)
            return
        command = UP.read(kind, body)
        if isinstance(command, Hello | Open):
            raise WireError("the conversation is open already")
        conversation.on_command(command)

    def _refuse(self, error: ProviderError) -> None:
        self._on_frame = _ignore  # the gateway says what it wants without waiting, and has to read why not
        self.tell(Refused(Failure.of(error)))
        self.end()

    def _broke(self, what: str, error: Exception) -> None:
        frames = traceback.extract_tb(error.__traceback__)[-4:]
        where = " > ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames)
        # Not the exception's text, which may hold a person's words.
        log.error("agent: a conversation crashed", extra={"type": type(error).__name__, "where": where})
        self.tell((Broken if self._conversation else Refused)(Failure.of(ProviderError(what))))
        self.end()

    # ---- the conversation

    async def _converse(self, wanted: Open) -> None:
        conversation: Conversation | None = None
        try:
            conversation = self._host.conversation(wanted, self)
            if await self._unless_over(conversation.start()):
                self._conversation = conversation
                self._on_frame = self._on_spoken
                self.tell(Opened())
                await self._over.wait()
        except ProviderError as error:
            self.tell(Refused(Failure.of(error)))
        except Exception as error:
            self._broke("the voice agent could not begin the conversation", error)
        finally:
            self._over.set()
            if conversation is not None:
                await self._close(conversation)
            if self._lost:
                self._host.leave(self)
            elif self._transport is not None:
                self._transport.close()  # when everything has left; then `connection_lost`

    async def _unless_over(self, starting: Coroutine[Any, Any, None]) -> bool:
        """Runs it to its end, or cancels it when the gateway leaves before; whether it came to its end."""
        start = asyncio.ensure_future(starting)
        over = asyncio.ensure_future(self._over.wait())
        try:
            await asyncio.wait((start, over), return_when=asyncio.FIRST_COMPLETED)
            if start.done():
                start.result()
            return start.done()
        finally:
            over.cancel()
            if start.cancel():
                await asyncio.wait((start,), timeout=CLOSING)

    async def _close(self, conversation: Conversation) -> None:
        try:
            async with asyncio.timeout(CLOSING):
                await conversation.close()
        except Exception as error:
            log.error("agent: closing a conversation failed", extra={"type": type(error).__name__})

    # ---- writing

    def _write(self, data: bytes) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        transport.write(data)
        if transport.get_write_buffer_size() > _MOST_WAITING:
            log.warning("agent: a connection is cut", extra={"why": "the gateway does not read"})
            self._abort()

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()


def _ignore(kind: int, body: bytes) -> None:
    """What still comes of a gateway that was refused."""
