"""The gateway's end of one conversation in an agent process."""

import asyncio
from collections.abc import Callable
from typing import cast

from msgspec.structs import replace

from speko.agent.plan import AgentPlan
from speko.agent.reports import HealthReport
from speko.agent.sockets import bound
from speko.agent.wire import (
    AUDIO,
    DOWN,
    UP,
    Broken,
    FrameParser,
    Hello,
    Open,
    Opened,
    Refused,
    WireError,
    audio_frame,
)
from speko.providers.errors import ConnectionLost, MalformedResponse, ProviderError, Unsupported
from speko.providers.s2s import (
    EngineCommand,
    EngineEvent,
    EngineSink,
    Interrupted,
    ResponseDone,
    ResponseStarted,
    ResponseUsage,
    S2sRequest,
)
from speko.routing.ledger import AttemptRow, UsageRow
from speko.version import __version__

_LAST_WORDS = 8.0
"""Seconds after `close` within which the process has to have booked everything and hung up."""


class AgentConnection(asyncio.Protocol):
    """An `EngineConnection` over a socket of an agent process.

    After `close` it reads on until the process hangs up: what the conversation was calling is booked at its end. The
    sink hears nothing of that.

    Args:
        gone: called once, when the socket is closed for good or was never opened.
    """

    def __init__(self, plan: AgentPlan, sink: EngineSink, gone: Callable[[], None]) -> None:
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the conversation has begun; a ProviderError when it cannot."""
        self._plan = plan
        self._sink = sink
        self._told_usage = ""
        self._gone = gone
        self._transport: asyncio.Transport | None = None
        self._parser = FrameParser()
        self._response = ""
        self._live = True
        """Whether the sink may be called."""
        self._held = False
        self._ended = False
        self._patience: asyncio.TimerHandle | None = None

    def begin(self, secret: str, request: S2sRequest) -> None:
        """Asks for the conversation; `opened` has the answer.

        Raises:
            Unsupported: it has become too long.
        """
        wanted = Open(replace(request, plan=None), self._plan.session, self._plan.breakers())
        try:
            self._write(UP.frame(Hello(secret, __version__)) + UP.frame(wanted))
        except WireError:
            raise Unsupported("the conversation so far is too long for the voice agent") from None

    # ---- the session's calls, see `EngineConnection`

    def audio(self, pcm: bytes) -> None:
        """The user's next sound."""
        self._write(audio_frame(pcm))

    def do(self, command: EngineCommand) -> None:
        """Carries a command out."""
        self._write(UP.frame(command))

    def pause_reading(self) -> None:
        """Not one more frame reaches the sink; also none that was read already."""
        if self._live and not self._held and self._transport is not None:
            self._held = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read on."""
        if self._held and self._transport is not None:
            self._held = False
            if not self._transport.is_closing():
                self._transport.resume_reading()
            asyncio.get_running_loop().call_soon(self._read_on)

    def close(self) -> None:
        """Ends the conversation."""
        if self._live:
            self._live = False
            self._hang_up()

    # ---- the socket's calls, see `asyncio.Protocol`

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The process has taken the call."""
        self._transport = cast(asyncio.Transport, transport)
        bound(self._transport)
        if not self._live:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Frames, or parts of them."""
        self._parser.feed(data)
        self._read_on()

    def pause_writing(self) -> None:
        """The process does not keep up."""
        if self._live and self.opened.done():
            self._sink.pause()

    def resume_writing(self) -> None:
        """It does again."""
        if self._live and self.opened.done():
            self._sink.resume()

    def connection_lost(self, exc: Exception | None) -> None:
        """The process has hung up, or is gone."""
        self._fail(ConnectionLost("the voice agent's process has ended"))
        self._held = False
        self._read_on()  # what came while reading was held: rows among it
        self._end()

    # ---- reading

    def _read_on(self) -> None:
        try:
            while not self._held and (found := self._parser.next()) is not None:
                self._on_frame(*found)
        except WireError:
            self._fail(MalformedResponse("the voice agent's process sent what cannot be read"))
            if self._transport is not None:
                self._transport.abort()

    def _on_frame(self, kind: int, body: bytes) -> None:
        if kind == AUDIO:
            if self._live:
                self._sink.audio(self._response, body)
            return
        message = DOWN.read(kind, body)
        match message:
            case AttemptRow():
                self._plan.ledger.attempt(message)
            case UsageRow():
                self._plan.ledger.usage(message)
            case HealthReport():
                self._plan.on_health(message)
            case Opened():
                if not self.opened.done():
                    self.opened.set_result(None)
            case Refused() | Broken():
                self._fail(message.failure.error())
            case _:
                self._on_event(message)

    def _on_event(self, event: EngineEvent) -> None:
        if isinstance(event, ResponseStarted):
            self._response = event.response
        if self._live:
            if isinstance(event, ResponseDone | Interrupted) and event.response != self._told_usage:
                # Its stages are metered one by one, so the response itself has no tokens.
                self._told_usage = event.response
                self._sink.event(ResponseUsage(event.response))
            self._sink.event(event)

    # ---- the end

    def _write(self, data: bytes) -> None:
        if self._live and self._transport is not None:
            self._transport.write(data)

    def _fail(self, error: ProviderError) -> None:
        if not self._live:
            return
        self._live = False
        self._hang_up()
        if self.opened.done():
            self._sink.lost(error)
        else:
            self.opened.set_exception(error)
            self.opened.exception()  # whoever waited may have left

    def _hang_up(self) -> None:
        """Says that nothing more will come, and gives the process some time to do the same."""
        transport = self._transport
        if transport is None:
            self._end()
        elif not transport.is_closing():
            self._patience = asyncio.get_running_loop().call_later(_LAST_WORDS, transport.abort)
            self.resume_reading()
            transport.write_eof()

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            if self._patience is not None:
                self._patience.cancel()
            self._gone()
