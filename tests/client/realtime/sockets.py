"""The gateway's side of a conversation: its socket, scripted by the test, beside the scripted HTTP side."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.server import ServerConnection, serve

from tests.client.gateway import Reply, json_reply

TOKEN = "abc_DEF-123.456"
Script = Callable[[ServerConnection], Awaitable[None]]


@asynccontextmanager
async def serving(script: Script) -> AsyncIterator[str]:
    """Serves sockets that take the token alone, and follow the script. Yields their address."""

    def take(_: ServerConnection, offered: Any) -> Any:
        assert list(offered) == [TOKEN]
        return offered[0]

    async with serve(script, "127.0.0.1", 0, select_subprotocol=take, compression=None, max_size=None) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/realtime/s1/ws"


def session_reply(ws_url: str, **members: Any) -> Reply:
    """The gateway's answer to `POST /v1/sessions`."""
    session = {
        "mode": "s2s",
        "sessionId": "s1",
        "wsUrl": ws_url,
        "wsToken": TOKEN,
        "inputSampleRate": 24000,
        "outputSampleRate": 16000,
        "expiresAt": "2030-01-01T00:00:00.000Z",
        "provider": "acme",
        "model": "talker",
        "somethingNew": True,
    }
    return json_reply({**session, **members}, 201, x_request_id="req_1")


async def say(socket: ServerConnection, kind: str, **members: Any) -> None:
    """Sends one text frame."""
    await socket.send(json.dumps({"t": kind, **members}))
