"""Verdicts that cross on their way, or are lost on it: what one process says and hears, exchange by exchange."""

from typing import Any

import pytest
from redis.asyncio import Redis

from speko.limits.breakers import SharedBreakers
from speko.providers.errors import ProviderUnavailable
from speko.routing.health import Health
from tests.limits.redis_server import PROGRAM, redis_server

MODEL = ("openai", "gpt", "platform")
FIELD = '["openai","gpt",null]'
OPEN, CLOSED = b"o", b"c"


class Process:
    """One gateway process, and how it stands with Redis."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.health = Health(threshold=1, open_for=30.0)
        self.shared = SharedBreakers(self.health)

    def fail(self) -> None:
        self.health.failed(*MODEL, ProviderUnavailable("down", status=500), began=self.now, now=self.now)

    def serve(self) -> None:
        self.health.succeeded(*MODEL, began=self.now)

    def says(self, *, afresh: bool = False) -> list[str | int]:
        """What goes out."""
        (command,) = self.shared.outgoing(self.now, afresh=afresh)
        return list(command.arguments)

    def hears(self, *verdict: Any) -> None:
        """What comes back: nothing, or kind and seconds of the one breaker that there is."""
        reply = [FIELD.encode(), verdict[0], round(verdict[1] * 1000)] if verdict else []
        self.shared.incoming([reply], self.now)

    @property
    def state(self) -> str:
        return self.health.state(*MODEL[:2], self.now)


@pytest.fixture
def process() -> Process:
    """One whose breaker is open, as everybody knows."""
    process = Process()
    process.fail()
    assert process.says() == [FIELD, "o", 30_000]
    process.hears(OPEN, 30)
    assert process.says() == []
    process.hears(OPEN, 30)
    return process


def test_what_closes_while_an_answer_is_under_way_is_not_opened_by_it(process: Process) -> None:
    assert process.says() == []
    process.serve()
    process.hears(OPEN, 30)
    assert process.state == "closed"
    assert process.says() == [FIELD, "c", 30_000]
    process.hears(CLOSED, 0)
    assert (process.state, process.says()) == ("closed", [])


def test_an_answer_that_comes_late_is_no_news(process: Process) -> None:
    assert process.says() == []
    process.serve()
    process.now += 2
    process.hears(OPEN, 30)  # this machine stood still meanwhile
    assert process.state == "closed"


@pytest.mark.parametrize("seen", ["before it", "during it"])
def test_a_closing_that_was_lost_is_told_again(process: Process, seen: str) -> None:
    process.serve()
    if seen == "during it":
        assert process.says() == [FIELD, "c", 30_000]
    process.shared.alone()
    assert process.says(afresh=True) == [FIELD, "c", 30_000]
    process.hears(CLOSED, 0)
    assert (process.state, process.says()) == ("closed", [])


def test_an_opening_is_told_again_after_an_outage(process: Process) -> None:
    process.shared.alone()
    process.now += 10
    assert process.says(afresh=True) == [FIELD, "o", 20_000]


def test_an_opening_after_a_closing_is_news_both_ways(process: Process) -> None:
    process.serve()
    assert process.says() == [FIELD, "c", 30_000]
    process.fail()
    process.hears(CLOSED, -1)
    assert process.state == "open", "it was opened after that"
    process.now += 1
    assert process.says() == [FIELD, "o", 29_000]
    process.hears(OPEN, 29)
    process.serve()
    assert process.says() == [FIELD, "c", 29_000]
    process.hears(CLOSED, 0)
    process.now += 5
    assert process.says() == []
    process.hears(OPEN, 30)
    assert process.state == "open", "another process has opened it anew"


def test_what_nobody_knows_any_more_is_not_closed(process: Process) -> None:
    process.serve()
    process.shared.alone()
    process.now += 95
    assert process.says(afresh=True) == []


@pytest.mark.skipif(PROGRAM is None, reason="redis-server is not installed")
async def test_who_comes_back_closes_nothing_that_was_opened_since() -> None:
    """Its own success is older than that, and the breaker that it had opened has long been closed by somebody else."""
    one, other = Process(), Process()
    one.health = Health(threshold=1, open_for=3.0)
    one.shared = SharedBreakers(one.health)
    async with redis_server() as server, Redis.from_url(server.url) as redis:

        async def exchange(process: Process, *, afresh: bool = False) -> None:
            (command,) = process.shared.outgoing(process.now, afresh=afresh)
            found = await redis.eval(command.script, len(command.keys), *command.keys, *command.arguments)
            process.shared.incoming([found], process.now)

        one.fail()
        await exchange(one)
        await exchange(other)
        assert (one.state, other.state) == ("open", "open")
        one.shared.alone()
        for process in (one, other):
            process.now += 3.5
            process.serve()
        await exchange(other)
        other.fail()
        await exchange(other)
        await exchange(one, afresh=True)
        await exchange(other)
        assert (one.state, other.state) == ("open", "open")
