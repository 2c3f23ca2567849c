"""Two candidates at once: who serves, what becomes of the other, and what is booked. Scripted streams, no vendor."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence

import pytest

from speko.providers.call import Call
from speko.providers.errors import CallerError, ConnectFailed, ConnectionLost, EmptyResult
from speko.routing.attempts import Attempts, Candidate, Deadlines
from speko.routing.dispatch import CallerFault, Dispatch, NoAnswer
from speko.routing.health import Health
from speko.routing.hedging import Hedging
from speko.routing.ledger import AttemptRow
from speko.routing.metering import CallInfo, Meter
from speko.routing.usual_latency import UsualLatency
from speko.routing.watchdog import Watchdog
from tests.routing import chains
from tests.routing.chains import candidate, read

Step = list[str] | Exception | asyncio.Event | None
"""Yield a batch, raise, wait for something, or (None) for ever."""
SIZE = 10.0


class Books(chains.Books):
    """A ledger that says when it has something."""

    def __init__(self) -> None:
        super().__init__()
        self.booked = asyncio.Event()

    def attempt(self, row: AttemptRow) -> None:
        super().attempt(row)
        self.booked.set()


class Vendors:
    """Connectors by vendor, and what became of their streams."""

    def __init__(self, **scripts: Sequence[Step]) -> None:
        self.scripts = scripts
        self.asked: list[str] = []
        self.open_now: set[str] = set()
        self.most_open = 0
        self.closing = asyncio.Event()
        self.closing.set()
        """Cleared: no stream can be closed."""
        self.news = asyncio.Condition()

    async def open(self, chosen: Candidate, call: Call) -> AsyncIterator[Sequence[str]]:
        name = chosen.provider
        call.usage.input_tokens, call.usage.estimated = 7, True
        await self._noted(self.asked.append, name)
        self.open_now.add(name)
        self.most_open = max(self.most_open, len(self.open_now))
        try:
            for step in self.scripts[name]:
                if step is None:
                    await asyncio.Event().wait()
                elif isinstance(step, asyncio.Event):
                    await step.wait()
                elif isinstance(step, Exception):
                    raise step
                else:
                    yield step
        finally:
            await self.closing.wait()  # a second cancellation would raise here
            self.open_now.discard(name)

    async def until_asked(self, name: str) -> None:
        """Returns when a vendor is being asked."""
        async with asyncio.timeout(10), self.news:
            await self.news.wait_for(lambda: name in self.asked)

    async def _noted(self, note: Callable[[str], None], name: str) -> None:
        async with self.news:
            note(name)
            self.news.notify_all()


def learned(*names: str, patience: float = 0.01, modality: str = "llm") -> UsualLatency:
    """Everybody usually answers at once."""
    usual = UsualLatency(patience)
    for name in names:
        for _ in range(20):
            usual.answered(candidate(name, modality), SIZE, 0.001)  # type: ignore[arg-type]
    return usual


def hedged(
    vendors: Vendors,
    books: Books,
    *names: str,
    usual: UsualLatency | None = None,
    modality: str = "llm",
    whole: bool = False,
    health: Health | None = None,
) -> Dispatch[str]:
    candidates = [candidate(name, modality) for name in names]  # type: ignore[arg-type]
    attempts = Attempts(candidates, health or Health(), Deadlines(), time.monotonic())
    meter = Meter(CallInfo("complete", "req_1", "org_1"), books)
    hedging = Hedging(usual or learned(*names, modality=modality), SIZE)
    return Dispatch(attempts, vendors.open, any, meter, whole=whole, hedging=hedging)


async def test_the_runner_up_serves_when_the_first_is_slow(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    vendors, books = Vendors(a=[[""], None], b=[["hello"], ["you"]]), Books()
    served = await hedged(vendors, books, "a/1", "b/1").first()
    assert (served.candidate.provider, served.failover_count) == ("b", 0), "slow is not failed"
    assert await read(served) == ["hello", "you"], "nothing of the slow one is in the answer"
    assert sorted(books.story) == [("a", "cancelled", "hedged"), ("b", "served", None)]
    assert [u.provider for u in books.usages] == ["b"], "one answer is one usage"
    loser = next(row for row in books.attempts if row.provider == "a")
    assert (loser.usage.input_tokens, loser.usage.estimated) == (7, True), "the vendor bills what it was sent"
    assert vendors.open_now == set(), "the cancellation reached the vendor"
    (line,) = [r for r in caplog.records if r.message == "runner-up asked"]
    assert (getattr(line, "from", None), getattr(line, "to", None)) == ("a/1", "b/1")


async def test_a_first_that_is_as_fast_as_ever_is_alone() -> None:
    vendors, books = Vendors(a=[["hello"]], b=[["never"]]), Books()
    usual = learned("a/1", patience=30.0)
    assert await read(await hedged(vendors, books, "a/1", "b/1", usual=usual).first()) == ["hello"]
    assert vendors.asked == ["a"]
    assert books.story == [("a", "served", None)]


async def test_races_leave_no_timers_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each would keep its call in memory until its deadline."""
    made: list[Watchdog] = []

    def noted() -> Watchdog:
        made.append(Watchdog())
        return made[-1]

    monkeypatch.setattr("speko.routing.dispatch.Watchdog", noted)
    vendors, books = Vendors(a=[None], b=[ConnectFailed("no")]), Books()
    call = asyncio.create_task(hedged(vendors, books, "a/1", "b/1").first())
    await asyncio.wait_for(books.booked.wait(), 10)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert sorted(books.story) == [("a", "cancelled", "caller_left"), ("b", "failed", "connect")]
    assert [watchdog._timer for watchdog in made] == [None, None]


