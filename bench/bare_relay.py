"""The floor for a gateway on these libraries: Litestar in front, aiohttp behind, bytes passed on unread.

    python -m bench.bare_relay PORT VENDOR_URL

What the gateway takes beyond this is authentication, routing, decoding, failover and metering.
"""

import sys
from typing import Any

import aiohttp
import uvicorn
from litestar import Litestar, Request, post
from litestar.types import ASGIApp, Receive, Scope, Send


class Relay:
    """Passes one answer on."""

    session: aiohttp.ClientSession | None = None

    def __init__(self, url: str, body: bytes) -> None:
        self._url = url
        self._body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if Relay.session is None:
            Relay.session = aiohttp.ClientSession()
        headers = {"authorization": "Bearer bench", "content-type": "application/json"}
        async with Relay.session.post(self._url, data=self._body, headers=headers) as answer:
            head = [(b"content-type", b"text/event-stream")]
            await send({"type": "http.response.start", "status": 200, "headers": head})
            while piece := await answer.content.readany():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})


def main() -> None:
    """Serves until it is stopped."""
    port, url = int(sys.argv[1]), sys.argv[2]

    @post("/v1/chat/completions", status_code=200)
    async def relay(request: Request[Any, Any, Any]) -> ASGIApp:
        return Relay(url, await request.body())

    app = Litestar([relay], logging_config=None)
    uvicorn.run(app, port=port, loop="uvloop", http="httptools", access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
