"""Sound through one session: resampled, queued upwards, and downwards to clients that do not keep up."""

import asyncio
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speko.audio.resample import Resampler, resampled_length
from speko.providers.errors import ConnectionLost
from speko.providers.s2s import Commit, Interrupted, ResponseDone, ResponseStarted, S2sCapabilities
from tests.audio.sounds import tone
from tests.realtime.engines import Bridged, FakeConnection, FakeEngines, FakeLink, until

SECOND = tone(24000, 1.0)


def converted(pcm: bytes, from_rate: int, to_rate: int) -> bytes:
    resampler = Resampler(from_rate, to_rate)
    return resampler.push(pcm) + resampler.flush()


# ---- rates


async def test_sound_to_an_engine_of_another_rate() -> None:
    scene = Bridged(input_rate=16000)
    engine = await scene.ready()
    scene.speak(tone(16000, 1.0))
    scene.tell("control", action="commit")
    assert b"".join(engine.heard) == converted(tone(16000, 1.0), 16000, 24000), "with the filter's tail"
    assert engine.commands == [Commit()]
    scene.speak(tone(16000, 0.5, hz=700))
    scene.tell("control", action="commit")
    again = converted(tone(16000, 0.5, hz=700), 16000, 24000)
    assert b"".join(engine.heard)[len(SECOND) :] == again, "the next turn begins with a filter of its own"
    scene.bridge.end("server_shutdown")


async def test_sound_before_ready_goes_to_an_engine_of_another_rate() -> None:
    scene = Bridged(input_rate=16000)
    scene.speak(tone(16000, 0.5))
    await scene.ready()
    scene.speak(tone(16000, 1.0)[len(tone(16000, 0.5)) :])
    scene.tell("control", action="commit")
    assert b"".join(scene.fakes.last.heard) == converted(tone(16000, 1.0), 16000, 24000)
    scene.bridge.end("server_shutdown")


async def test_each_response_of_an_engine_of_another_rate_is_heard_to_its_last_sample() -> None:
    scene = Bridged(output_rate=16000)
    engine = await scene.ready()
    expected = b""
    for name, hz in (("r1", 440.0), ("r2", 700.0)):
        sound = tone(24000, 1.0, hz=hz)
        engine.sink.event(ResponseStarted(name))
        for at in range(0, len(sound), 960):
            engine.sink.audio(name, sound[at : at + 960])
        engine.sink.event(ResponseDone(name))
        scene.tell("played", ms=1e6)
        expected += converted(sound, 24000, 16000)
    assert bytes(scene.link.audio) == expected
    assert len(expected) == 4 * resampled_length(24000, 24000, 16000)
    scene.bridge.end("server_shutdown")


async def test_nothing_of_an_interrupted_response_hides_in_the_filter() -> None:
    owner = S2sCapabilities((24000,), (24000,), owns_turns=True)
    scene = Bridged(output_rate=16000, fakes=FakeEngines(owner))
    engine = await scene.ready()
    engine.sink.event(ResponseStarted("r1"))
    engine.sink.audio("r1", SECOND)
    engine.sink.event(Interrupted("r1"))
    heard = len(scene.link.audio)
    engine.sink.event(ResponseDone("r1", "cancelled"))
    assert len(scene.link.audio) == heard
    engine.sink.event(ResponseStarted("r2"))
    engine.sink.audio("r2", SECOND)
    engine.sink.event(ResponseDone("r2"))
    assert bytes(scene.link.audio[heard:]) == converted(SECOND, 24000, 16000)
    scene.bridge.end("server_shutdown")