async def test_without_enough_samples_nobody_is_hurried() -> None:
    ready = asyncio.Event()
    vendors, books = Vendors(a=[ready, ["hello"]], b=[["never"]]), Books()
    asyncio.get_running_loop().call_later(0.05, ready.set)
    usual = UsualLatency(0.001)
    assert await read(await hedged(vendors, books, "a/1", "b/1", usual=usual).first()) == ["hello"]
    assert vendors.asked == ["a"]


async def test_the_first_serves_when_it_is_faster_after_all() -> None:
    ready = asyncio.Event()
    vendors, books = Vendors(a=[ready, ["hello"]], b=[None]), Books()
    call = asyncio.create_task(hedged(vendors, books, "a/1", "b/1").first())
    await vendors.until_asked("b")
    ready.set()
    served = await call
    assert await read(served) == ["hello"]
    assert sorted(books.story) == [("a", "served", None), ("b", "cancelled", "hedged")]
    assert vendors.most_open == 2


async def test_the_caller_does_not_wait_for_the_losers_connection_to_close() -> None:
    vendors, books = Vendors(a=[None], b=[["hello"], ["you"]]), Books()
    vendors.closing.clear()
    served = await hedged(vendors, books, "a/1", "b/1").first()
    assert await served.next() == ["hello"]
    assert await served.next() == ["you"]
    closing = asyncio.create_task(served.close("caller_left"))
    await asyncio.sleep(0)
    assert vendors.open_now == {"a", "b"}
    vendors.closing.set()
    await closing
    assert vendors.open_now == set(), "nobody's closing was cut short"
    assert sorted(books.story) == [("a", "cancelled", "hedged"), ("b", "cancelled", "caller_left")]


async def test_a_runner_up_that_fails_leaves_the_first_alone() -> None:
    ready = asyncio.Event()
    vendors, books = Vendors(a=[ready, ["hello"]], b=[ConnectFailed("no")], c=[["never"]]), Books()
    call = asyncio.create_task(hedged(vendors, books, "a/1", "b/1", "c/1").first())
    await vendors.until_asked("b")
    ready.set()
    served = await call
    assert await read(served) == ["hello"]
    assert sorted(books.story) == [("a", "served", None), ("b", "failed", "connect")]
    assert "c" not in vendors.asked


async def test_a_first_that_fails_during_the_race_counts_as_failover() -> None:
    failing, ready = asyncio.Event(), asyncio.Event()
    vendors = Vendors(a=[failing, ConnectionLost("cut")], b=[ready, ["hello"]])
    books = Books()
    call = asyncio.create_task(hedged(vendors, books, "a/1", "b/1").first())
    await vendors.until_asked("b")
    failing.set()
    await asyncio.wait_for(books.booked.wait(), 10)
    ready.set()
    served = await call
    assert (served.candidate.provider, served.failover_count) == ("b", 1)
    assert await read(served) == ["hello"]
    assert sorted(books.story) == [("a", "failed", "connection_lost"), ("b", "served", None)]


async def test_when_both_fail_the_next_serves() -> None:
    failing = asyncio.Event()
    vendors = Vendors(a=[failing, ConnectionLost("cut")], b=[failing, EmptyResult("x")], c=[["hello"]])
    books = Books()
    call = asyncio.create_task(hedged(vendors, books, "a/1", "b/1", "c/1").first())
    await vendors.until_asked("b")
    failing.set()
    served = await call
    assert (await read(served), served.failover_count) == (["hello"], 2)
    assert sorted(row.provider for row in books.attempts) == ["a", "b", "c"]


async def test_when_all_fail_that_is_said_once() -> None:
    failing = asyncio.Event()
    vendors = Vendors(a=[failing, ConnectionLost("cut")], b=[failing, EmptyResult("x")])
    books = Books()
    call = asyncio.create_task(hedged(vendors, books, "a/1", "b/1").first())
    await vendors.until_asked("b")
    failing.set()
    with pytest.raises(NoAnswer) as caught:
        await call
    assert len(caught.value.failures) == len(books.attempts) == 2
    assert books.usages == []


