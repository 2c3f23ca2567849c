"""Connections to one worker of several: the kernel chooses, and Linux tells whom it has chosen."""

import asyncio
import json
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.faults.callers import Caller
from tests.workers.serving import Served

_PATIENCE = 30.0
"""Seconds in which a worker is given a connection, also where it has just been started."""


class Answered(NamedTuple):
    """An answer over HTTP."""

    status: int
    body: Any


def holders(client: socket.socket, gateway: Served) -> set[int]:
    """The process ids of the workers that have the other end of a connection."""
    here, there = client.getsockname()[1], client.getpeername()[1]
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if [int(end.partition(":")[2], 16) for end in fields[1:3]] == [there, here]:
            return {worker for worker in gateway.workers() if f"socket:[{fields[9]}]" in _opened(worker)}
    return set()


def _opened(pid: int) -> set[str]:
    """What a process has open."""
    found = set()
    with suppress(FileNotFoundError):  # it has ended
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed meanwhile
                found.add(str(entry.readlink()))
    return found


async def connected(gateway: Served, worker: int) -> socket.socket:
    """A new connection that the kernel has given to that worker, who has heard nothing on it yet."""
    host, port = gateway.url.removeprefix("http://").split(":")
    async with asyncio.timeout(_PATIENCE):
        while True:
            client = socket.create_connection((host, int(port)))
            while not (found := holders(client, gateway)):  # noqa: ASYNC110 - whom it waits for is another process
                await asyncio.sleep(0.002)
            if found == {worker}:
                client.setblocking(False)
                return client
            client.close()


async def join(gateway: Served, made: dict[str, Any], worker: int) -> Caller:
    """A socket of a session whose connection comes to that worker."""
    client = await connected(gateway, worker)
    opened = await connect(
        made["wsUrl"], sock=client, subprotocols=[Subprotocol(made["wsToken"])], compression=None, proxy=None
    )
    return Caller(opened, made["sessionId"])


async def ask(
    gateway: Served, worker: int, method: str, path: str, body: Any = None, *, key: str | None = None
) -> Answered:
    """One request that this worker answers."""
    reader, writer = await asyncio.open_connection(sock=await connected(gateway, worker))
    sent = b"" if body is None else json.dumps(body).encode()
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: {gateway.url.removeprefix('http://')}",
        f"Authorization: Bearer {key or gateway.key}",
        "Content-Type: application/json",
        f"Content-Length: {len(sent)}",
        "Connection: close",
    ]
    writer.write("\r\n".join([*lines, "", ""]).encode() + sent)
    async with asyncio.timeout(30):
        head, _, received = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    return Answered(int(head.split()[1]), json.loads(received))
