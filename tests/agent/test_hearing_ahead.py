"""Last words that are asked for at a pause: nothing is final before its time, lost, heard twice or booked twice."""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from livekit.agents.stt import SpeechEventType

from speko.agent.context import AgentContext
from speko.agent.hearing import Hearing
from speko.providers.call import Call
from speko.providers.errors import ConnectionLost
from speko.providers.s2s import EngineProblem, S2sRequest, TurnStage, UserTranscript
from speko.providers.stt import Transcript
from tests.agent.relays import Relay
from tests.agent.vendors import RATE, Hears, Script, books_of, context_of, embedded, hears

SECOND = bytes(range(250)) * (RATE * 2 // 250)
QUIET = bytes(RATE // 10)
MAYBE, OTHER, FINAL = (
    SpeechEventType.PREFLIGHT_TRANSCRIPT,
    SpeechEventType.INTERIM_TRANSCRIPT,
    SpeechEventType.FINAL_TRANSCRIPT,
)


class Ears:
    def __init__(self, context: AgentContext, *, guess: bool = True) -> None:
        self.relay = Relay()
        request = S2sRequest(model="cascade", input_rate=RATE, output_rate=RATE)
        self.hearing = Hearing(request, context, self.relay.send, lambda: None, lambda: guess)
        self.context = context
        self.words = self.hearing.words()

    async def event(self) -> tuple[SpeechEventType, str]:
        """What AgentSession hears next."""
        async with asyncio.timeout(10):
            event = await anext(self.words)
        return event.type, event.alternatives[0].text

    async def rest(self) -> None:
        """Waits until nothing happens any more."""
        for _ in range(50):
            await asyncio.sleep(0)

    @property
    def final(self) -> list[str]:
        return [t.text for t in self.relay.all(UserTranscript) if t.final]

    @property
    def story(self) -> list[tuple[str, str, str | None]]:
        return books_of(self.context).story

    @property
    def billed(self) -> list[float]:
        return [row.quantity for row in books_of(self.context).usages]


@asynccontextmanager
async def ears(*scripts: Script, free: bool = True, guess: bool = True) -> AsyncIterator[Ears]:
    context = context_of(*scripts)
    made = Ears(embedded(context) if free else context, guess=guess)
    try:
        yield made
    finally:
        async with asyncio.timeout(5):
            await made.hearing.close()
    assert not made.hearing.busy


def breaks_at_the_end(error: Exception) -> Hears:
    async def run(sound: AsyncIterator[bytes], call: Call) -> AsyncGenerator[Sequence[Transcript], None]:
        async for _ in sound:
            pass
        raise error
        yield []

    return run


async def test_words_are_there_with_the_end_of_the_silence_and_not_before() -> None:
    script = Script("acme", stt=[hears("one two")])
    async with ears(script) as it:
        it.hearing.begin(SECOND)
        it.hearing.pause()
        assert await it.event() == (MAYBE, "one two")
        it.hearing.add(QUIET)
        await it.rest()
        assert not it.final
        assert not it.relay.all(TurnStage)
        assert not it.story
        it.hearing.end()
        assert await it.event() == (FINAL, "one two")
        assert it.final == ["one two"]
        assert it.story == [("acme", "served", None)]
        assert it.billed == [1.0]
    assert script.sounds == [SECOND]


async def test_speech_that_goes_on_is_heard_anew_as_a_whole() -> None:
    script = Script("acme", stt=[hears("one"), hears("one two")])
    async with ears(script) as it:
        it.hearing.begin(SECOND)
        it.hearing.pause()
        assert await it.event() == (MAYBE, "one")
        it.hearing.add(QUIET)
        it.hearing.go_on()
        assert await it.event() == (OTHER, "…")
        it.hearing.add(SECOND)
        it.hearing.pause()
        assert await it.event() == (MAYBE, "one two")
        it.hearing.end()
        assert await it.event() == (FINAL, "one two")
        assert it.final == ["one two"]
        assert it.story == [("acme", "cancelled", "caller_left"), ("acme", "served", None)]
        assert it.billed == [2.05]
    assert script.sounds == [SECOND, SECOND + QUIET + SECOND]


async def test_an_end_in_the_same_breath_loses_nothing() -> None:
    script = Script("acme", stt=[hears("one"), hears("one two")])
    async with ears(script) as it:
        it.hearing.begin(SECOND)
        it.hearing.pause()
        await it.event()
        it.hearing.go_on()
        it.hearing.add(SECOND)
        it.hearing.pause()
        it.hearing.end()
        assert await it.event() == (FINAL, "one two")
    assert script.sounds[-1] == SECOND * 2


async def test_who_is_paid_is_asked_once() -> None:
    script = Script("acme", stt=[hears("one two")])
    async with ears(script, free=False) as it:
        it.hearing.begin(SECOND)
        it.hearing.pause()
        it.hearing.add(QUIET)
        await it.rest()
        it.hearing.go_on()
        it.hearing.add(SECOND)
        it.hearing.end()
        assert await it.event() == (FINAL, "one two")
        assert it.story == [("acme", "served", None)]
    assert script.sounds == [SECOND + QUIET + SECOND]


async def test_where_thinking_ahead_is_of_no_use_only_the_words_are_there_early() -> None:
    script = Script("acme", stt=[hears("one"), hears("one two")])
    async with ears(script, guess=False) as it:
        it.hearing.begin(SECOND)
        it.hearing.pause()
        await it.rest()
        it.hearing.go_on()
        it.hearing.add(SECOND)
        it.hearing.end()
        assert await it.event() == (FINAL, "one two")


async def test_who_fails_at_a_pause_may_try_again() -> None:
    script = Script("acme", stt=[breaks_at_the_end(ConnectionLost("gone")), hears("one two")])
    async with ears(script) as it:
        it.hearing.begin(SECOND)
        it.hearing.pause()
        await it.relay.until(lambda: len(script.sounds) == 2)
        it.hearing.pause()
        it.hearing.go_on()
        it.hearing.add(SECOND)
        it.hearing.end()
        assert await it.event() == (FINAL, "one two")
        assert not it.relay.all(EngineProblem)
        assert it.story == [("acme", "failed", "connection_lost"), ("acme", "served", None)]
    assert script.sounds == [SECOND, SECOND * 2]


async def test_after_a_failure_at_a_pause_a_paid_one_hears_all_of_it_once() -> None:
    broken, good = Script("broken", stt=[breaks_at_the_end(ConnectionLost("gone"))]), Script("good", stt=[hears("yes")])
    context = context_of(broken, good)
    own = embedded(context).candidates["stt"][0]
    context.candidates["stt"] = (own, context.candidates["stt"][1])
    it = Ears(context)
    it.hearing.begin(SECOND)
    it.hearing.pause()
    await it.relay.until(lambda: len(good.sounds) == 1)
    it.hearing.go_on()
    it.hearing.add(SECOND)
    it.hearing.end()
    assert await it.event() == (FINAL, "yes")
    assert good.sounds == [SECOND * 2]
    await it.hearing.close()


@pytest.mark.parametrize("way", ["drop", "close"])
async def test_what_is_forgotten_at_a_pause_is_cancelled(way: str) -> None:
    async with ears(Script("acme", stt=[hears("one")])) as it:
        it.hearing.begin(SECOND)
        it.hearing.pause()
        await it.event()
        if way == "drop":
            it.hearing.drop()
            await it.relay.until(lambda: not it.hearing.busy)
        else:
            await it.hearing.close()
        async with asyncio.timeout(5):
            await it.hearing.silence()
        assert it.final == [""]
        assert it.story == [("acme", "cancelled", "caller_left")]
        assert not it.billed


async def test_it_is_heard_anew_a_few_times_only() -> None:
    script = Script("acme", stt=[hears("words")])
    async with ears(script) as it:
        it.hearing.begin(SECOND)
        for _ in range(6):
            it.hearing.pause()
            await it.rest()
            it.hearing.go_on()
            it.hearing.add(QUIET)
            await it.rest()
        it.hearing.end()
        while await it.event() != (FINAL, "words"):
            pass
        assert [outcome for _, outcome, _ in it.story] == ["cancelled"] * 3 + ["served"]
    assert script.sounds[-1] == SECOND + QUIET * 6


async def test_a_long_speech_is_heard_once() -> None:
    script = Script("acme", stt=[hears("words")])
    async with ears(script) as it:
        it.hearing.begin(SECOND * 5)
        it.hearing.pause()
        await it.rest()
        it.hearing.go_on()
        it.hearing.end()
        assert await it.event() == (FINAL, "words")
    assert len(script.sounds) == 1


@pytest.mark.parametrize("seed", range(30))
async def test_whatever_the_pauses_all_up_to_the_last_one_is_heard(seed: int) -> None:
    dice, script = random.Random(seed), Script("acme", stt=[hears("words")])
    async with ears(script) as it:
        it.hearing.begin(b"")
        said, at_pause, pausing = b"", 0, False
        for number in range(40):
            match dice.choice("sssprw"):
                case "s":
                    piece = bytes([number + 1, 0]) * 50
                    said += piece
                    it.hearing.add(piece)
                case "p" if not pausing:
                    pausing, at_pause = True, len(said)
                    it.hearing.pause()
                case "r" if pausing:
                    pausing = False
                    it.hearing.go_on()
                case "w":
                    await it.rest()
        it.hearing.end()
        while (await it.event())[0] is not FINAL:
            pass
        assert it.final == ["words"]
        assert [outcome for _, outcome, _ in it.story].count("served") == 1
        heard = script.sounds[-1]
        assert said.startswith(heard)
        assert len(heard) >= (at_pause if pausing else len(said))
