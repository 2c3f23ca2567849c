"""Requests as bytes on a socket, for callers that do not behave."""

import asyncio
import json
import socket
import struct
from typing import Any

from tests.api.running import Running

ENDPOINTS = ("transcribe", "synthesize", "complete")
INTENT = {"language": "en"}
BODIES: dict[str, dict[str, Any]] = {
    "synthesize": {"text": "hi", "intent": INTENT},
    "complete": {"messages": [{"role": "user", "content": "hi"}], "intent": INTENT},
}


def address_of(gateway: Running) -> tuple[str, int]:
    """Where it listens."""
    host, port = gateway.url.removeprefix("http://").split(":")
    return host, int(port)


def head(gateway: Running, endpoint: str, request_id: str, length: int) -> bytes:
    """The head of a call whose body is so many bytes."""
    lines = [
        f"POST /v1/{endpoint} HTTP/1.1",
        "host: x",
        f"authorization: Bearer {gateway.key}",
        f"x-request-id: {request_id}",
        f"x-speko-intent: {json.dumps(INTENT)}",
        f"content-length: {length}",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def request(gateway: Running, endpoint: str, request_id: str, body: bytes | None = None) -> bytes:
    """A whole call. `body` is needed for `transcribe` alone."""
    sent = json.dumps(BODIES[endpoint]).encode() if body is None else body
    return head(gateway, endpoint, request_id, len(sent)) + sent


async def connect(gateway: Running) -> socket.socket:
    """A connection that takes little before its owner reads. The owner closes it."""
    peer = socket.socket()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    peer.setblocking(False)
    await asyncio.get_running_loop().sock_connect(peer, address_of(gateway))
    return peer


def reset(peer: socket.socket) -> None:
    """Ends a connection as a machine does that has lost it: no goodbye."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()
