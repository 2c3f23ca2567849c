"""The pool: warm before it is ready, and whole again after whatever happens to its processes."""

import asyncio
import logging
import signal
import sys
from pathlib import Path

import pytest

from speko.agent.pool import AgentPool
from speko.agent.process import ProcessConfig
from speko.agent.supervision import Supervised
from speko.providers.errors import Busy, ConnectFailed, ConnectionLost
from tests import loops
from tests.agent.pools import Rows, Sink, a_pool, opened, tell, until
from tests.providers.embedded.sphinx.processes import runs, send

LOOPS = loops.UVLOOP


def pids(pool: AgentPool) -> list[int]:
    return [worker.pid for worker in pool.running if worker.pid is not None]


async def test_starting_warms_all_processes() -> None:
    async with a_pool(2) as pool:
        await pool.start()
        assert [worker.ready for worker in pool.running] == [True, True]
        assert all(map(runs, pids(pool)))
        folder = Path(pool.running[0].address).parent
        assert folder.stat().st_mode & 0o777 == 0o700


async def test_conversations_go_where_there_are_fewest() -> None:
    async with a_pool(2, 2) as pool:
        await pool.start()
        connections = [await opened(pool, Sink()) for _ in range(3)]
        assert sorted(worker.taken for worker in pool.running) == [1, 2]
        connections[0].close()
        await until(lambda: sum(worker.taken for worker in pool.running) == 2)
        for _ in range(2):
            await opened(pool, Sink())
        assert [worker.taken for worker in pool.running] == [2, 2]
        with pytest.raises(Busy):
            await opened(pool, Sink())


async def test_nothing_is_started_before_the_first_need_and_then_it_is_waited_for() -> None:
    async with a_pool() as pool:
        assert not pool.running
        sink = Sink()
        tell(await opened(pool, sink), "hello")
        await until(lambda: sink.said("hello"))


async def test_a_process_that_is_killed_loses_its_own_conversations_and_is_replaced() -> None:
    async with a_pool(2, 1) as pool:
        await pool.start()
        before = set(pids(pool))
        sinks = [Sink(), Sink()]
        connections = [await opened(pool, sink) for sink in sinks]
        tell(connections[0], "die")
        await until(lambda: sinks[0].error)
        assert isinstance(sinks[0].error, ConnectionLost)
        connections[0].audio(b"12")
        connections[0].close()
        tell(connections[1], "still here")
        await until(lambda: sinks[1].said("still here"))
        await until(lambda: set(pids(pool)) != before and all(worker.ready for worker in pool.running))
        sink = Sink()
        tell(await opened(pool, sink), "hello")
        await until(lambda: sink.said("hello"))


async def test_a_session_that_lost_its_process_gets_the_next_one() -> None:
    """With a single process: whoever asks while it is being replaced waits for it."""
    async with a_pool(1, 1) as pool:
        sink = Sink()
        tell(await opened(pool, sink), "die")
        await until(lambda: sink.error)
        again = Sink()
        tell(await opened(pool, again), "hello")
        await until(lambda: again.said("hello"))


async def test_an_idle_process_that_dies_is_replaced(caplog: pytest.LogCaptureFixture) -> None:
    async with a_pool() as pool:
        await pool.start()
        (pid,) = pids(pool)
        send([pid], signal.SIGKILL)
        await until(lambda: pids(pool) != [pid] and pool.running[0].ready)
    assert "agent process ended" in caplog.text


async def test_a_process_that_hangs_is_killed_and_replaced() -> None:
    async with a_pool(beat=0.1, silence=3.0) as pool:
        sink = Sink()
        await opened(pool, sink)
        (pid,) = pids(pool)
        send([pid], signal.SIGSTOP)
        await until(lambda: sink.error)
        assert isinstance(sink.error, ConnectionLost)
        assert not runs(pid)
        await until(lambda: pool.running[0].ready)


@pytest.mark.parametrize(
    "program",
    [
        ("/bin/false",),
        ("/nowhere/at/all",),
        (sys.executable, "-c", "raise SystemExit('no such module')"),
        (sys.executable, "-c", "print()"),
    ],
    ids=["fails", "missing", "complains", "ends"],
)
async def test_a_program_that_does_not_stay(program: tuple[str, ...], caplog: pytest.LogCaptureFixture) -> None:
    pool = AgentPool(1, ProcessConfig(sessions=1), program=program)
    async with asyncio.timeout(30):
        await pool.start()
    with pytest.raises((Busy, ConnectFailed)):
        await opened(pool, Sink(), within=0.05)
    await until(lambda: any(r.levelno == logging.ERROR for r in caplog.records))
    await pool.close()
    if "no such module" in program[-1]:
        assert any(vars(r).get("line") == "no such module" for r in caplog.records)


async def test_closing_ends_conversations_in_good_order_and_all_processes() -> None:
    rows, sink = Rows(), Sink()
    async with a_pool(2) as pool:
        await pool.start()
        await opened(pool, sink, rows=rows)
        folder, processes = Path(pool.running[0].address).parent, pids(pool)
    assert rows.attempts, "what the conversation was calling is booked"
    assert isinstance(sink.error, ConnectionLost)
    assert not any(map(runs, processes))
    assert not folder.exists()
    with pytest.raises(ConnectFailed):
        await opened(pool, Sink())
    await pool.close()


async def test_closing_while_processes_start() -> None:
    async with a_pool() as pool:
        starting = asyncio.create_task(pool.start())
        await until(lambda: pool.running and pool.running[0].pid)
    await asyncio.wait_for(starting, 30)
    assert not any(map(runs, pids(pool)))


async def test_closing_what_never_started() -> None:
    async with a_pool():
        pass


async def test_a_mistake_of_ours_leaves_no_place_empty(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    lives = iter([RuntimeError("secret words")])
    live = Supervised._one_life

    async def failing_once(self: Supervised) -> float:
        for error in lives:
            raise error
        return await live(self)

    monkeypatch.setattr(Supervised, "_one_life", failing_once)
    async with a_pool() as pool:
        await pool.start()
        assert pool.running[0].ready
    assert "secret words" not in caplog.text
