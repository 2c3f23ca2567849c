import pytest

from speko.providers.errors import EmptyResult
from speko.providers.tts import AudioChunk
from speko.simulators import Engines, Script
from speko.simulators.openai.realtime.voice import speak
from tests.simulators.openai.engines import Fakes

TEXT = "One two, three. Four five!"


@pytest.mark.parametrize("script", [Script(), Script(audio_ms=1001), Script(audio_ms=0)])
async def test_words_and_sound_are_whole(script: Script) -> None:
    words = await speak(TEXT, script, Engines.none(), 1.0)
    assert "".join(word.text for word in words) == TEXT
    assert all(len(word.pcm) % 2 == 0 for word in words)
    if script.audio_ms is not None:
        assert len(b"".join(word.pcm for word in words)) == script.audio_ms * 48


async def test_each_sentence_is_spoken_by_itself_at_a_speed_that_can_be_spoken() -> None:
    fakes = Fakes()
    fakes.tts_events = [AudioChunk(bytes(48_000), 24_000)]
    words = await speak(TEXT, Script(), fakes.engines, 0.25)
    assert [request.text for request in fakes.requests] == ["One two, three.", "Four five!"]
    assert {request.speed for request in fakes.requests} == {0.5}
    assert sum(len(word.pcm) for word in words[:3]) == sum(len(word.pcm) for word in words[3:]) == 48_000
    # The longer a word, the longer its sound.
    assert len(words[0].pcm) < len(words[2].pcm)


async def test_what_the_voice_cannot_say_is_a_tone() -> None:
    fakes = Fakes()
    fakes.tts_events = [EmptyResult("nothing to say")]
    assert await speak("你好。", Script(), fakes.engines, 1.0) == await speak("你好。", Script(), Engines.none(), 1.0)


async def test_nothing_to_say() -> None:
    assert await speak("", Script(), Engines.none(), 1.0) == []
