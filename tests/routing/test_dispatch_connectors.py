"""The attempt loop round connectors that break their contract: the call goes on, ends in time and is booked."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest

from speko.providers.call import Call
from speko.providers.errors import ConnectFailed, DeadlineExceeded, ProviderError
from speko.routing.attempts import Attempts, Candidate, Deadlines
from speko.routing.dispatch import Dispatch, NoAnswer, cause_of
from speko.routing.health import Health
from speko.routing.metering import CallInfo, Meter
from tests.routing.chains import Books, candidate

FAST = Deadlines(connect=0.05, first_byte=0.05, gap=0.05, total=5.0, budget=5.0)
SLOW = Deadlines()
Batches = AsyncIterator[Sequence[Any]]
Connector = Callable[[], Batches]


def dispatch(books: Books, *connectors: Connector, deadlines: Deadlines = FAST) -> Dispatch[Any]:
    """A call for vendors `v0`, `v1`, … with these connectors."""
    candidates = [candidate(f"v{number}/m") for number in range(len(connectors))]

    def open_stream(chosen: Candidate, call: Call) -> Batches:
        return connectors[int(chosen.provider[1:])]()

    attempts = Attempts(candidates, Health(threshold=1), deadlines, time.monotonic())
    return Dispatch(attempts, open_stream, any, Meter(CallInfo("complete", "r", "o"), books))


async def well() -> Batches:
    yield ["well"]


async def never() -> None:
    await asyncio.Event().wait()


async def only(call: Dispatch[Any]) -> list[Any]:
    """The whole answer."""
    served = await call.first()
    found: list[Any] = []
    try:
        while (batch := await served.next()) is not None:
            assert batch, "an empty batch came through"
            found += batch
    finally:
        await served.close()
    return found


async def test_empty_batches_are_left_out() -> None:
    async def gaps() -> Batches:
        for batch in ([], ["a"], [], [], ["b"], []):
            yield batch

    books = Books()
    assert await only(dispatch(books, gaps)) == ["a", "b"]
    assert books.story == [("v0", "served", None)]


async def test_nothing_but_empty_batches_is_an_empty_answer() -> None:
    async def hollow() -> Batches:
        yield []
        yield []

    books = Books()
    assert await only(dispatch(books, hollow, well)) == ["well"]
    assert books.story[0] == ("v0", "failed", "empty")


async def test_empty_batches_without_end_do_not_hold_up_the_loop() -> None:
    async def spinning() -> Batches:
        while True:
            yield []

    books = Books()
    async with asyncio.timeout(10):
        assert await only(dispatch(books, spinning, well)) == ["well"]
    assert books.story[0] == ("v0", "failed", "timeout")


class Odd(Exception):
    def __str__(self) -> str:
        raise AssertionError("nobody reads the text of a foreign exception")


class Halfway(ProviderError):
    """Forgot to call its base."""

    def __init__(self) -> None:
        self.message = None  # type: ignore[assignment]
        self.status = self.retry_after = None


@pytest.mark.parametrize(
    "error",
    [Odd(), RuntimeError("x"), StopIteration(), StopAsyncIteration(), MemoryError(), RecursionError(), TimeoutError(),
     ExceptionGroup("x", [ValueError("x")]), asyncio.CancelledError("own"), Halfway()],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
async def test_odd_exceptions_are_failures_like_any_other(error: BaseException) -> None:
    async def odd() -> Batches:
        raise error
        yield []

    books = Books()
    assert await only(dispatch(books, odd, well)) == ["well"]
    assert books.story[0][:2] == ("v0", "failed")
    assert type(error).__name__ in (books.attempts[0].message or "") or isinstance(
        error, (Halfway, StopIteration, StopAsyncIteration)
    )


class Awaitable:
    """What an `async def` without `yield` gives."""

    def __await__(self) -> Any:
        yield


NO_STREAMS: list[Any] = [lambda: None, lambda: ["x"], Awaitable, lambda: 1 / 0]


@pytest.mark.parametrize("connector", NO_STREAMS, ids=["None", "list", "awaitable", "raises"])
async def test_what_is_no_stream_at_all(connector: Any) -> None:
    books = Books()
    assert await only(dispatch(books, connector, well)) == ["well"]
    assert books.story[0] == ("v0", "failed", "error")


async def test_batches_that_cannot_be_looked_into_are_booked_and_closed() -> None:
    closed: list[str] = []

    async def bare() -> AsyncIterator[Any]:
        try:
            yield 42
        finally:
            closed.append("v0")

    books = Books()
    assert await only(dispatch(books, bare, well)) == ["well"]
    assert books.story[0] == ("v0", "failed", "error")
    assert closed == ["v0"]


@pytest.mark.parametrize("then", ["goes on", "fails", "ends"])
async def test_a_deadline_that_is_swallowed_counts_all_the_same(then: str) -> None:
    async def deaf() -> Batches:
        try:
            await never()
        except asyncio.CancelledError:
            if then == "fails":
                raise RuntimeError("instead") from None
            if then == "ends":
                return
        yield ["too late"]

    books = Books()
    assert await only(dispatch(books, deaf, well)) == ["well"]
    assert books.story[0] == ("v0", "failed", "timeout")


async def test_waiting_on_after_the_deadline_is_cancelled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("speko.routing.watchdog._AGAIN", 0.02)

    async def stubborn() -> Batches:
        for _ in range(3):
            try:
                await never()
            except asyncio.CancelledError:
                continue
        yield ["too late"]

    books = Books()
    async with asyncio.timeout(10):
        assert await only(dispatch(books, stubborn, well)) == ["well"]
    assert books.story[0] == ("v0", "failed", "timeout")


@pytest.mark.parametrize("then", ["goes on", "fails"])
async def test_a_caller_who_left_is_not_served_on_by_who_swallows_it(then: str) -> None:
    asked = asyncio.Event()

    async def deaf() -> Batches:
        asked.set()
        try:
            await never()
        except asyncio.CancelledError:
            if then == "fails":
                raise ConnectFailed("instead") from None
        yield ["to nobody"]

    books = Books()
    task = asyncio.create_task(only(dispatch(books, deaf, well, deadlines=SLOW)))
    await asked.wait()
    task.cancel("caller_left")
    with pytest.raises(asyncio.CancelledError):
        await task
    assert books.story == [("v0", "cancelled", "caller_left")], "and nobody else was asked"


async def test_closing_that_takes_for_ever_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("speko.routing.dispatch._CLOSING", 0.05)

    async def clinging() -> Batches:
        try:
            yield ["half"]
            raise ConnectFailed("cut")
        finally:
            await never()

    books = Books()
    async with asyncio.timeout(10):
        served = await dispatch(books, clinging).first()
        assert await served.next() == ["half"]
        await served.close("caller_left")
    assert books.story == [("v0", "cancelled", "caller_left")]


async def test_closing_that_raises_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def grumpy() -> Batches:
        try:
            yield ["half"]
        finally:
            raise ValueError("secret words")

    books = Books()
    served = await dispatch(books, grumpy).first()
    await served.close("caller_left")
    assert books.story == [("v0", "cancelled", "caller_left")]
    assert "secret words" not in caplog.text


async def test_a_caller_who_leaves_while_a_failed_attempt_is_closed() -> None:
    closing = asyncio.Event()

    class Slow:
        def __aiter__(self) -> "Slow":
            return self

        async def __anext__(self) -> Sequence[Any]:
            raise ConnectFailed("refused")

        async def aclose(self) -> None:
            closing.set()
            await never()

    books = Books()
    task = asyncio.create_task(dispatch(books, Slow, well, deadlines=SLOW).first())
    await closing.wait()
    task.cancel("caller_left")
    with pytest.raises(asyncio.CancelledError):
        await task
    assert books.story == [("v0", "failed", "connect")], "what failed is booked as what it was"


async def test_an_answer_that_breaks_by_an_odd_exception_ends_as_a_provider_error() -> None:
    async def breaks() -> Batches:
        yield ["half"]
        raise Odd

    books = Books()
    with pytest.raises(ProviderError, match="Odd"):
        await only(dispatch(books, breaks, well))
    assert books.story == [("v0", "failed", "error")]


async def test_empty_batches_in_the_middle_do_not_keep_a_stalled_answer_alive() -> None:
    async def stalled() -> Batches:
        yield ["half"]
        while True:
            await asyncio.sleep(0.01)
            yield []

    async with asyncio.timeout(10):
        with pytest.raises(DeadlineExceeded) as caught:
            await only(dispatch(Books(), stalled))
    assert caught.value.stage == "gap"


async def test_messages_are_scrubbed_and_cut() -> None:
    async def chatty() -> Batches:
        raise ConnectFailed("secret-key! " + "x" * 5000)
        yield []

    books = Books()
    with pytest.raises(NoAnswer) as caught:
        await dispatch(books, chatty).first()
    message = books.attempts[0].message or ""
    assert message.startswith("[key]! xxx")
    assert len(message) == 500
    assert caught.value.failures[0].error.message == message


@pytest.mark.parametrize(
    ("given", "cause"),
    [((), "caller_left"), (("caller_left",), "caller_left"), (("gateway_stopped",), "gateway_stopped"),
     (("Task cancelled, timeout graceful shutdown exceeded",), "gateway_stopped")],
)  # fmt: skip
def test_the_cause_of_a_cancellation_is_one_of_two(given: tuple[str, ...], cause: str) -> None:
    assert cause_of(asyncio.CancelledError(*given)) == cause
