"""The attempt loop round fake connectors: what is streamed, what is booked, what is cancelled."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence

import pytest

from speko.providers.call import Call
from speko.providers.errors import (
    CallerError,
    ConnectFailed,
    ConnectionLost,
    DeadlineExceeded,
    EmptyResult,
    ProviderError,
)
from speko.routing.attempts import Attempts, Candidate, Deadlines
from speko.routing.dispatch import CallerFault, CallerStalled, Dispatch, NoAnswer
from speko.routing.health import Health
from speko.routing.metering import CallInfo, Meter
from tests.routing.chains import Books, candidate, read

Script = Sequence[list[str] | ProviderError | Exception | None]
"""What a fake connector does: yield a batch, raise, or (None) wait for ever."""
FAST = Deadlines(connect=0.05, first_byte=0.05, gap=0.05, total=5.0, budget=5.0)


class Vendors:
    """Connectors by vendor, and what became of their streams."""

    def __init__(self, **scripts: Script) -> None:
        self.scripts = scripts
        self.closed: list[str] = []
        self.asked = asyncio.Event()

    async def open(self, chosen: Candidate, call: Call) -> AsyncIterator[Sequence[str]]:
        self.asked.set()
        try:
            for step in self.scripts[chosen.provider]:
                if step is None:
                    await asyncio.Event().wait()
                elif isinstance(step, Exception):
                    raise step
                else:
                    call.usage.output_tokens += len(step)
                    yield step
        finally:
            self.closed.append(chosen.provider)


def dispatch(
    vendors: Vendors, books: Books, *names: str, deadlines: Deadlines = FAST, whole: bool = False
) -> Dispatch[str]:
    attempts = Attempts([candidate(name) for name in names], Health(), deadlines, time.monotonic())
    meter = Meter(CallInfo("complete", "req_1", "org_1"), books)
    return Dispatch(attempts, vendors.open, any, meter, whole=whole)


async def test_the_primary_serves() -> None:
    vendors, books = Vendors(a=[["", ""], ["one", "two"], ["three"]]), Books()
    served = await dispatch(vendors, books, "a/1", "b/1").first()
    assert served.failover_count == 0
    assert await read(served) == ["", "", "one", "two", "three"], "nothing that was held back is lost"
    assert books.story == [("a", "served", None)]
    assert [(u.provider, u.metric, u.quantity) for u in books.usages] == [("a", "llm_tokens", 5.0)]
    assert vendors.closed == ["a"]


@pytest.mark.parametrize(
    ("script", "cause"),
    [
        ([ConnectFailed("refused")], "connect"),
        ([None], "timeout"),
        ([["", ""], None], "timeout"),
        ([], "empty"),
        ([[""], ConnectionLost("reset")], "connection_lost"),
        ([KeyError("secret words")], "error"),
    ],
)
async def test_fails_over_before_the_first_useful_output(script: Script, cause: str) -> None:
    vendors, books = Vendors(a=script, b=[["hello"]]), Books()
    served = await dispatch(vendors, books, "a/1", "b/1").first()
    assert await read(served) == ["hello"], "nothing of the failed one is left in the answer"
    assert served.failover_count == 1
    assert books.story == [("a", "failed", cause), ("b", "served", None)]
    assert [u.provider for u in books.usages] == ["b"]
    assert "secret words" not in (books.attempts[0].message or "")


@pytest.mark.parametrize(("step", "cause"), [(ConnectionLost("cut"), "connection_lost"), (None, "timeout")])
async def test_after_the_first_output_there_is_no_way_back(step: ProviderError | None, cause: str) -> None:
    vendors, books = Vendors(a=[["hello"], step], b=[["never"]]), Books()
    served = await dispatch(vendors, books, "a/1", "b/1").first()
    assert await served.next() == ["hello"]
    with pytest.raises(ProviderError):
        await served.next()
    await served.close()
    assert await served.next() is None
    assert books.story == [("a", "failed", cause)]
    assert [u.quantity for u in books.usages] == [1.0], "what was delivered is booked"
    assert vendors.closed == ["a"]


@pytest.mark.parametrize(("step", "cause"), [(ConnectionLost("cut"), "connection_lost"), (None, "timeout")])
async def test_an_answer_that_leaves_as_a_whole_fails_over_to_its_end(step: ProviderError | None, cause: str) -> None:
    vendors, books = Vendors(a=[["hello"], step], b=[["all"], ["", "of it"]]), Books()
    served = await dispatch(vendors, books, "a/1", "b/1", whole=True).first()
    assert vendors.closed == ["a", "b"], "the answer is complete before any of it leaves"
    assert await read(served) == ["all", "", "of it"]
    assert served.failover_count == 1
    assert books.story == [("a", "failed", cause), ("b", "served", None)]
    assert [(u.provider, u.quantity) for u in books.usages] == [("b", 3.0)], "what nobody got is not booked"


async def test_everything_failed() -> None:
    vendors, books = Vendors(a=[ConnectFailed("no")], b=[EmptyResult("nothing")]), Books()
    with pytest.raises(NoAnswer) as caught:
        await dispatch(vendors, books, "a/1", "b/1").first()
    assert [f.error.cause for f in caught.value.failures] == ["connect", "empty"]
    assert books.usages == []


async def test_no_candidate_at_all() -> None:
    with pytest.raises(NoAnswer) as caught:
        await dispatch(Vendors(), Books()).first()
    assert caught.value.failures == []


async def test_the_callers_fault_goes_back_at_once() -> None:
    vendors, books = Vendors(a=[CallerError("context too long", status=400)], b=[["never"]]), Books()
    with pytest.raises(CallerFault):
        await dispatch(vendors, books, "a/1", "b/1").first()
    assert books.story == [("a", "failed", "bad_request")]


async def test_a_caller_who_leaves_before_the_first_output() -> None:
    vendors, books = Vendors(a=[None]), Books()
    call = dispatch(vendors, books, "a/1", "b/1", deadlines=Deadlines())
    task = asyncio.create_task(call.first())
    await vendors.asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert vendors.closed == ["a"], "the cancellation reached the vendor"
    assert books.story == [("a", "cancelled", "caller_left")]
    assert books.usages == []


async def test_a_caller_who_leaves_in_the_middle() -> None:
    vendors, books = Vendors(a=[["hello"], None]), Books()
    served = await dispatch(vendors, books, "a/1", deadlines=Deadlines()).first()
    assert await served.next() == ["hello"]
    await served.close("caller_left")
    await served.close("caller_left")
    assert vendors.closed == ["a"]
    assert books.story == [("a", "cancelled", "caller_left")]
    assert [u.quantity for u in books.usages] == [1.0]


async def test_the_total_deadline_ends_an_answer_that_never_ends() -> None:
    async def drip(chosen: Candidate, call: Call) -> AsyncIterator[Sequence[str]]:
        while True:
            yield ["x"]  # the first at once: it beats any deadline
            await asyncio.sleep(0.01)

    books = Books()
    attempts = Attempts([candidate("a/1")], Health(), Deadlines(total=0.7), time.monotonic())
    served = await Dispatch(attempts, drip, any, Meter(CallInfo("complete", "r", "o"), books)).first()
    with pytest.raises(DeadlineExceeded) as caught:
        while await served.next():
            pass
    assert caught.value.stage == "total"


async def test_the_vendors_clock_stands_still_while_the_caller_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("speko.routing.attempts._LEAST", 0.0)
    vendors, books = Vendors(a=[["one"], ["two"]]), Books()
    served = await dispatch(vendors, books, "a/1", deadlines=Deadlines(gap=0.02, total=0.1)).first()
    assert await served.next() == ["one"]
    await served.deliver(asyncio.sleep(0.2))
    assert await served.next() == ["two"]
    assert await served.next() is None
    await served.close()
    assert books.story == [("a", "served", None)]


async def test_time_that_the_caller_took_is_added_to_the_total_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("speko.routing.attempts._LEAST", 0.0)
    vendors, books = Vendors(a=[["one"], None]), Books()
    served = await dispatch(vendors, books, "a/1", deadlines=Deadlines(gap=60, total=0.1)).first()
    assert await served.next() == ["one"]
    await served.deliver(asyncio.sleep(0.2))
    with pytest.raises(DeadlineExceeded) as caught:
        await asyncio.wait_for(served.next(), 10)
    assert caught.value.stage == "total"


async def test_a_caller_who_never_reads_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("speko.routing.dispatch.CALLER_PATIENCE", 0.02)
    vendors, books = Vendors(a=[["one"], None]), Books()
    served = await dispatch(vendors, books, "a/1").first()
    assert await served.next() == ["one"]
    with pytest.raises(CallerStalled):
        await served.deliver(asyncio.sleep(60))
    await served.close("caller_stalled")
    assert books.story == [("a", "cancelled", "caller_stalled")]
    assert vendors.closed == ["a"]


async def test_the_key_is_cut_out_of_a_message() -> None:
    vendors, books = Vendors(a=[ConnectFailed("bad key secret-key here")]), Books()
    with pytest.raises(NoAnswer):
        await dispatch(vendors, books, "a/1").first()
    assert books.attempts[0].message == "bad key [key] here"
