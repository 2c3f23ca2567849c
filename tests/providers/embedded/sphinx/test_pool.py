"""Faults: workers and the process that forks them are killed, stopped and left alone."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Sequence

import pytest

from speko.audio import AudioFormatError, Recording
from speko.providers.embedded.sphinx.messages import Done, Heard, Job
from speko.providers.embedded.sphinx.pool import Pool
from speko.providers.embedded.sphinx.recogniser import PocketSphinx
from speko.providers.embedded.sphinx.worker_link import WorkerLink, WorkerLost
from speko.providers.errors import Busy, ConnectFailed, ConnectionLost, DeadlineExceeded, Unsupported
from speko.providers.registry import Runtime
from speko.providers.stt import SttRequest, Transcript
from tests.providers.embedded.sphinx.processes import children_of, nursery_of, runs, send, until
from tests.providers.embedded.spoken import RATE, a_call, collected, needs_flite, recording, spoken

REQUEST = SttRequest("en-us", "en")


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    pool = Pool(1, patience=0.05)
    await pool.warm()
    yield pool
    await pool.close()


class Live:
    """Sound that goes on until it is told to end."""

    def __init__(self, pcm: bytes) -> None:
        self.pcm = pcm
        self.left = asyncio.Event()

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        yield self.pcm
        await self.left.wait()


async def hears(pool: Pool) -> bool:
    """Whether a call comes to its end."""
    return await collected(PocketSphinx(pool).transcribe(REQUEST, recording(bytes(RATE)), a_call())) == []


async def begun(pool: Pool) -> tuple[AsyncGenerator[Sequence[Transcript], None], Live]:
    """A live call that has heard something already."""
    sound = Live(spoken("The weather is nice in the summer."))
    heard = PocketSphinx(pool).listen(REQUEST, aiter(sound), a_call())
    assert await anext(heard)
    return heard, sound


async def test_one_worker_per_slot(pool: Pool) -> None:
    assert len(children_of(nursery_of(pool))) == 1


@needs_flite
async def test_full_means_busy_and_then_free_again(pool: Pool) -> None:
    heard, sound = await begun(pool)
    with pytest.raises(Busy):
        await hears(pool)
    sound.left.set()
    assert (await collected(heard))[-1].is_final
    assert await hears(pool)


@needs_flite
@pytest.mark.parametrize("way", ["close", "cancel"])
async def test_who_leaves_frees_the_worker_at_once(pool: Pool, way: str) -> None:
    heard, _ = await begun(pool)
    worker = children_of(nursery_of(pool))
    if way == "close":
        await heard.aclose()
    else:
        waiting = asyncio.ensure_future(anext(heard))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert await hears(pool)
    await until(lambda: not any(runs(pid) for pid in worker))


@needs_flite
async def test_a_worker_that_dies_ends_its_call_and_is_replaced(pool: Pool) -> None:
    heard, _ = await begun(pool)
    send(children_of(nursery_of(pool)), signal.SIGKILL)
    with pytest.raises(ConnectionLost):
        await collected(heard)
    assert await hears(pool)


@needs_flite
async def test_a_worker_that_hangs_is_killed_when_its_caller_leaves(pool: Pool) -> None:
    heard, _ = await begun(pool)
    hung = children_of(nursery_of(pool))
    send(hung, signal.SIGSTOP)
    await heard.aclose()
    assert await hears(pool)
    await until(lambda: not any(runs(pid) for pid in hung))


async def test_an_idle_worker_that_dies_is_replaced(pool: Pool) -> None:
    send(children_of(nursery_of(pool)), signal.SIGKILL)
    await until(lambda: not children_of(nursery_of(pool)))
    await until(lambda: not any(ahead.result().alive for ahead in pool._ahead))  # the loop has heard of it, too
    assert await hears(pool)


@needs_flite
async def test_calls_outlive_the_process_that_forks_and_the_next_one_starts_another(pool: Pool) -> None:
    heard, sound = await begun(pool)
    nursery = nursery_of(pool)
    send([nursery], signal.SIGKILL)
    sound.left.set()
    assert (await collected(heard))[-1].is_final
    assert await hears(pool)
    assert nursery_of(pool) != nursery


async def test_signals_for_the_whole_group_end_nothing(pool: Pool) -> None:
    nursery = nursery_of(pool)
    for name in (signal.SIGINT, signal.SIGTERM):
        send([nursery, *children_of(nursery)], name)
    assert os.getsid(nursery) != os.getsid(0), "out of the terminal's foreground group"
    assert await hears(pool)
    assert nursery_of(pool) == nursery


async def test_closing_ends_all_processes_and_refuses_calls() -> None:
    pool = Pool(2)
    await pool.warm()
    pids = [nursery_of(pool), *children_of(nursery_of(pool))]
    assert len(pids) == 3
    await pool.close()
    await until(lambda: not any(runs(pid) for pid in pids))
    with pytest.raises(ConnectFailed):
        await hears(pool)


GATEWAY = """
import asyncio
from speko.providers.embedded.sphinx.pool import Pool

