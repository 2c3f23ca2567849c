"""Words and their sound: the embedded voice, or a tone for each word."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from speko.providers.errors import EmptyResult
from speko.simulators.engines import Engines
from speko.simulators.openai.realtime.config import SAMPLE_RATE
from speko.simulators.script import Script, pieces
from speko.simulators.tone import tone

_MS_PER_CHARACTER = 60
"""Of a tone in place of a voice."""
_PAUSE = 4
"""What the pause after a mark of punctuation weighs, in characters."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word with the space before it, and its sound, PCM16 at `SAMPLE_RATE`."""

    text: str
    pcm: bytes


async def speak(text: str, script: Script, engines: Engines, speed: float) -> list[Word]:
    """The words of a text with their sound.

    The voice says a sentence at once; its sound is divided among the words by their length.

    Raises:
        ProviderError: the voice failed.
    """
    words: list[Word] = []
    if script.audio_ms is not None:
        return _divided(pieces(text), tone(script.audio_ms, SAMPLE_RATE))
    for sentence in _sentences(pieces(text)):
        words += _divided(sentence, await _sound("".join(sentence).strip(), engines, speed))
    return words


async def _sound(text: str, engines: Engines, speed: float) -> bytes:
    # Speeds that a voice cannot speak are no reason to refuse.
    spoken = await engines.speak(text, min(max(speed, 0.5), 2.0), SAMPLE_RATE) if text else None
    if spoken is not None:
        with suppress(EmptyResult):  # signs alone, or a script that the voice cannot say
            return b"".join([pcm async for pcm in spoken])
    return tone(len(text) * _MS_PER_CHARACTER, SAMPLE_RATE)


def _sentences(words: Iterable[str]) -> list[list[str]]:
    sentences: list[list[str]] = [[]]
    for word in words:
        sentences[-1].append(word)
        if word[-1] in ".!?":
            sentences.append([])
    return [sentence for sentence in sentences if sentence]


def _divided(words: Iterable[str], pcm: bytes) -> list[Word]:
    """The words with the sound that falls upon each; all of the sound goes to one of them."""
    words = list(words)
    weights = [len(word) + (_PAUSE if word[-1] in ".,;:!?" else 0) for word in words]
    samples, total = len(pcm) // 2, sum(weights)
    divided, weight = [], 0
    for word, its in zip(words, weights, strict=True):
        start, weight = weight, weight + its
        divided.append(Word(word, pcm[start * samples // total * 2 : weight * samples // total * 2]))
    return divided