@settings(max_examples=10, deadline=None)
@given(st.data())
def test_a_sine_up_and_down_again_is_the_same_sine_however_it_is_cut(data: st.DataObject) -> None:
    """16 kHz of the client, 24 kHz of an engine that says what it hears."""
    before = tone(16000, 1.0)
    count = len(before) // 2
    up = data.draw(st.lists(st.integers(0, count), max_size=20))
    down = data.draw(st.integers(100, 20_000))

    async def talk() -> bytes:
        scene = Bridged(input_rate=16000, output_rate=16000)
        engine = await scene.ready()
        for start, end in pairwise([0, *sorted(up), count]):
            scene.bridge.on_audio(before[2 * start : 2 * end])
        scene.tell("control", action="commit")
        said = b"".join(engine.heard)
        engine.sink.event(ResponseStarted("r1"))
        for at in range(0, len(said), 2 * down):
            engine.sink.audio("r1", said[at : at + 2 * down])
        engine.sink.event(ResponseDone("r1"))
        scene.bridge.end("server_shutdown")
        return bytes(scene.link.audio)

    sine, after = (np.frombuffer(pcm, "<i2").astype(int) for pcm in (before, asyncio.run(talk())))
    assert len(after) == len(sine)
    # Phase, level and every click at a border are in the difference; the first and last 25 ms are the sine's own edges.
    assert np.abs(after - sine)[400:-400].max() <= 3


# ---- an engine that takes no more


async def test_of_what_waits_for_an_engine_the_oldest_is_dropped_after_ten_seconds() -> None:
    scene = Bridged()
    engine = await scene.ready()
    engine.sink.pause()
    seconds = [bytes([number, 0]) * 24000 for number in range(12)]
    for second in seconds:
        scene.speak(second, step=960)
    assert engine.heard == []
    assert [frame["code"] for frame in scene.link.frames if frame["t"] == "error"] == ["PROVIDER_ERROR"]
    engine.sink.resume()
    assert b"".join(engine.heard) == b"".join(seconds[2:])
    scene.speak(SECOND)
    assert b"".join(engine.heard).endswith(SECOND)
    scene.bridge.end("server_shutdown")


async def test_sound_stays_in_order_when_the_engine_takes_more_only_for_a_moment() -> None:
    class Choking(FakeConnection):
        def audio(self, pcm: bytes) -> None:
            super().audio(pcm)
            self.sink.pause()

    scene = Bridged()
    engine = await scene.ready()
    scene.bridge._engine.connection.__class__ = Choking  # type: ignore[union-attr]
    frames = [bytes([number, 0]) * 480 for number in range(10)]
    for frame in frames:
        scene.bridge.on_audio(frame)
    assert engine.heard == frames[:1]
    for count in range(2, 11):
        engine.sink.resume()
        assert engine.heard == frames[:count]
    scene.bridge.end("server_shutdown")


async def test_what_waited_is_said_before_the_turn_is_over() -> None:
    scene = Bridged()
    engine = await scene.ready()
    engine.sink.pause()
    scene.speak(SECOND)
    scene.tell("control", action="commit")
    assert b"".join(engine.heard) == SECOND
    assert engine.commands == [Commit()]
    scene.bridge.end("server_shutdown")


async def test_the_next_engine_hears_everything_however_slowly_it_takes_it() -> None:
    class Full(FakeEngines):
        async def dial(self, *args: object) -> object:  # type: ignore[override]
            found = await super().dial(*args)  # type: ignore[arg-type]
            connection = found[0]
            audio = connection.audio

            def full(pcm: bytes) -> None:
                audio(pcm)
                connection.sink.pause()

            connection.audio = full  # type: ignore[method-assign]
            return found

    scene = Bridged(fakes=Full())
    engine = await scene.ready()
    said = [bytes([number, 0]) * 24000 for number in range(30)]
    for second in said:
        engine.sink.resume()
        scene.speak(second, step=48000)
    engine.sink.lost(ConnectionLost("gone"))
    second_engine = await scene.next_engine()
    assert b"".join(second_engine.heard) == b"".join(said)
    assert "error" not in scene.link.kinds
    scene.bridge.end("server_shutdown")


# ---- a client that does not keep up