async def test_the_callers_fault_ends_the_race() -> None:
    vendors, books = Vendors(a=[None], b=[CallerError("too long", status=400)], c=[["never"]]), Books()
    with pytest.raises(CallerFault) as caught:
        await hedged(vendors, books, "a/1", "b/1", "c/1").first()
    assert caught.value.candidate.provider == "b"
    assert sorted(books.story) == [("a", "cancelled", "hedged"), ("b", "failed", "bad_request")]
    assert vendors.open_now == set()


@pytest.mark.parametrize(("message", "cause"), [((), "caller_left"), (("gateway_stopped",), "gateway_stopped")])
async def test_a_caller_who_leaves_ends_both(message: tuple[str, ...], cause: str) -> None:
    vendors, books = Vendors(a=[None], b=[None]), Books()
    call = asyncio.create_task(hedged(vendors, books, "a/1", "b/1").first())
    await vendors.until_asked("b")
    call.cancel(*message)
    with pytest.raises(asyncio.CancelledError):
        await call
    assert sorted(books.story) == [("a", "cancelled", cause), ("b", "cancelled", cause)]
    assert vendors.open_now == set()
    assert [row.usage.input_tokens for row in books.attempts] == [7, 7]


async def test_a_caller_who_leaves_while_connections_close_waits_until_all_is_booked() -> None:
    vendors, books = Vendors(a=[None], b=[None]), Books()
    vendors.closing.clear()
    call = asyncio.create_task(hedged(vendors, books, "a/1", "b/1").first())
    await vendors.until_asked("b")
    for _ in range(3):
        call.cancel()
        await asyncio.sleep(0)
    vendors.closing.set()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert sorted(row.provider for row in books.attempts) == ["a", "b"]


async def test_both_at_the_same_moment_are_one_answer() -> None:
    ready = asyncio.Event()
    vendors, books = Vendors(a=[ready, ["from a"]], b=[ready, ["from b"]]), Books()
    call = asyncio.create_task(hedged(vendors, books, "a/1", "b/1").first())
    await vendors.until_asked("b")
    ready.set()
    served = await call
    assert await read(served) == [f"from {served.candidate.provider}"]
    assert sorted(row.outcome for row in books.attempts) == ["cancelled", "served"]
    assert len(books.usages) == 1


async def test_the_loser_is_well_and_its_slowness_is_remembered() -> None:
    health, usual = Health(threshold=1), learned("a/1", "b/1")
    for _ in range(3):
        vendors, books = Vendors(a=[None], b=[["hello"]]), Books()
        await read(await hedged(vendors, books, "a/1", "b/1", usual=usual, health=health).first())
    assert health.state("a", "1", time.monotonic()) == "closed"
    slow = usual.p95(candidate("a/1"), SIZE)
    assert slow is not None
    assert slow >= 0.01


async def test_an_answer_that_leaves_whole_is_raced_for_its_first_output() -> None:
    vendors, books = Vendors(a=[None], b=[["hello"], ["you"]]), Books()
    served = await hedged(vendors, books, "a/1", "b/1", whole=True).first()
    assert await read(served) == ["hello", "you"]
    assert sorted(books.story) == [("a", "cancelled", "hedged"), ("b", "served", None)]


async def test_silence_of_both_is_an_answer() -> None:
    vendors, books = Vendors(a=[None], b=[]), Books()
    ended = asyncio.Event()
    vendors.scripts["a"] = [ended]
    dispatch = hedged(vendors, books, "a/1", "b/1", "c/1", modality="stt")
    call = asyncio.create_task(dispatch.first())
    await vendors.until_asked("b")
    ended.set()
    with pytest.raises(NoAnswer):
        await call
    assert dispatch.attempts.silent is not None
    assert dispatch.silent_call is not None
    assert "c" not in vendors.asked


async def test_a_connectors_own_mistake_costs_no_answer() -> None:
    vendors, books = Vendors(a=[None], b=[KeyError("secret words")], c=[["hello"]]), Books()
    call = asyncio.create_task(hedged(vendors, books, "a/1", "b/1").first())
    await asyncio.wait_for(books.booked.wait(), 10)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert sorted(books.story) == [("a", "cancelled", "caller_left"), ("b", "failed", "error")]


async def test_a_crash_of_ours_leaves_nobody_racing() -> None:
    class Broken(Books):
        def attempt(self, row: AttemptRow) -> None:
            if row.provider == "b":
                raise ZeroDivisionError
            super().attempt(row)

    vendors, books = Vendors(a=[None], b=[ConnectFailed("no")]), Broken()
    with pytest.raises(ZeroDivisionError):
        await hedged(vendors, books, "a/1", "b/1").first()
    assert vendors.open_now == set()
    assert [row.provider for row in books.attempts] == ["a"]
