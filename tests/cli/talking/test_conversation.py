"""How long an answer is waited for."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from speko.cli.talking.conversation import QUIET_SECONDS, Conversation
from speko.cli.talking.playback import Playback
from tests import loops
from tests.cli.talking.agent import RATE, tone

LOOPS = loops.VIRTUAL
DONE = {"type": "turn", "stage": "response_done", "ms": 0, "provider": None, "model": None}


class Session:
    """The gateway's side: frames at their times, in seconds."""

    def __init__(self, *frames: tuple[float, dict[str, Any]]) -> None:
        self._frames = frames
        self._closed = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        loop = asyncio.get_running_loop()
        for at, frame in self._frames:
            await asyncio.sleep(at - loop.time())
            yield frame
        await self._closed.wait()

    async def played(self, ms: float) -> None:
        """Nobody asks for it."""

    async def close(self) -> None:
        self._closed.set()


class Nobody:
    """Is shown the conversation."""

    def over(self, turn: Any) -> None:
        """An answer is over."""


def sound(seconds: float) -> dict[str, Any]:
    return {"type": "audio", "pcm": tone(seconds), "sample_rate": RATE}


async def answered(*frames: tuple[float, dict[str, Any]]) -> tuple[bool, Playback, float]:
    """Whether there was an answer, what of it was heard, and when that was known."""
    loop = asyncio.get_running_loop()
    playback = Playback(RATE)
    found: list[tuple[bool, float]] = []
    conversation = Conversation(Session(*frames), playback, Nobody(), lambda name, arguments: None)  # type: ignore[arg-type]

    async def lead() -> None:
        conversation.expect()
        found.append((await conversation.answer(), loop.time()))

    await conversation.hold(lead())
    return found[0][0], playback, found[0][1]


@pytest.mark.parametrize("seconds", [0.1, QUIET_SECONDS - 0.1, QUIET_SECONDS, 3 * QUIET_SECONDS])
async def test_an_answer_is_heard_to_its_end_however_long_it_is(seconds: float) -> None:
    """All of its sound comes at once, and the gateway says nothing until it was heard, and a little longer."""
    came, playback, at = await answered((0.0, sound(seconds)), (seconds + 0.5, DONE))
    assert came
    assert playback.heard == tone(seconds)
    assert seconds + 0.5 <= at < seconds + 2


async def test_an_answer_that_does_not_end_is_given_up_when_all_is_quiet() -> None:
    came, playback, at = await answered((1.0, sound(5.0)))
    assert not came
    assert playback.heard == tone(5.0)
    assert at == pytest.approx(6.0 + QUIET_SECONDS, abs=0.1)


async def test_an_answer_that_does_not_come_is_waited_for_as_long_as_the_gateway_says_anything() -> None:
    usage = {"type": "usage"}
    came, _, at = await answered((10.0, usage), (20.0, usage))
    assert not came
    assert at == pytest.approx(20.0 + QUIET_SECONDS, abs=0.1)
