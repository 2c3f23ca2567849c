"""Runs the matrix: every fault at every endpoint, with a runner-up that is well and without one, side by side.

Each cell has vendors of its own, so that no breaker is shared; the vendors behind them are one simulator per fault.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
from msgspec import structs

from speko.api.realtime import live
from speko.providers.registry import Registry
from speko.settings import ProviderSettings
from speko.simulators import OpenAISimulator
from speko.simulators.faults import Fault
from tests.api.running import Running, running, until
from tests.faults.matrix.doors import HTTP_ENDS
from tests.faults.matrix.ends import MODELS, SCRIPT, Asked, End, Got
from tests.faults.matrix.engine import ENGINE_ENDS
from tests.faults.matrix.rows import ASKED_REST, ROWS, Place, Row
from tests.faults.matrix.unreachable import UNKNOWN_NAME, closed_port, mute, wrong_certificate

SIDE_BY_SIDE = 10
WAITING = 40
"""Calls side by side where all that most of them do is wait."""
LONGEST = 60.0
"""Seconds after which a call hangs."""
DEADLINE = 5.0
"""Seconds, of every kind but for connecting, for faults that only a deadline ends; all others have the usual ones. It
is short for those who wait for the tests, and long enough for a vendor that is well on a machine that stands still for
two seconds; and so much longer than the usual patience with connecting that it is seen which of the two counts."""
OWN_REST = 3600.0
"""Seconds that a breaker stays open by itself: longer than vendors ask for, so that it is seen which of them counts."""
_MISSED = {
    "not connected in time": "connect",
    "gave no useful output in time": "before the first byte",
    "was not ready in time": "before the first byte",
    "stalled in the middle of its answer": "mid-stream",
}
"""Deadlines, by what an attempt says that missed one."""


@dataclass(frozen=True)
class Cell:
    """One call."""

    row: Row
    end: End
    alone: bool
    """There is no runner-up."""

    @property
    def source(self) -> Fault | Place:
        """What is wrong with the vendor."""
        source = self.row.engine if self.end in ENGINE_ENDS else self.row.source
        assert source is not None
        return source

    @property
    def cause(self) -> str:
        """Of the failed attempt."""
        return self.row.engine_cause or self.row.cause if self.end in ENGINE_ENDS else self.row.cause

    @property
    def name(self) -> str:
        return f"{self.end.name}: {self.row.name}{', alone' if self.alone else ''}"


@dataclass(frozen=True)
class Seen:
    """What became of a call. Vendors are `faulty` and `well`."""

    got: str
    by: str
    """Who the answer names; empty = nobody."""
    attempts: tuple[str, ...]
    usage: tuple[str, ...]
    """Whose output was booked as served, once for each time."""
    breaker: str = "none"
    """Which breaker of the faulty one opened at its first failure."""
    rest: str = ""
    """For how long: as the vendor asked, or as the setting says."""
    late: str = ""
    """Which deadline the faulty one missed first, by the stage at which it counts."""


def all_cells() -> list[Cell]:
    """All of them."""
    rows = [(row, end) for end in HTTP_ENDS for row in ROWS if end.modality not in row.not_for]
    rows += [(row, end) for end in ENGINE_ENDS for row in ROWS if row.engine is not None]
    return [Cell(row, end, alone) for row, end in rows for alone in (False, True)]


async def observe(folder: Path, cells: Sequence[Cell]) -> dict[Cell, Seen]:
    """Makes all calls."""
    seen: dict[Cell, Seen] = {}
    async with AsyncExitStack() as stack:
        sources = {(cell.source, cell.row.pace) for cell in cells}
        addresses = {(source, pace): await _source(stack, source, pace, folder) for source, pace in sources}
        for waits in (False, True):
            chosen = [cell for cell in cells if cell.row.waits is waits]
            if chosen:
                async with _gateway(folder / f"waits-{waits}", chosen, addresses, waits) as gateway:
                    seen |= await _calls(gateway, chosen, WAITING if waits else SIDE_BY_SIDE)
    return seen


async def _source(stack: AsyncExitStack, source: Fault | Place, pace: float, folder: Path) -> str:
    """The base URL of a vendor with that fault."""
    match source:
        case "closed port":
            return await stack.enter_async_context(closed_port())
        case "unknown name":
            return UNKNOWN_NAME
        case "wrong certificate":
            return await stack.enter_async_context(wrong_certificate(folder))
        case "mute":
            return await stack.enter_async_context(mute())
        case Fault():
            simulator = OpenAISimulator(script=structs.replace(SCRIPT, pace=pace), fault=source)
            return (await stack.enter_async_context(simulator)).base_url
        case _:
            raise ValueError(source)


@asynccontextmanager
async def _gateway(
    folder: Path, cells: Sequence[Cell], addresses: Mapping[tuple[Fault | Place, float], str], waits: bool
) -> AsyncIterator[Running]:
    """A gateway that knows two vendors for each cell. One failure opens a breaker."""
    async with OpenAISimulator(script=SCRIPT) as well:
        providers, models = {}, {}
        for number, cell in enumerate(cells):
            for vendor in _vendors(number, cell):
                url = well.base_url if _plain(vendor) == "well" else addresses[cell.source, cell.row.pace]
                providers[vendor] = ProviderSettings(api_key="a-key", base_url=url)
                models[vendor] = MODELS[cell.end.modality]
        strict: dict[str, Any] = {"breaker_failures": 1, "breaker_open_seconds": OWN_REST, "embedded": "never"}
        short = dict.fromkeys(("first_byte_timeout", "gap_timeout"), DEADLINE)
        settings = {**strict, **(short if waits else {})}
        async with running(folder, _registry(models), providers=providers, **settings) as gateway:
            with patch.object(live, "STALL", DEADLINE if waits else live.STALL):
                yield gateway


def _vendors(number: int, cell: Cell) -> tuple[str, ...]:
    """Who may serve a cell, best first."""
    return (f"faulty-{number}",) if cell.alone else (f"faulty-{number}", f"well-{number}")


def _registry(models: Mapping[str, str]) -> Registry:
    """Vendors that speak as openai does, and have one of its models each: routing looks at all there are."""
    openai = Registry.load().vendors["openai"]
    registry = Registry()
    for vendor, name in models.items():
        model = next(model for model in openai.vendor.models if model.id == name)
        key = vendor.upper()
        twin = structs.replace(openai.vendor, id=vendor, models=(model,), key_env=key, base_url_env=f"{key}_URL")
        registry.add(replace(openai, vendor=twin))
    return registry


async def _calls(gateway: Running, cells: Sequence[Cell], side_by_side: int) -> dict[Cell, Seen]:
    room = asyncio.Semaphore(side_by_side)

    async def call(number: int, cell: Cell) -> Got:
        async with room:
            try:
                async with asyncio.timeout(LONGEST):
                    return await cell.end.call(gateway.client, Asked(_request_id(number), _vendors(number, cell)))
            except TimeoutError:
                return Got("nothing: it hangs")
            # Whatever it gets that cannot be read is this cell's alone, so that the others are told.
            except (httpx.TransportError, AssertionError, LookupError, TypeError, ValueError) as error:
                return Got(f"what nobody should get: {error!r}")

    got = await asyncio.gather(*[call(number, cell) for number, cell in enumerate(cells)])

    async def over() -> bool:
        return gateway.gateway.in_flight.count == gateway.gateway.sockets.count == 0

    await until(over)
    times = await _times_booked(gateway)
    seen: dict[Cell, Seen] = {}
    for (number, cell), what in zip(enumerate(cells), got, strict=True):
        attempts = await gateway.attempts(_request_id(number))
        rests = _rests(gateway, f"faulty-{number}", MODELS[cell.end.modality])
        seen[cell] = Seen(
            got=what.what,
            by=_plain(what.by or ""),
            attempts=tuple([_attempt(tried, cell.cause) for tried in attempts]),
            usage=tuple([_plain(name) for name in _vendors(number, cell) for _ in range(times[name])]),
            breaker=" and ".join(rests) or "none",
            rest=" and ".join(["as asked" if rest <= ASKED_REST else "its own" for rest in rests.values()]),
            late=_missed(attempts[0], cell.end) if attempts else "",
        )
    return seen


async def _times_booked(gateway: Running) -> Counter[str]:
    """How often each vendor's output was booked as served; an answer that counts in several metrics is booked once."""
    store = gateway.gateway.store
    await store.ledger.flush()
    now = datetime.now(UTC)
    export = store.export((await store.default_organization()).id, now - timedelta(days=1), now + timedelta(days=1))
    rows = [row async for page in export.pages() for row in page if row["record"] == "usage"]
    times: Counter[str] = Counter()
    for (provider, _), count in Counter((row["provider"], row["metric"]) for row in rows).items():
        times[provider] = max(times[provider], count)
    return times


def _request_id(number: int) -> str:
    return f"cell-{number}"


def _plain(vendor: str) -> str:
    return vendor.partition("-")[0]


def _attempt(tried: Mapping[str, Any], expected: str) -> str:
    cause = tried["cause"]
    if cause in expected.split(" or "):
        cause = expected  # which of them it is, the kernel decides
    return f"{_plain(tried['provider'])}: {tried['outcome']}{f' ({cause})' if cause else ''}"


def _missed(tried: Mapping[str, Any], end: End) -> str:
    if tried["cause"] != "timeout":
        return ""
    missed = _MISSED.get(tried["message"], tried["message"])
    # An engine has one deadline to be ready by, and connecting is a part of that.
    return "before the first byte" if end in ENGINE_ENDS and missed == "connect" else missed


def _rests(gateway: Running, vendor: str, model: str) -> dict[str, float]:
    """Seconds for which each breaker of a vendor that is open stays so."""
    health, now = gateway.gateway.router.health, gateway.gateway.now()
    credentials = {"model": None, "key": "platform"}
    found = {name: health.rest_of(vendor, model, credential, now) for name, credential in credentials.items()}
    return {name: rest for name, rest in found.items() if rest}
