import pytest

from speko.providers.embedded.flite import MODEL, Flite
from speko.providers.errors import EmptyResult, Unsupported
from speko.providers.tts import TtsRequest
from tests.providers.embedded.spoken import a_call, collected, needs_flite

pytestmark = needs_flite


async def seconds(text: str, voice: str = "slt", speed: float | None = None) -> float:
    chunks = await collected(Flite().synthesize(TtsRequest("flite", text, "en-US", voice, speed), a_call()))
    assert len({chunk.sample_rate for chunk in chunks}) == 1
    assert all(len(chunk.pcm) % 2 == 0 for chunk in chunks)
    assert any(any(chunk.pcm) for chunk in chunks), "sound, not silence"
    return sum(len(chunk.pcm) for chunk in chunks) / 2 / chunks[0].sample_rate


@pytest.mark.parametrize("voice", [voice.id for voice in MODEL.voices])
async def test_every_voice_speaks(voice: str) -> None:
    assert 0.5 < await seconds("Hello there, this is a test.", voice) < 6


async def test_an_empty_voice_is_the_default() -> None:
    assert await seconds("Hello there.", "") == await seconds("Hello there.", MODEL.default_voice or "")


async def test_speed() -> None:
    normal = await seconds("This sentence takes a little while to say.")
    assert await seconds("This sentence takes a little while to say.", speed=2) < 0.7 * normal
    assert await seconds("This sentence takes a little while to say.", speed=0.5) > 1.6 * normal


async def test_a_text_of_the_greatest_length_begins_at_once_and_ends() -> None:
    text = ("Hm. " * 12_500)[:50_000]
    call = a_call()
    count = 0
    async for batch in Flite().synthesize(TtsRequest("flite", text, "en", "kal16", 2.0), call):
        count += len(batch)
        if count == 1:
            assert call.usage.characters < 10
        if count == 3:
            break
    assert count == 3


@pytest.mark.parametrize(
    "text",
    [
        "-o /tmp/x --help",
        "hello" + "." * 400,
        "a" * 300,
        "<speak>hi</speak>",
        "'; rm -rf /",
        "% ^ & | { } 1/2 $5.00 x",
        "naïve café",
    ],
)
async def test_odd_texts_are_spoken(text: str) -> None:
    assert await seconds(text, "kal16") > 0.1


async def test_what_it_cannot_do() -> None:
    for request, error in (
        (TtsRequest("flite", "Hello", "en", "/etc/passwd"), Unsupported),
        (TtsRequest("flite", "Hallo", "de-DE", "slt"), Unsupported),
        (TtsRequest("flite", "你好", "en", "slt"), EmptyResult),
    ):
        with pytest.raises(error):
            await collected(Flite().synthesize(request, a_call()))


async def test_a_voice_it_has_not_is_what_the_refusal_is_about() -> None:
    with pytest.raises(Unsupported) as caught:
        await collected(Flite().synthesize(TtsRequest("flite", "Hello", "en", "Rachel"), a_call()))
    assert caught.value.about == "voice"