class Deaf(FakeLink):
    """Reads nothing: everything stays in its socket."""

    def __init__(self) -> None:
        super().__init__()
        self.read = 0

    @property
    def buffered(self) -> int:
        return len(self.audio) - self.read

    @buffered.setter
    def buffered(self, _: int) -> None: ...


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds are hundredths."""
    for name, seconds in {"_LOOK_EVERY": 0.01, "_FULL": 0.05, "_STUCK": 0.3}.items():
        monkeypatch.setattr(f"speko.realtime.slow_client.{name}", seconds)


async def deaf_client(**config: Any) -> tuple[Bridged, Deaf, FakeConnection]:
    scene = Bridged(**config)
    engine = await scene.ready()
    link = Deaf()
    scene.bridge.detach(scene.link, None)
    scene.bridge.attach(link)
    scene.link = link
    engine.sink.event(ResponseStarted("r1"))
    return scene, link, engine


async def test_a_giant_message_is_sent_in_pieces() -> None:
    scene = Bridged()
    engine = await scene.ready()
    engine.sink.event(ResponseStarted("r1"))
    engine.sink.audio("r1", SECOND * 60)
    assert bytes(scene.link.audio) == SECOND * 60
    assert max(scene.link.pieces) <= 64 * 1024
    scene.bridge.end("server_shutdown")


async def test_of_a_slow_client_the_engine_is_not_read() -> None:
    scene, link, engine = await deaf_client()
    engine.sink.audio("r1", SECOND * 15)
    assert engine.reading
    engine.sink.audio("r1", SECOND)
    assert not engine.reading
    link.read = len(link.audio)
    scene.bridge.on_drained()
    assert engine.reading
    engine.sink.audio("r1", SECOND)
    assert bytes(link.audio) == SECOND * 17
    scene.bridge.end("server_shutdown")


@pytest.mark.usefixtures("hurried")
async def test_a_client_that_takes_nothing_is_given_up() -> None:
    scene, link, engine = await deaf_client()
    engine.sink.audio("r1", SECOND * 31)
    await scene.over()
    assert link.closed is not None
    assert link.closed[0] == 1008
    assert scene.books.story == [("a", "cancelled", "caller_stalled")]
    assert scene.witness.end is not None
    assert scene.witness.end[0] == "ended"


@pytest.mark.usefixtures("hurried")
async def test_a_client_that_takes_it_slowly_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0
    scene, link, engine = await deaf_client()

    def buffered(self: Deaf) -> int:  # each look finds a little less
        nonlocal looks
        looks += 1
        return len(self.audio) - looks

    monkeypatch.setattr(Deaf, "buffered", property(buffered))
    engine.sink.audio("r1", SECOND * 31)
    await until(lambda: looks > 50)
    assert not scene.bridge.over
    assert link.closed is None
    scene.bridge.end("server_shutdown")


@pytest.mark.usefixtures("hurried")
async def test_the_silence_of_an_engine_that_is_not_read_is_no_stall() -> None:
    scene, link, engine = await deaf_client(stall_timeout=0.02)
    engine.sink.audio("r1", SECOND * 16)
    await scene.over()  # given up for the client's sake
    assert link.closed is not None
    assert link.closed[0] == 1008
    assert scene.books.story == [("a", "cancelled", "caller_stalled")], "the engine was not left"


async def test_what_is_said_to_a_client_that_never_reads_has_a_bound() -> None:
    scene = Bridged()
    await scene.ready()
    scene.link.buffered = 17 * 2**20
    scene.bridge.on_text(b"nonsense")
    assert scene.link.closed == (1008, "too slow")
    assert scene.link.frames[-1]["code"] == "CLIENT_TOO_SLOW"
    assert scene.witness.end == ("ended", "client_too_slow")


async def test_an_answer_that_is_cut_short_is_booked_by_its_seconds() -> None:
    scene = Bridged()
    await scene.ready()
    sink = scene.fakes.last.sink
    sink.event(ResponseStarted("r1"))
    sink.audio("r1", bytes(48000))
    sink.lost(ConnectionLost("gone"))
    assert scene.witness.used == [("a", 1000)]
    scene.bridge.end("server_shutdown")
