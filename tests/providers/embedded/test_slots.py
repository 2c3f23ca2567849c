import asyncio

import pytest

from speko.providers.embedded.slots import Slots
from speko.providers.errors import Busy


async def test_refuses_at_once_when_nobody_may_wait() -> None:
    slots = Slots(2, waiting=0, refusal="full")
    await slots.take()
    await slots.take()
    with pytest.raises(Busy, match="full"):
        await slots.take()
    slots.give()
    await slots.take()


async def test_waits_for_a_slot_that_becomes_free() -> None:
    slots = Slots(1, waiting=1, patience=30.0, refusal="full")
    await slots.take()
    waiting = asyncio.create_task(slots.take())
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await slots.take()  # one may wait, and does
    slots.give()
    await waiting


async def test_patience_ends() -> None:
    slots = Slots(1, waiting=1, patience=0.01, refusal="full")
    await slots.take()
    with pytest.raises(Busy):
        await slots.take()
    slots.give()
    await slots.take()


async def test_one_who_leaves_the_queue_takes_no_slot() -> None:
    slots = Slots(1, waiting=1, patience=30.0, refusal="full")
    await slots.take()
    waiting = asyncio.create_task(slots.take())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    slots.give()
    await slots.take()
