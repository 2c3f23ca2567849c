"""The sound of an answer: sentence by sentence, with failover that neither loses nor doubles a word."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

import pytest

from speko.agent.context import AgentContext
from speko.agent.speaking import Sound, Speaking, Speechless
from speko.providers.call import Call
from speko.providers.errors import ConnectionLost
from speko.providers.s2s import CascadeOptions, EngineProblem, S2sRequest, TurnStage
from speko.providers.tts import AudioChunk, TtsRequest
from tests.agent.relays import Relay
from tests.agent.vendors import RATE, SAMPLES_A_CHARACTER, Script, Speaks, books_of, context_of, speaks

GONE = ConnectionLost("gone")


def voice(context: AgentContext, relay: Relay | None = None, *, rate: int = RATE, name: str | None = None) -> Speaking:
    request = S2sRequest(
        model="cascade", input_rate=RATE, output_rate=rate, voice=name, cascade=CascadeOptions(speed=1.25)
    )
    return Speaking(request, context, (relay or Relay()).send)


async def say(speaking: Speaking, *text: str) -> list[Sound]:
    async def written() -> AsyncGenerator[str, None]:
        for piece in text:
            yield piece

    async def room() -> None:
        pass

    return [sound async for sound in speaking.say(written(), room, _room)]


def spoken(sounds: list[Sound]) -> str:
    """What the voices said: a sample's value is its character."""
    pcm = b"".join(sound.pcm for sound in sounds)
    step = SAMPLES_A_CHARACTER * 2
    return "".join(chr(int.from_bytes(pcm[at : at + 2], "little")) for at in range(0, len(pcm), step))


async def test_each_sentence_is_a_call_and_brings_its_words() -> None:
    script = Script("acme")
    relay, context = Relay(), context_of(script)
    sounds = await say(voice(context, relay), "Hel", "lo there. How", " are you?")
    assert [sound.text for sound in sounds if sound.text] == ["Hello there.", " How are you?"]
    assert spoken(sounds) == "Hello there.How are you?"
    assert [request.text for request in script.texts] == ["Hello there.", "How are you?"]
    assert relay.all(TurnStage) == [TurnStage("tts_first_byte", "acme", "mouth")]
    assert books_of(context).story == [("acme", "served", None)] * 2
    assert [row.quantity for row in books_of(context).usages] == [12.0, 12.0]


async def test_what_is_spoken_is_what_one_would_read_aloud() -> None:
    script = Script("acme")
    sounds = await say(voice(context_of(script)), "It is **12** km. ", "***", " Bye.")
    assert [request.text for request in script.texts] == ["It is twelve kilometers.", "Bye."]
    assert "".join(sound.text for sound in sounds) == "It is **12** km. *** Bye."


async def test_words_that_cannot_be_spoken_are_told_anyway() -> None:
    script = Script("acme")
    (sound,) = await say(voice(context_of(script)), "👍")
    assert sound == Sound(b"", "👍")
    assert not script.texts


async def test_options_reach_the_voice() -> None:
    one, other = Script("one"), Script("other")
    context = context_of(one, other)
    await say(voice(context, name="one-voice"), "Hello.")
    await say(voice(context, name="other-voice"), "Hello.")
    await say(voice(context), "Hello.")
    assert [r.voice for r in one.texts] == ["one-voice", "one-voice", "one-voice"]
    assert {(r.speed, r.language, r.sample_rate, r.model) for r in one.texts} == {(1.25, "en", RATE, "mouth")}


async def test_the_sound_has_the_sessions_rate() -> None:
    script = Script("acme", tts=[speaks(rate=16_000)])
    sounds = await say(voice(context_of(script), rate=24_000), "Hello there.")
    samples = sum(len(sound.pcm) for sound in sounds) // 2
    assert samples == len("Hello there.") * SAMPLES_A_CHARACTER


async def test_before_the_first_sound_another_is_asked_and_keeps_the_floor() -> None:
    broken, good = Script("broken", tts=[speaks(until=0, error=GONE)]), Script("good")
    context = context_of(broken, good)
    sounds = await say(voice(context), "One. ", "Two. ", "Three.")
    assert spoken(sounds) == "One.Two.Three."
    assert len(broken.texts) == 1, "the voice does not change again"
    speaking = voice(context)
    await say(speaking, "One. ")
    assert len(broken.texts) == 2, "the next answer tries the best one again"


@pytest.mark.parametrize("until", range(1, 28))
async def test_a_sentence_that_breaks_off_goes_on_at_the_first_unspoken_word(until: int) -> None:
    sentence = "alpha bravo charlie delta."
    broken = Script("broken", tts=[speaks(), speaks(until=until, error=GONE)])
    good = Script("good")
    relay, context = Relay(), context_of(broken, good)
    speaking = voice(context, relay)
    await say(speaking, "This is how fast it speaks.")  # so that it is known
    sounds = await say(speaking, sentence)
    first, second = spoken(sounds)[: min(until, len(sentence))], spoken(sounds)[until:]
    assert sentence.startswith(first)
    assert sentence.endswith(second)
    gap = sentence[len(first) : len(sentence) - len(second)]
    assert not gap.strip(), "no letter is lost"
    twice = sentence[len(sentence) - len(second) : len(first)]
    assert " " not in twice.strip(), "at most one word is said twice"
    assert [sound.text for sound in sounds if sound.text] == [sentence]
    assert not relay.all(EngineProblem)


async def test_a_sentence_whose_last_voice_breaks_off() -> None:
    scripts = [Script(name, tts=[speaks(until=6, error=GONE)]) for name in ("one", "two")]
    relay = Relay()
    sounds: list[Sound] = []
    with pytest.raises(Speechless):
        async for sound in voice(context_of(*scripts), relay).say(_text("alpha bravo charlie. Next."), _room, _room):
            sounds.append(sound)
    assert relay.all(EngineProblem)[0].message == "text to speech failed (connection_lost)"
    assert spoken(sounds).startswith("alpha ")
    assert all(len(script.texts) == 1 for script in scripts)


async def test_nobody_speaks() -> None:
    relay = Relay()
    with pytest.raises(Speechless):
        await say(voice(context_of(Script("acme", tts=[speaks(until=0, error=GONE)])), relay), "Hello.")
    assert relay.all(EngineProblem)[0].message == "text to speech failed (acme: connection_lost)"


async def test_a_sentence_waits_for_room() -> None:
    script, room = Script("acme"), asyncio.Event()

    async def wait() -> None:
        await room.wait()

    async def listen() -> None:
        async for _ in voice(context_of(script)).say(_text("One. Two."), wait, _room):
            pass

    speaking = asyncio.ensure_future(listen())
    await asyncio.sleep(0.01)
    assert not script.texts
    room.set()
    await speaking
    assert len(script.texts) == 2


async def test_leaving_in_the_middle_cancels_the_call() -> None:
    begun = asyncio.Event()

    async def stalls(request: TtsRequest, call: Call) -> AsyncGenerator[Sequence[AudioChunk], None]:
        yield [AudioChunk(bytes(480), RATE)]
        begun.set()
        await asyncio.Event().wait()

    behaviour: Speaks = stalls
    context = context_of(Script("acme", tts=[behaviour]))
    speaking = asyncio.ensure_future(say(voice(context), "Hello."))
    await begun.wait()
    speaking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await speaking
    assert books_of(context).story == [("acme", "cancelled", "caller_left")]
    assert len(books_of(context).usages) == 1, "some of it was heard"


async def _text(text: str) -> AsyncGenerator[str, None]:
    yield text


async def _room() -> None:
    pass
