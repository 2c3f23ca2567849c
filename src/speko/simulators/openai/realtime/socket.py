"""The socket of a simulated conversation, and the ways in which it breaks."""

import asyncio
import contextlib
import struct
from collections.abc import Mapping
from typing import Any

import msgspec
from aiohttp import WSMsgType, web

from speko.simulators.answer import flush, reset

MAX_MESSAGE = 24 * 2**20
"""Bytes: the 15 MiB of sound that an event may hold, as base64, and the event round it."""
CLOSE_SECONDS = 2.0
"""How long the other side has to answer a close frame."""
_BROKEN = b'{"type":"response.output_audio.delta","delta":"'

_ENCODER = msgspec.json.Encoder()


class Gone(Exception):
    """The socket is closed."""


class Socket:
    """A WebSocket that can be told to misbehave."""

    def __init__(self, request: web.BaseRequest, headers: Mapping[str, str], pong_delay: float = 0.0) -> None:
        """`pong_delay`: seconds from a ping to its answer."""
        self._request = request
        self._ws = web.WebSocketResponse(
            autoping=False, compress=False, max_msg_size=MAX_MESSAGE, protocols=("realtime",), decode_text=False
        )
        self._ws.headers.update(headers)
        self._pong_delay = pong_delay
        self._pongs: set[asyncio.Task[None]] = set()
        self._muted = False
        self._giving_up: asyncio.TimerHandle | None = None
        """Set when our close frame is out: what comes then is thrown away."""

    @property
    def response(self) -> web.StreamResponse:
        """What the HTTP server is given when all is over."""
        return self._ws

    @property
    def close_code(self) -> int | None:
        """How the socket was closed; None = it is open."""
        return self._ws.close_code

    def can_open(self) -> bool:
        """Whether the request asks for a WebSocket."""
        return self._ws.can_prepare(self._request).ok

    async def open(self) -> None:
        """Answers the upgrade."""
        await self._ws.prepare(self._request)

    async def receive(self) -> bytes | None:
        """The next text message; None when the socket is closed. A binary one is given out as if it were text."""
        while True:
            message = await self._ws.receive()
            match message.type:
                case WSMsgType.TEXT | WSMsgType.BINARY:
                    if self._giving_up is None:
                        return bytes(message.data)
                case WSMsgType.PING:
                    await self._answer(message.data)
                case WSMsgType.PONG:
                    pass
                case _:
                    return None

    async def send(self, event: Mapping[str, Any]) -> None:
        """Sends an event, in order with those that are sent at the same time.

        Raises:
            Gone: the socket is closed.
        """
        await self._send(_ENCODER.encode(event))

    async def send_broken(self) -> None:
        """Sends a message that is no JSON.

        Raises:
            Gone: the socket is closed.
        """
        await self._send(_BROKEN)

    def mute(self) -> None:
        """From now on nothing is sent but answers to pings."""
        self._muted = True

    async def reset(self) -> None:
        """Ends the connection with a TCP reset after what was sent, without a close frame."""
        self._muted = True
        await flush(self._request)
        reset(self._request)

    async def close(self, code: int, reason: str) -> None:
        """Closes the socket in good order: `receive` has to go on until the other side has closed it, too.

        Whoever closes a connection with something left to read resets it, and what was sent last is lost.
        """
        self._muted = True
        if self._giving_up is None:
            self._giving_up = asyncio.get_running_loop().call_later(CLOSE_SECONDS, self.abort)
            with contextlib.suppress(ConnectionError):
                await self._ws.send_frame(struct.pack("!H", code) + reason.encode(), WSMsgType.CLOSE)

    def abort(self) -> None:
        """Ends the connection at once."""
        if self._request.transport is not None:
            self._request.transport.abort()

    async def aclose(self) -> None:
        """Closes what is still open, and waits for nobody."""
        for pong in self._pongs:
            pong.cancel()
        if self._giving_up is not None:
            self._giving_up.cancel()
        if not self._ws.closed:
            await self._ws.close(code=1000)

    async def _send(self, data: bytes) -> None:
        if self._muted:
            return
        try:
            await self._ws.send_frame(data, WSMsgType.TEXT)
        except ConnectionError:
            raise Gone from None

    async def _answer(self, ping: bytes) -> None:
        if not self._pong_delay:
            await self._pong(ping)
            return
        pong = asyncio.create_task(self._pong(ping, self._pong_delay))
        self._pongs.add(pong)
        pong.add_done_callback(self._pongs.discard)

    async def _pong(self, ping: bytes, delay: float = 0.0) -> None:
        await asyncio.sleep(delay)
        try:
            await self._ws.pong(ping)
        except ConnectionError:
            return
