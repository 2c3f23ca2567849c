"""The way up to an engine: order, resampling, and what becomes of sound that it does not take."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from speko.providers.s2s import Clear, Commit, EngineCommand
from speko.realtime.upward import Upward

SECOND = 24000 * 2


class Engine:
    """Everything in the order in which it came."""

    def __init__(self) -> None:
        self.got: list[bytes | EngineCommand] = []

    def audio(self, pcm: bytes) -> None:
        self.got.append(pcm)

    def do(self, command: EngineCommand) -> None:
        self.got.append(command)

    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...
    def close(self) -> None: ...

    @property
    def sound(self) -> bytes:
        return b"".join(piece for piece in self.got if isinstance(piece, bytes))


def test_a_command_overtakes_no_sound() -> None:
    engine = Engine()
    upward = Upward(engine, 24000, 24000)
    upward.pause()
    upward.audio(b"\x01\x00")
    assert engine.got == []
    upward.tell(Commit())
    assert engine.got == [b"\x01\x00", Commit()]


def test_of_sound_that_is_not_taken_ten_seconds_are_kept() -> None:
    engine = Engine()
    upward = Upward(engine, 24000, 24000)
    upward.pause()
    for second in range(12):
        upward.audio(bytes([second, 0]) * 24000)
        assert upward.dropped is (second >= 10)
    upward.resume()
    assert engine.sound == b"".join(bytes([second, 0]) * 24000 for second in range(2, 12))
    assert upward.straight


def test_of_sound_that_was_kept_for_the_engine_nothing_is_dropped() -> None:
    engine = Engine()
    upward = Upward(engine, 24000, 24000)
    upward.pause()
    for _ in range(60):
        upward.audio(bytes(SECOND), kept=True)
    assert len(engine.sound) == 60 * SECOND
    assert not upward.dropped


def test_a_commit_takes_the_last_sound_with_it_through_the_filter() -> None:
    tone = (np.sin(np.arange(16000) * 0.05) * 9000).astype("<i2").tobytes()
    engine = Engine()
    upward = Upward(engine, 16000, 24000)
    upward.audio(tone)
    before = len(engine.sound)
    upward.tell(Commit())
    assert len(engine.sound) == 24000 * 2 > before
    assert engine.got[-1] == Commit()


def test_what_is_cleared_is_not_heard_later() -> None:
    engine = Engine()
    upward = Upward(engine, 16000, 24000)
    upward.audio(b"\x00\x20" * 160)
    upward.tell(Clear())
    upward.audio(bytes(3200))
    upward.tell(Commit())
    after = engine.got[engine.got.index(Clear()) + 1 : -1]
    assert not any(np.frombuffer(b"".join(after), "<i2")), "nothing of the cleared sound rings on"  # type: ignore[arg-type]


@given(st.lists(st.one_of(st.integers(1, 40), st.sampled_from(["pause", "resume", "commit"])), max_size=60))
def test_the_order_is_always_kept(steps: list[int | str]) -> None:
    engine = Engine()
    upward = Upward(engine, 24000, 24000)
    said = bytearray()
    for number, step in enumerate(steps):
        if isinstance(step, int):
            pcm = bytes([number % 250, 1]) * step
            said += pcm
            upward.audio(pcm)
        elif step == "commit":
            upward.tell(Commit())
            assert engine.sound == said, "all that came before the command is there before it"
        else:
            (upward.pause if step == "pause" else upward.resume)()
    upward.resume()
    assert engine.sound == said
