"""The exchange with a real Redis: what two processes agree on, and what becomes of it when Redis dies or hangs."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable

import pytest

from speko.limits import redis_link
from speko.limits.breakers import SharedBreakers
from speko.limits.concurrency import Concurrency
from speko.limits.redis_link import RedisLink
from speko.limits.request_rates import RequestRates
from speko.providers.errors import ProviderUnavailable
from speko.routing.health import Health
from tests.limits.redis_server import PROGRAM, RedisServer, redis_server, silent_server

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="redis-server is not installed")
MODEL = ("openai", "gpt", "platform")


class Process:
    """What one gateway process shares."""

    def __init__(self, url: str) -> None:
        self.rates = RequestRates()
        self.sessions = Concurrency()
        self.health = Health(threshold=1, open_for=30.0)
        self.link = RedisLink(url, (self.rates, self.sessions, SharedBreakers(self.health)), time.monotonic, every=0.01)

    def fail(self) -> None:
        now = time.monotonic()
        self.health.failed(*MODEL, ProviderUnavailable("down", status=500), began=now, now=now)

    @property
    def state(self) -> str:
        return self.health.state(*MODEL[:2], time.monotonic())


@pytest.fixture
async def server() -> AsyncIterator[RedisServer]:
    async with redis_server() as running:
        yield running


@pytest.fixture
async def two(server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Process, Process]]:
    """With patience: a machine that stands still is no outage of Redis."""
    monkeypatch.setattr(redis_link, "_ANSWER", 15.0)
    one, other = Process(server.url), Process(server.url)
    one.link.start()
    other.link.start()
    yield one, other
    await one.link.close()
    await other.link.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what is waited for is in another process
            await asyncio.sleep(0.005)


async def test_a_breaker_opens_and_closes_everywhere(two: tuple[Process, Process]) -> None:
    one, other = two
    one.fail()
    await until(lambda: other.state == "open")
    rest = other.health.rest_of(*MODEL[:2], None, time.monotonic())
    assert 20 < rest <= 30.5
    await asyncio.sleep(0.1)
    again = one.health.rest_of(*MODEL[:2], None, time.monotonic())
    assert again <= rest, "they do not prolong it for each other"
    one.health.succeeded(*MODEL, began=time.monotonic())
    await until(lambda: other.state == "closed")
    other.fail()
    await until(lambda: one.state == "open")


async def test_a_credential_rests_alone(two: tuple[Process, Process]) -> None:
    one, other = two
    now = time.monotonic()
    one.health.rest("openai", "gpt", "byok_1", 20.0, now)
    await until(lambda: not other.health.allows("openai", "gpt", "byok_1", time.monotonic()))
    assert other.health.allows(*MODEL, time.monotonic())


async def test_requests_add_up(two: tuple[Process, Process]) -> None:
    one, other = two
    for process in two:
        for _ in range(30):
            process.rates.take("key_1", 60, time.monotonic())
    await until(lambda: all(p.rates.wait("key_1", 40, time.monotonic()) > 0 for p in (one, other)))


async def test_sessions_add_up_and_keys_go(server: RedisServer, two: tuple[Process, Process]) -> None:
    for number, process in enumerate(two):
        process.sessions.full("key_1", 2, time.monotonic())
        process.sessions.begin(f"s{number}", ("key_1",), counted=False, now=time.monotonic())
    await until(lambda: all(p.sessions.full("key_1", 2, time.monotonic()) for p in two))
    two[0].fail()
    two[0].rates.take("key_1", 60, time.monotonic())
    await until(lambda: two[1].state == "open")
    for key, milliseconds in (await server.keys()).items():
        assert key.startswith("speko:")
        assert 0 < milliseconds <= 900_000
    two[0].sessions.end("s0")
    await until(lambda: not two[1].sessions.full("key_1", 2, time.monotonic()))


async def test_redis_dies_and_comes_back(
    server: RedisServer, two: tuple[Process, Process], caplog: pytest.LogCaptureFixture
) -> None:
    one, other = two
    caplog.set_level(logging.INFO, "speko.limits.redis_link")
    one.sessions.full("key_1", 9, time.monotonic())
    one.sessions.begin("a", ("key_1",), counted=False, now=time.monotonic())
    other.sessions.full("key_1", 9, time.monotonic())
    await until(lambda: other.sessions.count("key_1", time.monotonic()) == 1)
    one.fail()
    await until(lambda: other.state == "open")
    await server.kill()
    await until(lambda: not one.link.connected and not other.link.connected)
    assert other.sessions.count("key_1", time.monotonic()) == 0, "each has its own"
    assert one.sessions.count("key_1", time.monotonic()) == 1
    assert other.state == "open", "what was heard stays"
    other.sessions.begin("b", ("key_1",), counted=False, now=time.monotonic())
    await server.start()
    await until(lambda: one.link.connected and other.link.connected)
    await until(lambda: all(p.sessions.count("key_1", time.monotonic()) == 2 for p in two))
    lines = [record.levelname for record in caplog.records]
    assert sorted(lines) == ["INFO"] * 2 + ["WARNING"] * 2, "one line at the beginning and one at the end, each"


async def test_a_redis_that_says_nothing_is_an_outage(caplog: pytest.LogCaptureFixture) -> None:
    async with silent_server() as url:
        process = Process(url)
        began = time.monotonic()
        process.link.start()
        process.rates.take("key_1", 1, time.monotonic())
        assert process.rates.wait("key_1", 1, time.monotonic()) > 0
        await until(lambda: bool(caplog.records))
        await process.link.close()
        assert time.monotonic() - began < 15
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "127.0.0.1" not in caplog.text


async def test_what_redis_refuses_is_an_outage(server: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    from redis.asyncio import Redis

    async with Redis.from_url(server.url) as client:
        await client.set("speko:breakers", "somebody else's")
    process = Process(server.url)
    process.link.start()
    await until(lambda: bool(caplog.records))
    assert not process.link.connected
    await process.link.close()


async def test_it_ends_although_the_client_swallows_a_cancellation(
    server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    process, waiting = Process(server.url), asyncio.Event()

    async def deaf(*, afresh: bool) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            waiting.set()
            await asyncio.Event().wait()

    with monkeypatch.context() as patched:
        patched.setattr(process.link, "_exchange", deaf)
        process.link.start()
        await waiting.wait()
        async with asyncio.timeout(10):
            await process.link.close()
    for _ in range(20):
        process = Process(server.url)
        process.link.start()
        await asyncio.sleep(0.01)
        async with asyncio.timeout(10):
            await process.link.close()
