"""Sockets between a gateway and its agent processes: Unix ones here, TCP ones to other machines."""

import asyncio
import socket
from collections.abc import Callable

_KERNEL = 64 * 1024
_WAITING = 64 * 1024
"""Bytes that wait in front of the kernel's, before the writer is asked to pause; it goes on at a quarter of that."""


async def dial(address: str, protocol: Callable[[], asyncio.Protocol]) -> None:
    """Connects to `/path/of/a/socket` or `host:port`. Raises OSError."""
    loop = asyncio.get_running_loop()
    if "/" in address:
        await loop.create_unix_connection(protocol, address)
    else:
        await loop.create_connection(protocol, *_host_and_port(address))


async def listen(address: str, protocol: Callable[[], asyncio.Protocol]) -> asyncio.Server:
    """Listens there. Raises OSError."""
    loop = asyncio.get_running_loop()
    if "/" in address:
        return await loop.create_unix_server(protocol, address)
    return await loop.create_server(protocol, *_host_and_port(address))


def bound(transport: asyncio.Transport) -> None:
    """Keeps little sound in the buffers of a socket: what stands there cannot be taken back."""
    transport.set_write_buffer_limits(high=_WAITING)
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL)


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)