async def main():
    pool = Pool(2)
    await pool.warm()
    print(pool._nursery.process.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_gateway_that_is_killed_leaves_nothing_behind() -> None:
    gateway = await asyncio.create_subprocess_exec(sys.executable, "-c", GATEWAY, stdout=asyncio.subprocess.PIPE)
    assert gateway.stdout is not None
    nursery = int(await asyncio.wait_for(gateway.stdout.readline(), 60))
    workers = children_of(nursery)
    assert len(workers) == 2
    gateway.kill()
    await gateway.wait()
    await until(lambda: not any(runs(pid) for pid in (nursery, *workers)))


async def test_starting_takes_no_longer_than_it_may() -> None:
    pool = Pool(1)
    with pytest.raises(DeadlineExceeded) as caught:
        await pool.take(timeout=0.001)
    assert caught.value.stage == "connect"
    await pool.close()


async def test_a_program_that_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    runtime = Runtime(stt_workers=1)
    sphinx = PocketSphinx.of(runtime)
    await sphinx.warm()  # does not raise
    with pytest.raises(ConnectFailed):
        await collected(sphinx.transcribe(REQUEST, recording(bytes(RATE)), a_call()))
    await runtime.close()


async def test_what_waits_and_what_is_taken_never_exceeds_the_limit(pool: Pool) -> None:
    for _ in range(3):
        worker = await pool.take(20.0)
        pool.give(worker)
    worker = await pool.take(20.0)
    await until(lambda: len(children_of(nursery_of(pool))) == 1)
    pool.give(worker)


async def test_a_frame_that_is_too_long_ends_the_worker(pool: Pool) -> None:
    worker = await pool.take(20.0)
    await worker.begin(Job(True))
    await worker._write((1 << 21).to_bytes(4, "little"))
    failed = await worker.answer()
    assert failed.error == "ValueError"  # type: ignore[union-attr]
    with pytest.raises(WorkerLost):
        await worker.answer()
    pool.give(worker)
    assert await hears(pool)


async def test_a_worker_that_says_nonsense() -> None:
    reader, (ours, theirs) = asyncio.StreamReader(), await _connected()
    worker = WorkerLink(1, reader, ours)
    reader.feed_data(b"\x05\x00\x00\x00hello")
    with pytest.raises(WorkerLost):
        await worker.answer()
    reader.feed_data(b"\xff\xff\xff\xff")
    with pytest.raises(WorkerLost):
        await worker.answer()
    worker.close()
    theirs.close()


async def _connected() -> tuple[asyncio.StreamWriter, asyncio.StreamWriter]:
    import socket

    ours, theirs = socket.socketpair()
    return (await asyncio.open_unix_connection(sock=ours))[1], (await asyncio.open_unix_connection(sock=theirs))[1]


async def test_the_sender_waits_for_a_worker_that_is_behind(pool: Pool) -> None:
    worker = await pool.take(20.0)
    await worker.begin(Job(False))
    stopped = children_of(nursery_of(pool))
    send(stopped, signal.SIGSTOP)
    sent = 0

    async def pour() -> None:
        nonlocal sent
        while True:
            await worker.hear(bytes(RATE * 2))
            sent += 1

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(pour(), 0.5)
    assert sent < 30, "seconds of sound in flight are bounded"
    send(stopped, signal.SIGCONT)
    await worker.finish()
    while not isinstance(answer := await worker.answer(), Done):
        assert isinstance(answer, Heard)
    pool.give(worker)


class Damaged(Recording):
    """Ends in the middle of its second second."""

    def __init__(self) -> None:
        pass

    def pcm(self, sample_rate: int) -> object:  # type: ignore[override]
        yield bytes(sample_rate * 2)
        raise AudioFormatError("the audio is damaged")


async def test_sound_that_cannot_be_read(pool: Pool) -> None:
    with pytest.raises(Unsupported):
        await collected(PocketSphinx(pool).transcribe(REQUEST, Damaged(), a_call()))
    assert await hears(pool)


async def test_a_source_that_fails_ends_the_call_with_its_own_error(pool: Pool) -> None:
    class Gone(Exception):
        pass

    async def breaking() -> AsyncIterator[bytes]:
        yield bytes(RATE)
        raise Gone

    with pytest.raises(Gone):
        await collected(PocketSphinx(pool).listen(REQUEST, breaking(), a_call()))
    assert await hears(pool)
