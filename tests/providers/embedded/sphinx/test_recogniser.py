"""flite speaks, pocketsphinx hears, in real processes."""

import asyncio
import os
from collections.abc import AsyncIterator

import pytest

from speko.bench.embedded_scores import sentences
from speko.bench.error_rate import word_error_rate
from speko.providers.embedded.sphinx.pool import Pool
from speko.providers.embedded.sphinx.recogniser import PocketSphinx
from speko.providers.errors import Unsupported
from speko.providers.stt import SttRequest, Transcript
from tests.providers.embedded.spoken import RATE, a_call, collected, needs_flite, recording, spoken

pytestmark = needs_flite
REQUEST = SttRequest("en-us", "en-US")
SENTENCE = "The weather is nice in the summer."


@pytest.fixture
async def sphinx() -> AsyncIterator[PocketSphinx]:
    pool = Pool(2, patience=30.0)
    sphinx = PocketSphinx(pool)
    await sphinx.warm()
    yield sphinx
    await pool.close()


async def live(pcm: bytes, step: int = 640) -> AsyncIterator[bytes]:
    for at in range(0, len(pcm), step):
        yield pcm[at : at + step]


def finals(transcripts: list[Transcript]) -> str:
    return " ".join(t.text for t in transcripts if t.is_final)


async def test_words_of_ten_sentences(sphinx: PocketSphinx) -> None:
    chosen = [(sentence, ("slt", "rms", "kal16")[at % 3]) for at, sentence in enumerate(sentences()[8:38:3])]

    async def heard(text: str, voice: str) -> str:
        return finals(await collected(sphinx.transcribe(REQUEST, recording(spoken(text, voice)), a_call())))

    async def hear_some(some: list[tuple[str, str]]) -> list[tuple[str, str]]:
        return [(text, await heard(text, voice)) for text, voice in some]

    first, second = await asyncio.gather(hear_some(chosen[::2]), hear_some(chosen[1::2]))
    assert word_error_rate(first + second).percent < 12


async def test_interim_results_grow_into_a_final(sphinx: PocketSphinx) -> None:
    call = a_call()
    pcm = spoken(SENTENCE)
    transcripts = await collected(sphinx.transcribe(REQUEST, recording(pcm), call))
    assert [t.is_final for t in transcripts][-1]
    assert sum(t.is_final for t in transcripts) == 1
    assert len(transcripts) > 1
    assert all(t.confidence is None for t in transcripts[:-1])
    assert 0 < (transcripts[-1].confidence or 0) <= 1
    assert call.usage.audio_ms == len(pcm) // 2 * 1000 // RATE


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
async def test_live_sound_at_any_rate(sphinx: PocketSphinx, rate: int) -> None:
    converted = b"".join(recording(spoken(SENTENCE)).pcm(rate))
    request = SttRequest("en-us", None, sample_rate=rate)
    call = a_call()
    # Odd pieces: a sample may be split between two of them.
    transcripts = await collected(sphinx.listen(request, live(converted, 777), call))
    assert word_error_rate([(SENTENCE, finals(transcripts))]).percent < (60 if rate == 8000 else 30)
    assert call.usage.audio_ms == pytest.approx(len(spoken(SENTENCE)) / 2 / RATE * 1000, abs=20)


async def test_the_same_words_live_and_recorded(sphinx: PocketSphinx) -> None:
    pcm = spoken(SENTENCE)
    whole = await collected(sphinx.transcribe(REQUEST, recording(pcm), a_call()))
    by_pieces = await collected(sphinx.listen(REQUEST, live(pcm), a_call()))
    assert finals(whole) == finals(by_pieces)


async def test_segments_of_a_long_recording(sphinx: PocketSphinx) -> None:
    pause = bytes(RATE * 2)
    pcm = spoken("Good morning everybody.") + pause + spoken("Please open the window.") + pause
    transcripts = await collected(sphinx.transcribe(REQUEST, recording(pcm), a_call()))
    assert sum(t.is_final for t in transcripts) == 2
    assert word_error_rate([("good morning everybody please open the window", finals(transcripts))]).percent <= 30


async def test_nothing_of_one_call_reaches_the_next(sphinx: PocketSphinx) -> None:
    alone = await collected(sphinx.transcribe(REQUEST, recording(spoken(SENTENCE)), a_call()))
    loud = recording(spoken("Would you prefer coffee or tea with your breakfast?", "awb"))
    for _ in range(3):
        await collected(sphinx.transcribe(REQUEST, loud, a_call()))
    assert await collected(sphinx.transcribe(REQUEST, recording(spoken(SENTENCE)), a_call())) == alone


@pytest.mark.parametrize("pcm", [bytes(RATE * 4), bytes(2), os.urandom(40)], ids=["silence", "one sample", "click"])
async def test_no_speech_no_transcript(sphinx: PocketSphinx, pcm: bytes) -> None:
    assert await collected(sphinx.transcribe(REQUEST, recording(pcm), a_call())) == []
    assert await collected(sphinx.listen(REQUEST, live(pcm), a_call())) == []


async def test_an_empty_stream(sphinx: PocketSphinx) -> None:
    call = a_call()
    assert await collected(sphinx.listen(REQUEST, live(b""), call)) == []
    assert call.usage.audio_ms == 0


@pytest.mark.parametrize("language", ["de", "fr-FR"])
async def test_other_languages(sphinx: PocketSphinx, language: str) -> None:
    with pytest.raises(Unsupported):
        await collected(sphinx.transcribe(SttRequest("en-us", language), recording(bytes(20)), a_call()))


@pytest.mark.parametrize("language", [None, "auto", "multi", "en", "en-GB"])
async def test_english_or_undecided(sphinx: PocketSphinx, language: str | None) -> None:
    assert await collected(sphinx.transcribe(SttRequest("en-us", language), recording(bytes(20)), a_call())) == []
