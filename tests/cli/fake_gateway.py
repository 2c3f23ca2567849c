"""A gateway that says what a test wants, on a real socket, in a thread of its own: the command is synchronous."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from typing import Any, Self

from aiohttp import web

KEY = "sk_live_" + "5e" * 24
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class FakeGateway:
    """Answers by (method, path); what is not set is 404 in the envelope. Keeps every request with its body."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], Handler] = {}
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        """Method, path with query, headers, body."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runner: web.AppRunner | None = None
        self.url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._runner is not None
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.requests.append((request.method, str(request.rel_url), dict(request.headers), body))
        token = request.headers.get("Sec-WebSocket-Protocol")
        if (
            request.path.startswith("/v1/")
            and token is None
            and request.headers.get("Authorization") != f"Bearer {KEY}"
        ):
            return web.json_response({"error": "bad key", "code": "UNAUTHORIZED"}, status=401)
        handler = self.answers.get((request.method, request.path))
        if handler is None:
            return web.json_response({"error": "Not found", "code": "NOT_FOUND"}, status=404)
        return await handler(request)

    def on(self, method: str, path: str, value: Any, status: int = 200) -> None:
        """Answers with JSON."""

        async def handler(_: web.Request) -> web.StreamResponse:
            return web.json_response(value, status=status, headers={"x-request-id": "req_1"})

        self.answers[method, path] = handler

    def on_session(self, talk: Callable[[web.WebSocketResponse], Awaitable[None]], **members: Any) -> None:
        """Makes S2S sessions; `talk` is the gateway's side of each socket."""
        session = {
            "mode": "s2s",
            "sessionId": "s1",
            "wsUrl": self.url.replace("http", "ws") + "/v1/realtime/s1/ws",
            "wsToken": "token-1",
            "inputSampleRate": 24000,
            "outputSampleRate": 16000,
            "expiresAt": "2030-01-01T00:00:00.000Z",
            "provider": "acme",
            "model": "talker",
        }
        self.on("POST", "/v1/sessions", {**session, **members}, 201)

        async def handler(request: web.Request) -> web.StreamResponse:
            socket = web.WebSocketResponse(protocols=("token-1",), compress=False, max_msg_size=0)
            await socket.prepare(request)
            await talk(socket)
            await socket.close()
            return socket

        self.answers["GET", "/v1/realtime/s1/ws"] = handler

    def on_bytes(self, path: str, audio: bytes, content_type: str) -> None:
        """Answers a POST with speech, in two chunks that cut a sample."""

        async def handler(request: web.Request) -> web.StreamResponse:
            headers = {
                "Content-Type": content_type,
                "X-Speko-Provider": "acme",
                "X-Speko-Model": "voice-1",
                "X-Speko-Failover-Count": "1",
                "x-request-id": "req_1",
            }
            response = web.StreamResponse(headers=headers)
            await response.prepare(request)
            for piece in (audio[:7], audio[7:]):
                await response.write(piece)
            await response.write_eof()
            return response

        self.answers["POST", path] = handler

    def on_events(self, path: str, events: list[tuple[str, Any]], *, broken: bool = False) -> None:
        """Answers a POST with server-sent events; `broken` resets the connection after them."""

        async def handler(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "x-request-id": "req_1"})
            await response.prepare(request)
            for name, data in events:
                await response.write(f"event: {name}\ndata: {json.dumps(data)}\n\n".encode())
            if broken:
                assert request.transport is not None
                request.transport.abort()
            else:
                await response.write_eof()
            return response

        self.answers["POST", path] = handler
