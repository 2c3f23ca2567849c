"""The handle of one conversation."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from speko.client.models.sessions import S2sSession
from speko.client.realtime.frames import CloseFrame, ErrorFrame, RealtimeFrame, read_frame, write_frame

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

ABNORMAL = 1006
"""Close code of a connection that broke: no close frame came."""
_LONGEST_REASON = 123
"""Bytes that a close frame has room for. Source: RFC 6455, 5.5."""
_CLOSES_WITHIN = 5.0
"""Seconds: the gateway closes the socket behind its last frame."""


class AsyncRealtimeSession:
    """A conversation with an agent. Iterating yields what the gateway sends; one task at a time may iterate.

    Frames are dicts that `type` tells apart (see `RealtimeFrame`); iteration ends behind one `close` frame and raises
    nothing. Read all the time, also while nothing is to be done: what is not read holds up the gateway, which ends the
    session of a caller that is 30 s of audio behind.

    Whatever is sent after the end goes nowhere, and raises nothing.
    """

    def __init__(self, socket: "ClientConnection", session: S2sSession) -> None:
        self._socket = socket
        self._receiving = asyncio.Lock()
        self._ending = False
        """The `close` frame is on its way to the caller, or was delivered."""
        self._pending: list[RealtimeFrame] = []
        """To be delivered before the iteration ends."""
        self._closed_with: str | None = None
        """The caller's own reason to close."""
        self.session_id = session.session_id
        self.request_id = session.request_id
        """For `requests.get`: whom the session has tried, and what it is likely to cost."""
        self.expires_at = session.expires_at
        """ISO-8601 text in UTC."""
        self.provider = session.provider
        """The engine that was chosen at first; None where the gateway does not say."""
        self.model = session.model
        self.input_sample_rate = session.input_sample_rate
        """Hz, of what is sent; final with the frame `ready`, like the next."""
        self.output_sample_rate = session.output_sample_rate
        """Hz, of what is heard."""

    @property
    def close_code(self) -> int | None:
        """How the socket closed (RFC 6455, 7.4, and the gateway's own 44xx); None while it is open."""
        return self._socket.protocol.close_code

    async def send_audio(self, pcm: bytes) -> None:
        """The next sound of the user: signed 16-bit little-endian mono samples, at `input_sample_rate`."""
        await self._send(bytes(pcm))

    async def commit(self) -> None:
        """The user's turn is over: answer. Not needed where the engine hears that by itself."""
        await self._send(write_frame("control", action="commit"))

    async def clear(self) -> None:
        """Forget the audio that was not committed."""
        await self._send(write_frame("control", action="clear"))

    async def interrupt(self) -> None:
        """Stop the response, and take what was not heard of it as never said."""
        await self._send(write_frame("interrupt"))

    async def send_tool_result(self, call_id: str, output: Any) -> None:
        """The answer to a `tool_call` frame. An output that is no text is sent as JSON."""
        await self._send(write_frame("tool_result", callId=call_id, output=output))

    async def send_text(self, text: str) -> None:
        """Something that the user typed, answered like speech."""
        await self._send(write_frame("user_message", text=text))

    async def played(self, ms: float) -> None:
        """How much of the current response was played so far, in ms. Interrupted answers are cut there."""
        await self._send(write_frame("played", ms=ms))

    async def close(self, code: int = 1000, reason: str = "client_closed") -> None:
        """Ends the session. May be called again; raises nothing."""
        if self._closed_with is not None:
            return
        self._closed_with = reason
        short = reason.encode("utf-8", "replace")[:_LONGEST_REASON].decode("utf-8", "ignore")
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._drain())
                await self._socket.close(code, short)
        except Exception:  # closing is what was wanted, and this closes
            self._abort()
        except BaseException:
            self._abort()
            raise

    def __aiter__(self) -> AsyncIterator[RealtimeFrame]:
        return self

    async def __anext__(self) -> RealtimeFrame:
        while not self._ending:
            message = await self._receive()
            if message is None:
                break
            if isinstance(message, bytes):
                return {"type": "audio", "pcm": message, "sample_rate": self.output_sample_rate}
            frame = read_frame(message)
            if frame is not None:
                self._note(frame)
                return frame
        if self._pending:
            return self._pending.pop(0)
        await self._closed_by_gateway()
        raise StopAsyncIteration

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def _note(self, frame: RealtimeFrame) -> None:
        """What the handle itself learns from a frame."""
        if frame["type"] == "close":
            self._ending = True
        elif frame["type"] == "ready":
            # A rate that no socket has: what was asked for stays.
            self.input_sample_rate = frame["input_sample_rate"] or self.input_sample_rate
            self.output_sample_rate = frame["output_sample_rate"] or self.output_sample_rate
            frame["input_sample_rate"] = self.input_sample_rate
            frame["output_sample_rate"] = self.output_sample_rate

    async def _receive(self) -> str | bytes | None:
        """The next message; None at the end, with its frames pending."""
        from websockets.exceptions import ConnectionClosed

        try:
            async with self._receiving:
                return await self._socket.recv()
        except ConnectionClosed as closed:
            self._ending = True
            if closed.rcvd is None and self._closed_with is None:
                error: ErrorFrame = {"type": "error", "code": "WS_ERROR", "message": "The connection broke off."}
                self._pending.append(error)
            reason = closed.rcvd.reason if closed.rcvd is not None else ""
            last: CloseFrame = {"type": "close", "reason": reason or self._closed_with or ""}
            self._pending.append(last)
            return None

    async def _drain(self) -> None:
        """Reads on to the end: behind frames that nobody takes, the gateway's close frame would not be seen."""
        from websockets.exceptions import ConnectionClosed

        with contextlib.suppress(ConnectionClosed):
            while True:
                async with self._receiving:
                    await self._socket.recv()

    async def _closed_by_gateway(self) -> None:
        try:
            async with asyncio.timeout(_CLOSES_WITHIN):
                await self._drain()
        except TimeoutError:
            await self.close()

    async def _send(self, message: str | bytes) -> None:
        from websockets.exceptions import ConnectionClosed

        if self._closed_with is not None:
            return
        # Its end is told by the iteration.
        with contextlib.suppress(ConnectionClosed):
            await self._socket.send(message)

    def _abort(self) -> None:
        self._socket.transport.abort()
