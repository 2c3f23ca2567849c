"""One process: how it begins, how it ends, and that it never outlives its gateway."""

import asyncio
import signal
import sys
from pathlib import Path

import msgspec
import pytest

from speko.agent.process import ProcessConfig
from speko.providers.errors import DeadlineExceeded
from tests.agent.pools import FAKE, Rows, Sink, a_pool, opened, tell, until
from tests.providers.embedded.sphinx.processes import children_of, runs, send


@pytest.mark.parametrize("prompt", ["hang", "hang for good"])
async def test_a_conversation_that_does_not_begin_in_time(prompt: str) -> None:
    rows = Rows()
    async with a_pool(sessions=1) as pool:
        await pool.start()
        with pytest.raises(DeadlineExceeded) as caught:
            await opened(pool, Sink(), rows=rows, prompt=prompt, within=2.5)
        assert caught.value.stage == "connect"
        await until(lambda: pool.running[0].taken == 0)
        assert rows.attempts, "what it called by then is booked"
        await opened(pool, Sink())


async def test_a_conversation_that_does_not_end_is_left_behind() -> None:
    async with a_pool(sessions=1) as pool:
        sink = Sink()
        (await opened(pool, sink, prompt="slow")).close()
        await until(lambda: pool.running[0].taken == 0)
        await opened(pool, Sink())


async def test_sigterm_lets_conversations_end_and_takes_no_more() -> None:
    async with a_pool(sessions=2) as pool:
        sink = Sink()
        connection = await opened(pool, sink)
        pid = pool.running[0].pid
        assert pid is not None
        send([pid], signal.SIGTERM)
        tell(connection, "still here")
        await until(lambda: sink.said("still here"))
        connection.close()
        sink.closed = True
        await until(lambda: not runs(pid) and pool.running[0].pid != pid)
        await opened(pool, Sink())
        assert pool.running[0].pid != pid


async def test_a_second_sigterm_ends_conversations_in_good_order() -> None:
    async with a_pool() as pool:
        sink, rows = Sink(), Rows()
        connection = await opened(pool, sink, rows=rows)
        pid = pool.running[0].pid
        assert pid is not None
        send([pid], signal.SIGTERM)
        tell(connection, "draining")
        await until(lambda: sink.said("draining"))
        send([pid], signal.SIGTERM)
        await until(lambda: sink.error)
        assert rows.attempts
        await until(lambda: not runs(pid))


GATEWAY = """
import asyncio, sys
from speko.agent.pool import AgentPool
from speko.agent.process import ProcessConfig

async def main():
    pool = AgentPool(1, ProcessConfig(sessions=2, stt_workers=1), program=sys.argv[1:])
    await pool.start()
    print(pool.running[0].pid, pool.running[0].address, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_gateway_that_is_killed_leaves_nothing_behind() -> None:
    gateway = await asyncio.create_subprocess_exec(sys.executable, "-c", GATEWAY, *FAKE, stdout=asyncio.subprocess.PIPE)
    assert gateway.stdout is not None
    pid, address = (await asyncio.wait_for(gateway.stdout.readline(), 60)).decode().split()
    (nursery,) = children_of(int(pid))
    processes = [int(pid), nursery, *children_of(nursery)]
    assert len(processes) == 3
    gateway.kill()
    await gateway.wait()
    await until(lambda: not any(map(runs, processes)))
    assert not Path(address).parent.exists()


async def test_a_process_that_still_warms_up_just_goes() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", NEVER_WARM, "--socket", "/nowhere/socket"),
        stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.write(msgspec.json.encode(ProcessConfig(sessions=1, engines=False)) + b"\n")
    assert await asyncio.wait_for(process.stderr.readline(), 60) == b"warming\n"
    process.stdin.close()
    assert await asyncio.wait_for(process.wait(), 60) == 1


NEVER_WARM = """
import sys, time
from speko.agent import process

def warm_up(turns):
    print("warming", flush=True)
    time.sleep(3600)

process.ENDING = 3600.0  # it has nothing to end in good order
process.main(sys.argv[1:], None, warm_up)
"""


async def test_a_process_that_hangs_ends_with_its_gateway_all_the_same() -> None:
    gateway = await asyncio.create_subprocess_exec(
        sys.executable, "-c", BLOCKED, *FAKE, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert gateway.stdout is not None
    pid = int(await asyncio.wait_for(gateway.stdout.readline(), 60))
    gateway.kill()
    await gateway.wait()
    await until(lambda: not runs(pid))


BLOCKED = """
import asyncio, sys
from speko.agent.pool import AgentPool
from speko.agent.process import ProcessConfig
from tests.agent.pools import Sink, opened, tell

async def main():
    pool = AgentPool(1, ProcessConfig(sessions=2, engines=False), program=sys.argv[1:])
    sink = Sink()
    connection = await opened(pool, sink)
    tell(connection, "last words")
    tell(connection, "block")
    while not sink.said("last words"):
        await asyncio.sleep(0.01)
    print(pool.running[0].pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_gateway_that_goes_before_it_has_said_anything() -> None:
    process = await asyncio.create_subprocess_exec(
        *FAKE, "--socket", "/nowhere/socket", stdin=asyncio.subprocess.DEVNULL
    )
    assert await asyncio.wait_for(process.wait(), 60) == 0
