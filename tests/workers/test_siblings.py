"""Processes of one machine that ask each other."""

import asyncio
import socket
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter

from speko.api.workers.folder import SocketFolder
from speko.api.workers.metrics import exposition_of_all
from speko.api.workers.place import Place
from speko.api.workers.siblings import Siblings
from speko.api.workers.told import Told, encoded, told_by


def told(worker: str, calls: int) -> Told:
    registry = CollectorRegistry()
    Counter("calls", "Calls.", registry=registry).inc(calls)
    return told_by(registry, worker)


async def nobody(_: socket.socket, __: bytes) -> None:
    raise AssertionError("no connection was given to anybody")


async def test_a_worker_that_is_silent_holds_nobody_up_and_what_it_told_last_counts(tmp_path: Path) -> None:
    one = Siblings(tmp_path, Place("g", 0), lambda: told("0", 1))
    two = Siblings(tmp_path, Place("g", 1), lambda: told("1", 10))
    other_start = Siblings(tmp_path, Place("h", 0), lambda: told("0", 1000))
    for each in (one, two, other_start):
        each.listen(nobody)
    with SocketFolder(tmp_path) as folder, folder.listen("g_silent"):
        folder.listen("g_dead").close()
        folder.keep("g_silent", encoded(told("2", 100)))
        folder.keep("g_dead", encoded(told("3", 10_000)))
        async with asyncio.timeout(10):
            lines = (await exposition_of_all(one)).decode().splitlines()
        assert "calls_total 10111.0" in lines
        assert 'speko_workers{told="yes"} 2.0' in lines
        assert 'speko_workers{told="no"} 1.0' in lines
        assert one.dead() == ["g_dead"]
        for each in (one, two, other_start):
            await each.close()
        assert folder.names() == ["g_dead", "g_silent"]


async def test_what_is_no_message_does_no_harm(tmp_path: Path) -> None:
    one = Siblings(tmp_path, Place("g", 0), lambda: told("0", 1))
    two = Siblings(tmp_path, Place("g", 1), lambda: told("1", 10))
    one.listen(nobody)
    here, there = socket.socketpair()
    with SocketFolder(tmp_path) as folder, here, there:
        for garbage in (b"", b"M", b"?\0\0\0\0", b"A\0\0\0\0", b"A\xff\xff\xff\xff"):
            sock = folder.connect(one.place.owner)
            assert isinstance(sock, socket.socket)
            if garbage:
                socket.send_fds(sock, [garbage], [there.fileno()] if garbage[:1] == b"?" else [])
            sock.close()
        there.close()
        here.setblocking(False)
        assert await asyncio.wait_for(asyncio.get_running_loop().sock_recv(here, 1), 10) == b"", "nobody keeps it open"
        living, _, _ = await two.metrics(5.0)
        assert len(living) == 2
    await one.close()
    await two.close()
