"""Messages between gateway processes of one machine, over a local socket: a kind, a payload, perhaps a connection.

A message is one byte for its kind, four for the length of the payload, and the payload. A connection travels as a file
descriptor beside the first byte (`SCM_RIGHTS`): the kernel opens it in the other process, and what is on its way in it
stays there.
"""

import array
import asyncio
import os
import socket
from typing import NamedTuple

LONGEST = 16 * 2**20
"""Bytes of a payload."""
_HEAD = 5
_DESCRIPTOR = array.array("i").itemsize


class Message(NamedTuple):
    """What came."""

    kind: bytes
    payload: bytes
    descriptor: int | None
    """Of the connection, which belongs to the receiver from now on."""


class Broken(Exception):
    """The other side does not speak as it should, or has gone."""


async def send(sock: socket.socket, kind: bytes, payload: bytes = b"", descriptor: int | None = None) -> None:
    """Sends a message over a socket that does not block. The descriptor stays open here, too.

    Raises:
        OSError: it did not leave. Of a descriptor nothing can be said then.
    """
    head = kind + len(payload).to_bytes(4, "big")
    rights = [] if descriptor is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))]
    sock.sendmsg([head], rights)  # five bytes into a new connection: there is room
    if payload:
        await asyncio.get_running_loop().sock_sendall(sock, payload)


async def receive(sock: socket.socket) -> Message:
    """Waits for a message. Raises Broken."""
    await _readable(sock)
    try:
        head, rights, _, _ = sock.recvmsg(_HEAD, socket.CMSG_LEN(_DESCRIPTOR), socket.MSG_CMSG_CLOEXEC)
    except OSError as error:
        raise Broken from error
    descriptor = _descriptor(rights)
    try:
        length = int.from_bytes(head[1:], "big")
        if len(head) < _HEAD or length > LONGEST:
            raise Broken
        return Message(head[:1], await _read(sock, length), descriptor)
    except BaseException:
        if descriptor is not None:
            os.close(descriptor)
        raise


def _descriptor(rights: list[tuple[int, int, bytes]]) -> int | None:
    for level, kind, data in rights:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS and len(data) >= _DESCRIPTOR:
            return array.array("i", data[:_DESCRIPTOR])[0]
    return None


async def _read(sock: socket.socket, length: int) -> bytes:
    loop = asyncio.get_running_loop()
    payload = bytearray()
    while len(payload) < length:
        try:
            more = await loop.sock_recv(sock, length - len(payload))
        except OSError as error:
            raise Broken from error
        if not more:
            raise Broken
        payload += more
    return bytes(payload)


async def _readable(sock: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()

    def come() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_reader(sock, come)
    try:
        await ready
    finally:
        loop.remove_reader(sock)
