"""The limits of a running gateway: what they are made of, what keeps them true, and what a refusal looks like."""

import asyncio
import contextlib
import logging
import math
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from speko.api.errors import ApiError
from speko.limits.affordable import affordable
from speko.limits.breakers import SharedBreakers
from speko.limits.ceilings import CeilingTable, Exceeded, Kind
from speko.limits.limits import EndReason, Limits
from speko.limits.redis_link import RedisLink
from speko.limits.spend import Tally, month_start
from speko.routing.health import Health
from speko.routing.router import Chain
from speko.settings import Settings
from speko.storage.errors import StorageError
from speko.storage.store import Store

log = logging.getLogger(__name__)
_SHARED_EVERY = 1.0
"""Seconds between two looks at what other processes have spent."""
_ALONE_EVERY = 60.0
_RECENT = timedelta(minutes=10)
"""Rows older than that are summed up rarely: they were written long ago."""
_OLD_EVERY = timedelta(minutes=5)
_ASKED_EVERY = 5.0
"""Seconds for which a sum is good enough that somebody only wants to see."""


class _Old(Struct, frozen=True):
    """Sums of rows that were made before `until`."""

    month: datetime
    read_at: datetime
    until: datetime
    monthly: Mapping[str, int]
    ever: Mapping[str, int]


class _Asked:
    """When the sums of an organisation were read because somebody asked."""

    def __init__(self) -> None:
        self.reading: asyncio.Task[None] | None = None
        """All who ask meanwhile wait for it: a database that does not answer keeps each of them once, and not one after
        the other."""
        self.month: datetime | None = None
        self.at = 0.0


class Limiting:
    """Limits, and the background work that keeps them true. `end_session` and `refused` as in `Limits`."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        health: Health,
        end_session: Callable[[str, EndReason], None],
        refused: Callable[[Kind], None],
    ) -> None:
        self._store = store
        self._now = store.sessions.now
        self.limits = Limits(
            CeilingTable.of(settings),
            enforce_credits=settings.enforce_credits,
            several=not store.is_sqlite,
            clock=time.monotonic,
            now=self._now,
            end_session=end_session,
            refused=refused,
        )
        self._changed = asyncio.Event()
        self._old: _Old | None = None
        self._asked: defaultdict[str, _Asked] = defaultdict(_Asked)
        self._known: datetime | None = None
        """The month of which everybody's spend was read."""
        self._task: asyncio.Task[None] | None = None
        shared = (self.limits.rates, self.limits.sessions, SharedBreakers(health))
        url = settings.redis_url
        self.redis = RedisLink(url.get_secret_value(), shared, time.monotonic) if url is not None else None

    async def open(self) -> None:
        """Reads what was spent so far, and begins to look after it. Redis is waited for by nobody."""
        self._take_over()
        self._store.directory.on_change(self._take_over)
        await self._read()
        self._task = asyncio.create_task(self._run(), name="limits")
        if self.redis is not None:
            self.redis.start()

    async def close(self) -> None:
        """Ends the background work."""
        tasks = [task for task in (self._task, *(asked.reading for asked in self._asked.values())) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self.redis is not None:
            await self.redis.close()

    async def spent(self, organization_id: str) -> Tally:
        """What an organisation and its keys have spent this month: what this process has booked, at once; what others
        have, within seconds. Where it is not known for the limits anyway it is read, rarely. Raises StorageError."""
        month = month_start(self._now())
        if not (self._watches and self._known == month):
            asked = self._asked[organization_id]
            every = _ALONE_EVERY if self._store.is_sqlite else _ASKED_EVERY
            if asked.month != month or time.monotonic() - asked.at >= every:
                if asked.reading is None:
                    asked.reading = asyncio.create_task(self._read_of(organization_id, asked, month))
                await asyncio.shield(asked.reading)
        return self.limits.spend.monthly(self._now())

    async def _read_of(self, organization_id: str, asked: _Asked, month: datetime) -> None:
        try:
            await self._store.ledger.flush()  # what is our own is taken off the sum
            self.limits.spend.read(month, await self._store.spent(organization_id, month, None), {})
            asked.month, asked.at = month, time.monotonic()
        finally:
            asked.reading = None

    @property
    def _watches(self) -> bool:
        """Whether anybody is limited by what is spent."""
        return self.limits.ceilings.any_spend or self.limits.enforces_credits

    def _take_over(self) -> None:
        directory = self._store.directory
        self.limits.replace(directory.limits, directory.credit)
        self._changed.set()

    async def _run(self) -> None:
        every = _ALONE_EVERY if self._store.is_sqlite else _SHARED_EVERY
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(every):
                    await self._changed.wait()
            try:
                await self._read()
            except Exception as error:  # whatever it is: it must not end the watch for good
                if not isinstance(error, StorageError):  # the store says that the database is away
                    log.error("limits: reading what was spent failed", extra={"type": type(error).__name__})
                self._changed.set()  # what was to be read still is
                await asyncio.sleep(_SHARED_EVERY)

    async def _read(self) -> None:
        """Reads what everybody has spent, where anybody is limited by it."""
        self._changed.clear()
        limits = self.limits
        if not self._watches:
            return
        if self._store.is_sqlite:
            await self._store.ledger.flush()  # the rows of nobody else are in there
        old = await self._older()
        recent = await self._store.spent(None, old.until, None)
        limits.spend.read(old.month, _added(old.monthly, recent), _added(old.ever, recent))
        self._known = old.month
        limits.enforce()

    async def _older(self) -> _Old:
        now, old = self._now(), self._old
        month = month_start(now)
        if old is None or old.month != month or now - old.read_at > _OLD_EVERY:
            until = max(month, now - _RECENT)
            monthly = await self._store.spent(None, month, until)
            ever = await self._store.spent(None, None, until) if self.limits.enforces_credits else {}
            old = self._old = _Old(month, now, until, monthly, ever)
        return old


def refusal(exceeded: Exceeded) -> ApiError:
    """What a caller is told of a limit."""
    whose = "this API key" if exceeded.scope == "key" else "the organization"
    if exceeded.kind == "credits":
        return ApiError(402, "INSUFFICIENT_CREDITS", "The credit of the organization is used up")
    code, text = {
        "requests": ("RATE_LIMITED", f"Too many requests: {whose} has {exceeded.most} a minute"),
        "sessions": ("LIMIT_REACHED", f"Too many sessions: {whose} has {exceeded.most} at a time"),
        "spend": ("LIMIT_REACHED", f"{whose[0].upper()}{whose[1:]} has spent its limit of this month"),
    }[exceeded.kind]
    seconds = max(1, math.ceil(exceeded.retry_after))
    return ApiError(429, code, text, headers={"retry-after": str(seconds)})


def affordable_or_refused(limits: Limits, chain: Chain, exceeded: Exceeded | None, *, limited: bool) -> Chain:
    """The candidates that a caller may still use: `exceeded` is what `limits.spending` has said, and `limited` what
    `limits.limits_spending` has.

    Raises:
        ApiError: 402 or 429: there were some, and all of them are on platform keys.
    """
    kept = affordable(chain, exceeded, limited=limited)
    if exceeded is not None and chain.candidates and not kept.candidates:
        raise spending_refused(limits, exceeded)
    return kept


def spending_refused(limits: Limits, exceeded: Exceeded) -> ApiError:
    """A refusal of what would cost money, counted."""
    limits.refused(exceeded.kind)
    return refusal(exceeded)


def _added(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {subject: one.get(subject, 0) + other.get(subject, 0) for subject in {**one, **other}}
