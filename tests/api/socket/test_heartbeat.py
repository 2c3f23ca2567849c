"""Pings: when they are sent, and what a pong says."""

import asyncio

from speko.api.socket.heartbeat import Heartbeat
from tests.api.running import until

NEVER = 10.0


class Peer:
    """Takes pings and notes; answers when told so."""

    def __init__(self, every: float = NEVER, within: float = NEVER, *, answers: bool = False) -> None:
        self.pings: list[bytes] = []
        self.dead = 0
        self.answers = answers
        self.heart = Heartbeat(self.take, self.died, every, within)

    def take(self, payload: bytes) -> None:
        self.pings.append(payload)
        if self.answers:
            self.heart.pong(payload)

    def died(self) -> None:
        self.dead += 1

    async def until_pinged(self, count: int) -> None:
        async def pinged() -> bool:
            return len(self.pings) >= count

        await until(pinged)


async def test_pings_go_on_while_they_are_answered() -> None:
    peer = Peer(every=0.01, within=5, answers=True)
    await peer.until_pinged(5)
    peer.heart.stop()
    assert peer.dead == 0
    assert len(set(peer.pings)) == len(peer.pings), "each has its own payload"


async def test_a_ping_without_a_pong_is_the_end_and_told_once() -> None:
    peer = Peer(every=0.01, within=0.03)

    async def dead() -> bool:
        return bool(peer.dead)

    await until(dead)
    sent = len(peer.pings)
    await asyncio.sleep(0.05)
    assert (peer.dead, len(peer.pings)) == (1, sent)


async def test_the_deadline_counts_from_the_ping_that_was_not_answered() -> None:
    """Pings come more often than a pong may take: the first one's deadline is not put off by the next."""
    peer = Peer(every=0.02, within=0.1)

    async def dead() -> bool:
        return bool(peer.dead)

    await until(dead)
    assert 2 <= len(peer.pings) <= 6


async def test_a_pong_that_nobody_asked_for_says_nothing() -> None:
    peer = Peer(every=0.01, within=0.05)
    await peer.until_pinged(1)
    for payload in (b"", b"0", b"-1", b"99", b"x", b"9" * 125, "¹".encode(), b" 1"):
        peer.heart.pong(payload)

    async def dead() -> bool:
        return bool(peer.dead)

    await until(dead)


async def test_alive_waits_for_its_own_pong() -> None:
    peer = Peer()
    asked = asyncio.create_task(peer.heart.alive(NEVER))
    await peer.until_pinged(1)
    peer.heart.pong(b"2")
    await asyncio.sleep(0)
    assert not asked.done()
    peer.heart.pong(peer.pings[0])
    assert await asked is True
    assert await peer.heart.alive(0.01) is False


async def test_a_pong_answers_the_pings_before_it_too() -> None:
    peer = Peer()
    asked = [asyncio.create_task(peer.heart.alive(NEVER)) for _ in range(3)]
    await peer.until_pinged(3)
    peer.heart.pong(peer.pings[1])
    assert await asked[0] is True
    assert await asked[1] is True
    await asyncio.sleep(0)
    assert not asked[2].done()
    peer.heart.stop()
    assert await asked[2] is False, "nobody is there any more"


async def test_an_old_pong_does_not_answer_a_new_ping() -> None:
    peer = Peer(answers=True)
    assert await peer.heart.alive(1) is True
    peer.answers = False
    asked = asyncio.create_task(peer.heart.alive(0.05))
    await peer.until_pinged(2)
    peer.heart.pong(peer.pings[0])
    assert await asked is False


async def test_who_gives_up_waiting_leaves_nothing_behind() -> None:
    peer = Peer()
    asked = asyncio.create_task(peer.heart.alive(NEVER))
    await peer.until_pinged(1)
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    assert not peer.heart._waiting
    peer.heart.pong(peer.pings[0])
    peer.heart.stop()
    assert await peer.heart.alive(NEVER) is False
    assert len(peer.pings) == 1, "after the end nothing is sent"
