"""The way in: windows, utterances, and what is told of them."""

import asyncio
from typing import Any

import numpy as np
import pytest

from speko.agent.audio_input import Ear, Microphone
from speko.agent.voice_activity import VoiceActivity
from speko.providers.s2s import SpeechStarted, SpeechStopped
from tests.agent.relays import SILENCE, SPEECH, Relay, loudness
from tests.agent.vendors import RATE

pytestmark = pytest.mark.usefixtures("loudness")
__all__ = ["loudness"]


class Notes:
    """In place of `Hearing`."""

    def __init__(self) -> None:
        self.utterances: list[bytes] = []
        self.open = False
        self.dropped = 0
        self.empty = 0
        self.pauses = 0

    def begin(self, pcm: bytes) -> None:
        assert not self.open
        self.open = True
        self.utterances.append(pcm)

    def add(self, pcm: bytes) -> None:
        assert self.open
        self.utterances[-1] += pcm

    def pause(self) -> None:
        self.pauses += 1

    def go_on(self) -> None:
        self.pauses -= 1

    def end(self) -> None:
        self.open = False

    def nothing_more(self) -> None:
        self.empty += 1

    def drop(self) -> None:
        self.dropped += 1
        self.open = False


class Room:
    def __init__(self, microphone: Microphone | None = None) -> None:
        self.relay, self.notes = Relay(), Notes()
        hearing: Any = self.notes
        activity = VoiceActivity(0.3)
        self.ear = Ear(RATE, 0.3, activity=activity, hearing=hearing, send=self.relay.send, microphone=microphone)

    async def hear(self, pcm: bytes) -> None:
        self.ear.push(pcm)
        pump = asyncio.ensure_future(self.ear.run())
        await self.relay.until(lambda: len(self.ear._waiting) < self.ear._window)
        pump.cancel()


async def test_an_utterance_begins_before_it_was_noticed_and_ends_with_the_silence() -> None:
    room = Room()
    sound = SILENCE + SPEECH + SILENCE + SPEECH + SILENCE
    await room.hear(sound)
    assert [type(event) for event in room.relay.events] == [SpeechStarted, SpeechStopped] * 2
    one, two = room.notes.utterances
    assert SPEECH in one
    assert SPEECH in two
    assert 0.2 <= (one.index(SPEECH) / 2 / RATE) <= 0.3
    assert sound.replace(b"\0", b"").count(b"\x20") == (one + two).count(b"\x20"), "all speech, and once"


async def test_sound_that_nobody_takes_is_bounded_and_the_oldest_goes() -> None:
    room = Room()
    for _ in range(30):
        room.ear.push(SILENCE)
    room.ear.push(SPEECH)
    room.ear.push(SILENCE)
    assert len(room.ear._waiting) == 10 * RATE * 2
    await room.hear(b"")
    assert len(room.notes.utterances) == 1


async def test_any_chunking_is_the_same() -> None:
    sound = SILENCE + SPEECH + SILENCE
    found = []
    for size in (2, 640, 5000, len(sound)):
        room = Room()
        for at in range(0, len(sound), size):
            room.ear.push(sound[at : at + size])
        await room.hear(b"")
        found.append((room.relay.events, room.notes.utterances))
    assert all(each == found[0] for each in found)


async def test_a_commit_hears_everything_first() -> None:
    room = Room()
    room.ear.push(SILENCE + SPEECH + b"\x00\x20")
    room.ear.commit()
    assert room.notes.utterances[0].endswith(SPEECH + b"\x00\x20")
    assert not room.notes.open
    assert room.relay.events[-1] == SpeechStopped(0)


async def test_a_commit_of_sound_without_noticed_speech() -> None:
    room = Room()
    room.ear.push(SILENCE)
    room.ear.commit()
    assert room.notes.utterances == [SILENCE]
    assert not room.relay.events
    room.ear.commit()
    assert room.notes.utterances == [SILENCE], "there is nothing"
    assert room.notes.empty == 1


async def test_a_commit_after_an_utterance_is_a_hint() -> None:
    room = Room()
    await room.hear(SILENCE + SPEECH + SILENCE)
    room.ear.commit()
    assert len(room.notes.utterances) == 1
    assert room.notes.empty == 1


async def test_clear_forgets_it_all() -> None:
    room = Room()
    await room.hear(SILENCE + SPEECH)
    room.ear.push(SPEECH)
    room.ear.clear()
    assert room.notes.dropped == 1
    assert room.relay.events[-1] == SpeechStopped(0)
    room.ear.commit()
    assert len(room.notes.utterances) == 1


async def test_the_session_can_listen_too() -> None:
    microphone = Microphone()
    await Room(microphone).hear(SPEECH)
    frames = [await anext(microphone) for _ in range(15)]
    assert {frame.sample_rate for frame in frames} == {16_000}
    for _ in range(1000):
        microphone.push(np.ones(10, np.int16))
    assert microphone._frames.qsize() == 312


async def test_a_pause_is_told_and_that_it_was_one() -> None:
    room = Room()
    pause = SILENCE[: RATE * 2 // 5]
    await room.hear(SILENCE + SPEECH + pause)
    assert room.notes.pauses == 1
    await room.hear(SPEECH)
    assert room.notes.pauses == 0
    await room.hear(SILENCE)
    assert room.notes.pauses == 1
    await room.hear(SPEECH)
    assert room.notes.pauses == 1, "a new utterance has had none"
