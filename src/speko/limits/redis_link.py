"""The exchange with Redis: ten times a second, in the background, in one round trip. No call ever waits for it.

Redis that is gone, slow, full or in somebody else's hands is an outage of this exchange and of nothing else: every part
goes on with what it has, one line in the log says so, and another when it is over.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Sequence

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from speko.limits.sharing import Reply, Shared

EVERY = 0.1
"""Seconds from one exchange to the next."""
_ANSWER = 1.0
"""Seconds for a connection and an exchange; after that Redis counts as gone."""
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0
_PREFIX = "speko:"
log = logging.getLogger(__name__)


class RedisLink:
    """Tells the parts of this process's state to the others.

    Args:
        url: of Redis.
        parts: what is shared.
        clock: their clock, in seconds.
        every: seconds between exchanges.
    """

    def __init__(self, url: str, parts: Sequence[Shared], clock: Callable[[], float], every: float = EVERY) -> None:
        self._url = url
        self._parts = parts
        self._clock = clock
        self._every = every
        self._redis: Redis | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self.connected = False
        """Whether the last exchange went well."""
        self._complained = False

    def start(self) -> None:
        """Begins; waits for nothing."""
        self._task = asyncio.create_task(self._run(), name="Redis exchange")

    async def close(self) -> None:
        """Ends it, with one more exchange where Redis answers, so that the others know what was let go."""
        self._closing = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if self.connected:
            # The one that was cut short may have got through or not: this one says it all anew.
            await self._try(afresh=True)
        await self._disconnect()

    async def _run(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            answered = await self._try(afresh=not self.connected)
            if self._closing:
                return  # the client may swallow a cancellation (redis 8.1: in the middle of an answer)
            if answered:
                pause = _FIRST_PAUSE
                await asyncio.sleep(self._every)
            else:
                await asyncio.sleep(pause * random.uniform(0.5, 1.0))
                pause = min(pause * 2, _LONGEST_PAUSE)

    async def _try(self, *, afresh: bool) -> bool:
        try:
            async with asyncio.timeout(_ANSWER):
                await self._exchange(afresh=afresh)
        except asyncio.CancelledError:
            await self._disconnect()  # it may hold half an answer
            raise
        except Exception as error:  # whatever it is: it must not end the exchange for good
            await self._lost(error)
            return False
        if self._complained:
            log.info("Redis answers again; limits and breakers are shared between processes")
        self.connected, self._complained = True, False
        return True

    async def _exchange(self, *, afresh: bool) -> None:
        if self._redis is None:
            self._redis = _client(self._url)
        commands = [list(part.outgoing(self._clock(), afresh=afresh)) for part in self._parts]
        pipeline = self._redis.pipeline(transaction=False)
        for command in (command for part in commands for command in part):
            keys = [_PREFIX + key for key in command.keys]
            pipeline.eval(command.script, len(keys), *keys, *command.arguments)
        replies: list[Reply] = await pipeline.execute()
        at = 0
        for part, sent in zip(self._parts, commands, strict=True):
            part.incoming(replies[at : at + len(sent)], self._clock())
            at += len(sent)

    async def _lost(self, error: Exception) -> None:
        for part in self._parts:
            part.alone()
        self.connected = False
        await self._disconnect()
        if not self._complained:
            self._complained = True
            # Not the text: it quotes the address, which may hold a password.
            log.warning(
                "Redis does not answer; limits and breakers are this process's own until it does",
                extra={"type": type(error).__name__},
            )

    async def _disconnect(self) -> None:
        client, self._redis = self._redis, None
        if client is not None:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(_ANSWER):
                    await client.aclose()


def _client(url: str) -> Redis:
    return Redis.from_url(
        url,
        single_connection_client=True,
        socket_timeout=_ANSWER,
        socket_connect_timeout=_ANSWER,
        retry=Retry(NoBackoff(), 0),
        client_name="speko",
    )
