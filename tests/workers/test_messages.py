"""Messages between processes, over a pair of sockets."""

import asyncio
import os
import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.api.workers.messages import LONGEST, Broken, receive, send


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    one, two = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    for sock in (one, two):
        sock.setblocking(False)
    with one, two:
        yield one, two


@pytest.mark.parametrize("size", [0, 1, 300_000, 2**20])
async def test_what_was_sent_arrives(pair: tuple[socket.socket, socket.socket], size: int) -> None:
    payload = os.urandom(size)
    _, message = await asyncio.gather(send(pair[0], b"A", payload), receive(pair[1]))
    assert message == (b"A", payload, None)


async def test_a_connection_lives_on_in_the_hands_of_its_receiver(pair: tuple[socket.socket, socket.socket]) -> None:
    here, there = socket.socketpair()
    with here:
        await send(pair[0], b"A", b"head", there.fileno())
        there.close()
        message = await receive(pair[1])
        assert message.descriptor is not None
        assert not os.get_inheritable(message.descriptor)
        with socket.socket(fileno=message.descriptor) as received:
            received.sendall(b"hello")
            assert here.recv(10) == b"hello"


@given(st.binary(max_size=40))
async def test_what_is_cut_short_is_broken_and_leaves_nothing_open(data: bytes) -> None:
    one, two = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    here, there = socket.socketpair()
    with one, two, here:
        two.setblocking(False)
        here.settimeout(10)
        cut = b"A" + (len(data) + 1).to_bytes(4, "big") + data
        socket.send_fds(one, [cut], [there.fileno()])
        there.close()
        one.close()
        with pytest.raises(Broken):
            await receive(two)
        assert here.recv(1) == b"", "nobody has the other end any more"


@pytest.mark.parametrize("head", [b"", b"A", b"A\0\0\0", b"A" + (LONGEST + 1).to_bytes(4, "big")])
async def test_what_is_no_message_is_broken(pair: tuple[socket.socket, socket.socket], head: bytes) -> None:
    pair[0].sendall(head)
    pair[0].shutdown(socket.SHUT_WR)
    with pytest.raises(Broken):
        await receive(pair[1])
