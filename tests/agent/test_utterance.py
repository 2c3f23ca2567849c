"""The sound of an utterance."""

import asyncio

import pytest

from speko.agent.utterance import Utterance

RATE = 16_000


async def test_it_is_heard_again_from_its_beginning() -> None:
    utterance = Utterance(RATE, b"ab")
    utterance.add(b"cd")
    early = utterance.sound()
    assert await anext(early) == b"abcd"
    waiting = asyncio.ensure_future(anext(early))
    await asyncio.sleep(0)
    assert not waiting.done()
    utterance.add(b"ef")
    assert await waiting == b"ef"
    late = utterance.sound()
    assert await anext(late) == b"abcdef"
    utterance.add(b"gh")
    utterance.end()
    assert [piece async for piece in early] == [b"gh"]
    assert [piece async for piece in late] == [b"gh"]
    assert [piece async for piece in utterance.sound()] == [b"abcdefgh"]


async def test_two_listeners_at_once() -> None:
    utterance = Utterance(RATE)
    listening = [asyncio.ensure_future(anext(utterance.sound())) for _ in range(2)]
    await asyncio.sleep(0)
    utterance.add(b"ab")
    assert await asyncio.gather(*listening) == [b"ab", b"ab"]


async def test_its_length() -> None:
    assert Utterance(RATE, bytes(RATE)).seconds == 0.5


async def test_a_recording_of_it_waits_for_its_end() -> None:
    utterance = Utterance(RATE, b"\x01\x00" * RATE)
    recording = asyncio.ensure_future(utterance.recording())
    await asyncio.sleep(0)
    assert not recording.done()
    utterance.add(b"\x02\x00" * RATE)
    utterance.end()
    with await recording as made:
        assert made.duration_ms == 2000
        assert b"".join(made.pcm(RATE)) == b"\x01\x00" * RATE + b"\x02\x00" * RATE


async def test_its_end_is_told_once_and_only_to_those_who_still_listen() -> None:
    utterance, told = Utterance(RATE), []
    with utterance.at_end(lambda: told.append("left before")):
        pass
    with utterance.at_end(lambda: told.append("was there")):
        utterance.end()
    with utterance.at_end(lambda: told.append("came after")):
        pass
    assert told == ["was there", "came after"]


async def test_numbers_are_its_own() -> None:
    assert Utterance(RATE).id != Utterance(RATE).id


@pytest.mark.parametrize("pieces", [0, 1])
async def test_nothing_was_said(pieces: int) -> None:
    utterance = Utterance(RATE, b"ab" * pieces)
    utterance.end()
    assert [piece async for piece in utterance.sound()] == [b"ab"] * pieces
