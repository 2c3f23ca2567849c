import asyncio

import pytest

from speko.simulators.captured import Ledger
from speko.simulators.faults import FaultKind


def test_counts_and_forgets() -> None:
    ledger = Ledger(keep=1)
    ledger.received("chat", None, "sk-secret")
    ledger.received("chat", FaultKind.STALL, None)
    ledger.client_left()
    assert (ledger.total, ledger.operations, ledger.faults) == (2, {"chat": 2}, {"stall": 1})
    assert (ledger.cancelled, ledger.last_key) == (1, None)
    ledger.reset()
    assert (ledger.total, ledger.faults, ledger.cancelled) == (0, {}, 0)


def test_a_key_shows_as_the_start_of_its_hash() -> None:
    ledger = Ledger(keep=1)
    ledger.received("chat", None, "sk-secret")
    assert ledger.last_key is not None
    assert len(ledger.last_key) == 8
    assert "secret" not in str(vars(ledger))


async def test_those_who_wait_are_woken_by_every_change() -> None:
    ledger = Ledger(keep=1)
    waiting = [asyncio.create_task(ledger.until(lambda count=count: ledger.total >= count)) for count in (1, 2)]  # type: ignore[misc]
    await asyncio.sleep(0)
    ledger.received("chat", None, None)
    async with asyncio.timeout(5):
        await waiting[0]
    assert not waiting[1].done()
    ledger.received("chat", None, None)
    async with asyncio.timeout(5):
        await waiting[1]


async def test_one_who_gave_up_waiting_is_no_trouble() -> None:
    ledger = Ledger(keep=1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await ledger.until(lambda: False)
    ledger.client_left()
    assert ledger.cancelled == 1
