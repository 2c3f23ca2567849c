import pytest

from speko.providers.embedded.espeak import Espeak
from speko.providers.errors import EmptyResult, Unsupported
from speko.providers.tts import TtsRequest
from tests.providers.embedded.spoken import a_call, collected, needs_espeak

pytestmark = needs_espeak


async def pcm(text: str, language: str, voice: str = "", speed: float | None = None) -> bytes:
    chunks = await collected(Espeak().synthesize(TtsRequest("espeak-ng", text, language, voice, speed), a_call()))
    assert {chunk.sample_rate for chunk in chunks} == {22050}
    sound = b"".join(chunk.pcm for chunk in chunks)
    assert any(sound), "sound, not silence"
    return sound


@pytest.mark.parametrize(
    ("language", "text"),
    [("en-US", "Good morning."), ("de", "Guten Morgen."), ("zh-CN", "早上好。"), ("ru", "Доброе утро.")],
)
async def test_speaks(language: str, text: str) -> None:
    assert 22050 < len(await pcm(text, language)) < 22050 * 10


async def test_the_language_chooses_the_voice_unless_one_is_named() -> None:
    assert await pcm("Gracias, amigo.", "es-MX") == await pcm("Gracias, amigo.", "es", "es-419")
    assert await pcm("Gracias, amigo.", "es-ES") != await pcm("Gracias, amigo.", "es-MX")


async def test_speed() -> None:
    normal = len(await pcm("This sentence takes a little while to say.", "en"))
    assert len(await pcm("This sentence takes a little while to say.", "en", speed=2)) < 0.7 * normal


async def test_brackets_are_no_phonemes() -> None:
    assert await pcm("Hello [[w3:ld]] again.", "en") == await pcm("Hello [ [w3:ld]] again.", "en")


async def test_what_it_cannot_do() -> None:
    for request, error in (
        (TtsRequest("espeak-ng", "Hello", "xx", ""), Unsupported),
        (TtsRequest("espeak-ng", "Hello", "en", "../../etc/passwd"), Unsupported),
        (TtsRequest("espeak-ng", "?!", "en", ""), EmptyResult),
    ):
        with pytest.raises(error):
            await collected(Espeak().synthesize(request, a_call()))


async def test_a_voice_it_has_not_is_what_the_refusal_is_about() -> None:
    with pytest.raises(Unsupported) as caught:
        await collected(Espeak().synthesize(TtsRequest("espeak-ng", "Hello", "en", "Rachel"), a_call()))
    assert caught.value.about == "voice"
