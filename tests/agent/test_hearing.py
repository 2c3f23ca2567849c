"""Speech to text of utterances: failover without a lost word, deadlines from the end of the speech, order."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from speko.agent.context import AgentContext
from speko.agent.hearing import Hearing
from speko.providers.call import Call
from speko.providers.errors import Busy, CallerError, ConnectionLost, ProviderError
from speko.providers.s2s import CascadeOptions, EngineProblem, S2sRequest, TurnStage, UserTranscript
from speko.providers.stt import SttRequest, Transcript
from speko.routing.attempts import Deadlines
from tests.agent.relays import Relay
from tests.agent.vendors import RATE, Hears, Script, books_of, context_of, hears

SECOND = bytes(range(250)) * (RATE * 2 // 250)


class Ears:
    def __init__(self, context: AgentContext, **cascade: Any) -> None:
        self.relay = Relay()
        self.silences = 0
        options = CascadeOptions(**cascade)
        request = S2sRequest(model="cascade", input_rate=RATE, output_rate=RATE, cascade=options)
        self.hearing = Hearing(request, context, self.relay.send, self.nothing)
        self.words = self.hearing.words()

    def nothing(self) -> None:
        self.silences += 1

    def hear(self, *pieces: bytes) -> None:
        self.hearing.begin(pieces[0])
        for piece in pieces[1:]:
            self.hearing.add(piece)
        self.hearing.end()

    async def text(self) -> str:
        """The next final words, as AgentSession gets them."""
        async with asyncio.timeout(10):
            return (await anext(self.words)).alternatives[0].text

    @property
    def told(self) -> list[tuple[str, bool]]:
        return [(t.text, t.final) for t in self.relay.all(UserTranscript)]


@asynccontextmanager
async def ears(context: AgentContext, **cascade: Any) -> AsyncIterator[Ears]:
    made = Ears(context, **cascade)
    try:
        yield made
    finally:
        await made.hearing.close()


def breaks(error: Exception, *, after: int = 0, interim: str = "") -> Hears:
    """Hears `after` bytes, says what it understood so far, and breaks."""

    async def run(sound: AsyncIterator[bytes], call: Call) -> AsyncGenerator[Sequence[Transcript], None]:
        heard = 0
        async for pcm in sound:
            heard += len(pcm)
            if heard >= after:
                if interim:
                    yield [Transcript(interim, is_final=False)]
                raise error

    return run


async def stalls(sound: AsyncIterator[bytes], call: Call) -> AsyncGenerator[Sequence[Transcript], None]:
    await asyncio.Event().wait()
    yield []


async def test_words_come_while_somebody_speaks_and_at_the_end() -> None:
    script = Script("acme", stt=[hears("one two three", "one", "one", "one two")])
    context = context_of(script)
    async with ears(context) as it:
        it.hear(SECOND, SECOND)
        assert await it.text() == "one two three"
        assert it.told == [("one", False), ("one two", False), ("one two three", False), ("one two three", True)]
        assert len({t.utterance for t in it.relay.all(UserTranscript)}) == 1
        assert it.relay.all(TurnStage) == [TurnStage("stt_final", "acme", "ears")]
        assert it.silences == 0
    assert script.sounds == [SECOND * 2]
    assert books_of(context).story == [("acme", "served", None)]
    assert books_of(context).usages[0].quantity == 2.0
    assert books_of(context).attempts[0].session_id == "ses_1"
    assert books_of(context).attempts[0].endpoint == "session"


async def test_who_takes_recordings_only_gets_one_at_the_end() -> None:
    script = Script("acme", streaming=False, stt=[hears("one two")])
    async with ears(context_of(script)) as it:
        it.hearing.begin(SECOND)
        await asyncio.sleep(0)
        assert not script.sounds
        it.hearing.end()
        assert await it.text() == "one two"
    assert len(script.sounds[0]) > RATE


async def test_failover_in_the_middle_loses_no_sound() -> None:
    broken = Script("broken", stt=[breaks(ConnectionLost("gone"), after=len(SECOND), interim="one")])
    good = Script("good", stt=[hears("one two three")])
    context = context_of(broken, good)
    async with ears(context) as it:
        it.hearing.begin(SECOND)
        await it.relay.until(lambda: len(good.sounds) == 1)
        it.hearing.add(SECOND)
        it.hearing.end()
        assert await it.text() == "one two three"
        assert it.told[0] == ("one", False)
        assert not it.relay.all(EngineProblem)
    assert good.sounds == [SECOND * 2]
    assert books_of(context).story == [("broken", "failed", "connection_lost"), ("good", "served", None)]


async def test_failover_after_the_end_loses_no_sound_either() -> None:
    broken = Script("broken", stt=[breaks(ConnectionLost("gone"), after=2 * len(SECOND))])
    good = Script("good", streaming=False, stt=[hears("one two three")])
    async with ears(context_of(broken, good)) as it:
        it.hear(SECOND, SECOND)
        assert await it.text() == "one two three"
    assert good.sounds == [SECOND * 2]


async def test_the_deadline_counts_from_the_end_of_the_speech(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, good = Script("slow", stt=[stalls]), Script("good", stt=[hears("one")])
    context = context_of(slow, good, deadlines=Deadlines(first_byte=4.0))
    loop, later = asyncio.get_running_loop(), 0.0
    clock = loop.time
    monkeypatch.setattr(loop, "time", lambda: clock() + later)
    async with ears(context) as it:
        it.hearing.begin(SECOND)
        await it.relay.until(lambda: len(slow.sounds) == 1)
        later += 10.0  # speech longer than the deadline
        await asyncio.sleep(0.01)
        assert not good.sounds
        it.hearing.end()
        later += 4.0
        assert await it.text() == "one"
    assert books_of(context).story == [("slow", "failed", "timeout"), ("good", "served", None)]


async def test_a_short_noise_without_words_is_believed() -> None:
    first, second = Script("first", stt=[hears("")]), Script("second", stt=[hears("hallucinated")])
    context = context_of(first, second)
    async with ears(context) as it:
        it.hear(SECOND)
        assert await it.text() == ""
        assert it.told == [("", True)]
        await it.relay.until(lambda: it.silences == 1)
    assert not second.sounds
    assert books_of(context).story == [("first", "served", None)]


async def test_a_long_speech_without_words_gets_a_second_opinion() -> None:
    first, second = Script("first", stt=[hears("")]), Script("second", stt=[hears("I mumble")])
    context = context_of(first, second)
    async with ears(context) as it:
        it.hear(*[SECOND] * 3)
        assert await it.text() == "I mumble"
    assert books_of(context).story == [("first", "failed", "empty"), ("second", "served", None)]


async def test_two_who_hear_nothing_are_right() -> None:
    first, second = Script("first", stt=[hears("")]), Script("second", stt=[hears("")])
    context = context_of(first, second)
    async with ears(context) as it:
        it.hear(*[SECOND] * 3)
        assert await it.text() == ""
        assert not it.relay.all(EngineProblem)
    assert [row.quantity for row in books_of(context).usages] == [3.0]


@pytest.mark.parametrize("error", [CallerError("no"), ConnectionLost("gone"), RuntimeError("secret-key, my words")])
async def test_when_nobody_understands_the_relay_hears_why(error: ProviderError) -> None:
    async with ears(context_of(Script("acme", stt=[breaks(error)]))) as it:
        it.hear(SECOND)
        assert await it.text() == ""
        problem = it.relay.all(EngineProblem)[0].message
        assert problem.startswith("speech to text failed (acme: ")
        assert "secret" not in problem
        assert "words" not in problem
        await it.relay.until(lambda: it.silences == 1)


async def test_an_engine_that_is_busy_is_waited_for() -> None:
    script = Script("acme", stt=[breaks(Busy("no free worker")), breaks(Busy("no free worker")), hears("at last")])
    context = context_of(script)
    async with ears(context) as it:
        it.hear(SECOND)
        assert await it.text() == "at last"
        assert not it.relay.all(EngineProblem)
    assert script.sounds[-1] == SECOND
    assert [cause for _, _, cause in books_of(context).story] == ["busy", "busy", None]


async def test_but_not_for_ever() -> None:
    script = Script("acme", stt=[breaks(Busy("no free worker"))])
    async with ears(context_of(script, deadlines=Deadlines(budget=0.6))) as it:
        it.hear(SECOND)
        assert await it.text() == ""
        assert it.relay.all(EngineProblem)[0].message == "speech to text failed (acme: busy)"


async def test_finals_come_in_order() -> None:
    first_may_end = asyncio.Event()

    async def late(sound: AsyncIterator[bytes], call: Call) -> AsyncGenerator[Sequence[Transcript], None]:
        await first_may_end.wait()
        yield [Transcript("first", is_final=True)]

    script = Script("acme", stt=[late, hears("second")])
    async with ears(context_of(script)) as it:
        it.hear(SECOND)
        it.hear(SECOND)
        await it.relay.until(lambda: ("second", False) in it.told)
        assert it.hearing.busy
        first_may_end.set()
        assert [await it.text(), await it.text()] == ["first", "second"]
        await it.relay.until(lambda: not it.hearing.busy)


async def test_an_hour_without_a_breath_is_many_utterances() -> None:
    script = Script("acme", stt=[hears("words")])
    async with ears(context_of(script)) as it:
        it.hearing.begin(b"")
        for _ in range(130):
            it.hearing.add(SECOND)
        it.hearing.end()
        assert [await it.text() for _ in range(3)] == ["words"] * 3
    assert b"".join(script.sounds) == SECOND * 130


async def test_options_reach_the_recogniser() -> None:
    asked: list[SttRequest] = []
    script = Script("acme")
    context = context_of(script)
    connector = context.connectors.stt("acme")
    listen = connector.listen

    def noted(request: SttRequest, audio: AsyncIterator[bytes], call: Call) -> AsyncIterator[Sequence[Transcript]]:
        asked.append(request)
        return listen(request, audio, call)

    connector.listen = noted  # type: ignore[method-assign]
    async with ears(context, stt_language="de-AT", keywords=("Speko",)) as it:
        it.hear(SECOND)
        await it.text()
    async with ears(context, stt_language="multi") as it:
        it.hear(SECOND)
        await it.text()
    assert [(a.language, a.keywords, a.sample_rate) for a in asked] == [("de-AT", (), RATE), (None, (), RATE)]


async def test_what_is_dropped_is_cancelled() -> None:
    script = Script("acme", stt=[stalls])
    context = context_of(script)
    async with ears(context) as it:
        it.hearing.begin(SECOND)
        await it.relay.until(lambda: len(script.sounds) == 1)
        it.hearing.drop()
        await it.relay.until(lambda: not it.hearing.busy)
        assert it.told == [("", True)]
        it.hearing.add(SECOND)  # the detector still hears speech: it belongs to nothing
    assert books_of(context).story == [("acme", "cancelled", "caller_left")]
