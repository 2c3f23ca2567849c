"""The caller leaves: the work for it is cancelled, and nobody else hears of it."""

import asyncio
import contextlib
from typing import Any, cast

import pytest
from litestar.types import Receive

from speko.api.leaving import Leaving

BODY = {"type": "http.request", "body": b"", "more_body": False}
GONE = {"type": "http.disconnect"}


class Caller:
    """What `receive` hands out."""

    def __init__(self) -> None:
        self._messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.waiting = 0

    def sends(self, message: dict[str, Any]) -> None:
        self._messages.put_nowait(message)

    @property
    def receive(self) -> Receive:
        async def receive() -> Any:
            self.waiting += 1
            try:
                return await self._messages.get()
            finally:
                self.waiting -= 1

        return cast(Receive, receive)


def cancellations() -> int:
    task = asyncio.current_task()
    assert task is not None
    return task.cancelling()


async def test_work_that_ends_is_left_alone() -> None:
    caller = Caller()
    async with Leaving(caller.receive):
        await asyncio.sleep(0)
        assert caller.waiting == 1, "it listens"
    await asyncio.sleep(0)
    assert caller.waiting == 0, "and stops with the work"
    assert cancellations() == 0


async def test_leaving_cancels_the_work_and_goes_no_further() -> None:
    caller, ended = Caller(), list[str]()
    caller.sends(GONE)
    async with asyncio.timeout(10), Leaving(caller.receive):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError as error:
            ended.append(str(error.args[0]))
            raise
    assert ended == ["caller_left"]
    assert cancellations() == 0


async def test_other_messages_are_not_leaving() -> None:
    caller = Caller()
    caller.sends(BODY)
    caller.sends(BODY)
    async with Leaving(caller.receive):
        for _ in range(5):
            await asyncio.sleep(0)
        assert caller.waiting == 1
        assert cancellations() == 0


async def test_an_error_of_the_work_comes_out() -> None:
    with pytest.raises(KeyError):
        async with Leaving(Caller().receive):
            raise KeyError("x")


async def test_an_error_comes_out_also_when_the_caller_has_left() -> None:
    caller = Caller()
    caller.sends(GONE)
    with pytest.raises(KeyError):
        async with Leaving(caller.receive):
            try:
                await asyncio.Event().wait()
            finally:
                raise KeyError("x")
    assert cancellations() == 0


async def test_work_that_ends_in_spite_of_it_leaves_no_cancellation_behind() -> None:
    caller = Caller()
    caller.sends(GONE)
    async with Leaving(caller.receive):
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
    assert cancellations() == 0
    await asyncio.sleep(0)


async def one_call(caller: Caller, began: asyncio.Event) -> None:
    async with Leaving(caller.receive):
        began.set()
        await asyncio.Event().wait()


async def test_somebody_elses_cancellation_comes_out() -> None:
    caller, began = Caller(), asyncio.Event()
    task = asyncio.create_task(one_call(caller, began))
    await began.wait()
    task.cancel("gateway_stopped")
    with pytest.raises(asyncio.CancelledError, match="gateway_stopped"):
        await task
    await asyncio.sleep(0)
    assert caller.waiting == 0


async def test_somebody_elses_cancellation_wins_over_the_callers() -> None:
    caller, began = Caller(), asyncio.Event()
    task = asyncio.create_task(one_call(caller, began))
    await began.wait()
    await asyncio.sleep(0)
    caller.sends(GONE)
    await asyncio.sleep(0)
    task.cancel("gateway_stopped")
    await asyncio.wait([task], timeout=10)
    assert task.cancelled(), "a stop of the gateway is not taken for a caller who left"
