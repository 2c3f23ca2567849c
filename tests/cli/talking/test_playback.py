"""The agent's voice, as it is heard."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from speko.cli.talking import playback as module
from speko.cli.talking.playback import Playback
from speko.cli.talking.uplink import Uplink
from tests import loops
from tests.cli.talking.agent import tone

LOOPS = loops.VIRTUAL
RATE = 16000


class Loudspeaker:
    """What it was given, and whether it was silenced."""

    def __init__(self) -> None:
        self.given = bytearray()
        self.silenced = 0

    def play(self, pcm: bytes) -> None:
        self.given += pcm

    def silence(self) -> None:
        self.silenced += 1


@asynccontextmanager
async def running(playback: Playback) -> AsyncIterator[None]:
    task = asyncio.create_task(playback.run())
    try:
        async with asyncio.timeout(10):
            yield
    finally:
        task.cancel()


async def until_heard(playback: Playback, seconds: float) -> None:
    while len(playback.heard) < 2 * RATE * seconds:  # noqa: ASYNC110 - the clock is what is waited for
        await asyncio.sleep(0.005)


async def test_everything_is_heard_in_order_and_in_real_time() -> None:
    playback = Playback(RATE)
    sound = tone(0.25)
    begin = asyncio.get_running_loop().time()
    async with running(playback):
        for at in range(0, len(sound), 1001):  # chunks that cut frames, and samples
            playback.play(sound[at : at + 1001])
        await playback.played_out()
    assert playback.heard == sound
    assert asyncio.get_running_loop().time() - begin >= 0.24
    assert playback.heard_ms == pytest.approx(250)


async def test_a_loudspeaker_is_kept_ahead_but_does_not_run_away() -> None:
    loudspeaker = Loudspeaker()
    playback = Playback(RATE, loudspeaker)
    async with running(playback):
        playback.play(tone(5))
        await until_heard(playback, 0.1)
        assert len(loudspeaker.given) / 2 / RATE < 3
        heard = playback.heard_ms
        assert heard is not None
        assert heard < 1000 * len(loudspeaker.given) / 2 / RATE


async def test_a_cut_forgets_what_was_not_heard() -> None:
    loudspeaker = Loudspeaker()
    playback = Playback(RATE, loudspeaker)
    async with running(playback):
        playback.play(tone(5))
        await until_heard(playback, 0.3)
        heard_ms = playback.cut()
        heard = bytes(playback.heard)
        assert loudspeaker.silenced == 1
        assert heard_ms == pytest.approx(1000 * len(heard) / 2 / RATE, abs=1)
        assert tone(5).startswith(heard)
        assert len(heard) < len(loudspeaker.given)
        await playback.played_out()
        playback.play(tone(0.1, level=3000))
        await playback.played_out()
    assert bytes(playback.heard) == heard + tone(0.1, level=3000)
    assert playback.heard_ms == pytest.approx(100)


async def test_a_cut_of_nothing() -> None:
    playback = Playback(RATE)
    assert playback.cut() == 0
    assert playback.heard_ms == 0


async def test_what_was_heard_is_told_of_the_newest_answer_alone() -> None:
    playback = Playback(RATE)
    async with running(playback):
        playback.play(tone(0.2))
        playback.end_of_answer()
        playback.play(tone(0.1))
        await until_heard(playback, 0.1)
        assert playback.heard_ms is None
        await playback.played_out()
        assert playback.heard_ms == pytest.approx(100)
        playback.play(tone(0.2))
        playback.end_of_answer()
        playback.play(tone(0.1))
        await until_heard(playback, 0.35)
        assert playback.cut() == 0


async def test_what_is_too_much_to_keep_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LONGEST_SECONDS", 0.05)
    playback = Playback(RATE)
    playback.play(tone(0.04))
    playback.play(tone(0.04))
    async with running(playback):
        await playback.played_out()
    assert bytes(playback.heard) == tone(0.04)


async def test_an_observer_is_told_when_each_frame_is_heard() -> None:
    playback = Playback(RATE)
    times: list[float] = []
    playback.on_frame = lambda at, _: times.append(at)
    async with running(playback):
        playback.play(tone(0.1))
        await playback.played_out()
    assert [round(later - earlier, 6) for earlier, later in itertools.pairwise(times)] == [0.02] * 4


async def test_the_uplink_speaks_in_real_time_and_is_silent_in_between() -> None:
    sent: list[bytes] = []

    async def send(frame: bytes) -> None:
        sent.append(frame)

    uplink = Uplink(RATE, send)
    begin = asyncio.get_running_loop().time()
    task = asyncio.create_task(uplink.run())
    async with asyncio.timeout(10):
        await uplink.say(tone(0.09))
        await uplink.say(b"")
        await uplink.say(tone(0.02))
    task.cancel()
    assert {len(frame) for frame in sent} == {640}
    voice = b"".join(frame for frame in sent if any(frame))
    assert voice == tone(0.09) + bytes(320) + tone(0.02)
    assert asyncio.get_running_loop().time() - begin >= 0.11


async def test_a_machine_that_slept_does_not_catch_up(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = 0

    async def send(_: bytes) -> None:
        nonlocal sent
        sent += 1

    now = 0.0
    loop = asyncio.get_running_loop()
    uplink = Uplink(RATE, send)
    monkeypatch.setattr(loop, "time", lambda real=loop.time: real() + now)
    task = asyncio.create_task(uplink.run())
    await asyncio.sleep(0.05)
    before, now = sent, 60.0
    await asyncio.sleep(0.05)
    task.cancel()
    assert sent - before <= 4, "it goes on at its pace"
