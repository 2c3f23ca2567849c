"""One timer that watches many waits."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from speko.routing.watchdog import Expired, Watchdog

SOON, LATE = 0.02, 30.0


def within(seconds: float) -> float:
    """A point in time."""
    return time.monotonic() + seconds


async def never() -> str:
    await asyncio.Event().wait()
    return "never"


async def at_once(value: str = "done") -> str:
    return value


async def after_a_turn() -> str:
    await asyncio.sleep(0)
    return "done"


def swallowing(times: int, result: Any = "swallowed") -> Callable[[], Awaitable[Any]]:
    """Waits for ever, ignores so many cancellations, and then returns or raises `result`."""

    async def wait() -> Any:
        for _ in range(times):
            try:
                await never()
            except asyncio.CancelledError:
                continue
        if isinstance(result, Exception):
            raise result
        return result

    return wait


def not_cancelled() -> bool:
    """Whether the running task has no cancellation left over."""
    task = asyncio.current_task()
    assert task is not None
    return task.cancelling() == 0


async def test_what_comes_in_time_is_returned() -> None:
    watchdog = Watchdog()
    assert await watchdog.guard(at_once(), within(LATE)) == "done"
    assert await watchdog.guard(after_a_turn(), within(LATE)) == "done"
    watchdog.stop()


async def test_it_fires_and_ends_what_is_waited_for() -> None:
    ended: list[str] = []

    async def wait() -> None:
        try:
            await never()
        finally:
            ended.append("waited")

    with pytest.raises(Expired):
        await Watchdog().guard(wait(), within(SOON))
    assert ended == ["waited"]
    assert not_cancelled()


async def test_a_deadline_that_has_passed_fires_in_the_next_turn() -> None:
    with pytest.raises(Expired):
        await Watchdog().guard(never(), within(-1))


async def test_what_is_there_already_beats_a_deadline_that_has_passed() -> None:
    watchdog = Watchdog()
    assert await watchdog.guard(at_once(), within(-1)) == "done"
    await asyncio.sleep(SOON)
    assert not_cancelled(), "the timer that was due found nobody waiting"
    watchdog.stop()


async def test_a_deadline_that_moves_away_keeps_its_timer() -> None:
    watchdog = Watchdog()
    first = within(SOON)
    assert await watchdog.guard(at_once(), first) == "done"
    timer = watchdog._timer
    assert timer is not None
    moved = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(5 * SOON, moved.set_result, "late")
    waiting = watchdog.guard(moved, within(LATE))
    assert await waiting == "late", "the old deadline passed during this wait and does not count"
    assert time.monotonic() > first
    watchdog.stop()


async def test_a_deadline_that_comes_nearer_sets_the_timer_anew() -> None:
    watchdog = Watchdog()
    assert await watchdog.guard(at_once(), within(LATE)) == "done"
    async with asyncio.timeout(LATE / 2):
        with pytest.raises(Expired):
            await watchdog.guard(never(), within(SOON))


async def test_it_goes_on_after_it_has_fired() -> None:
    watchdog = Watchdog()
    for _ in range(3):
        with pytest.raises(Expired):
            await watchdog.guard(never(), within(SOON))
        assert await watchdog.guard(after_a_turn(), within(LATE)) == "done"
    assert not_cancelled()
    watchdog.stop()


@pytest.mark.parametrize("result", ["swallowed", RuntimeError("instead")], ids=["returns", "raises"])
async def test_swallowing_our_cancellation_does_not_help(result: Any) -> None:
    with pytest.raises(Expired):
        await Watchdog().guard(swallowing(1, result)(), within(SOON))
    assert not_cancelled()


async def test_who_swallows_it_and_waits_on_is_cancelled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("speko.routing.watchdog._AGAIN", SOON)
    async with asyncio.timeout(LATE / 2):
        with pytest.raises(Expired):
            await Watchdog().guard(swallowing(4, RuntimeError("instead"))(), within(SOON))
    assert not_cancelled()


async def test_an_error_of_its_own_comes_through() -> None:
    async def fail() -> None:
        raise KeyError("x")

    watchdog = Watchdog()
    with pytest.raises(KeyError):
        await watchdog.guard(fail(), within(LATE))
    watchdog.stop()


async def outcome_when_cancelled(waiting: Callable[[], Awaitable[Any]], fired: bool) -> "asyncio.Task[Any]":
    """The finished task of a guard that is cancelled from outside, in the same turn in which it fires or before."""
    watchdog = Watchdog()
    task = asyncio.ensure_future(watchdog.guard(waiting(), within(-1 if fired else LATE)))
    await asyncio.sleep(0)
    if fired:
        watchdog._look()
    task.cancel("caller_left")
    await asyncio.wait([task], timeout=10)
    watchdog.stop()
    return task


@pytest.mark.parametrize("fired", [False, True], ids=["alone", "while it fires"])
async def test_a_cancellation_from_outside_wins(fired: bool) -> None:
    task = await outcome_when_cancelled(never, fired)
    assert task.cancelled()


@pytest.mark.parametrize("result", ["swallowed", RuntimeError("instead")], ids=["returns", "raises"])
@pytest.mark.parametrize("fired", [False, True], ids=["alone", "while it fires"])
async def test_a_cancellation_from_outside_is_not_lost_when_it_is_swallowed(result: Any, fired: bool) -> None:
    task = await outcome_when_cancelled(swallowing(1, result), fired)
    assert task.cancelled()


async def test_the_reason_of_a_cancellation_comes_through() -> None:
    task = await outcome_when_cancelled(never, fired=False)
    with pytest.raises(asyncio.CancelledError, match="caller_left"):
        task.result()


async def test_it_works_while_the_task_is_being_cancelled() -> None:
    """Cleaning up after a cancellation has deadlines, too."""
    seen: list[str] = []

    async def clean_up() -> None:
        try:
            await never()
        except asyncio.CancelledError:
            with pytest.raises(Expired):
                await Watchdog().guard(never(), within(SOON))
            seen.append("expired")
            raise

    task = asyncio.ensure_future(clean_up())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == ["expired"]


async def test_stopping_frees_the_timer() -> None:
    watchdog = Watchdog()
    assert await watchdog.guard(at_once(), within(LATE)) == "done"
    timer = watchdog._timer
    assert timer is not None
    watchdog.stop()
    watchdog.stop()
    assert timer.cancelled()
    assert watchdog._timer is None
    assert await watchdog.guard(at_once(), within(LATE)) == "done", "and it can be used again"
    watchdog.stop()


async def test_no_timer_is_left_once_it_has_fired() -> None:
    watchdog = Watchdog()
    with pytest.raises(Expired):
        await watchdog.guard(never(), within(SOON))
    watchdog.stop()
    await asyncio.sleep(2 * SOON)
    assert not_cancelled()
