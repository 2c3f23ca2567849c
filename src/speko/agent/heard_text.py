"""Which words of a speech were heard, given how much of its sound. Pure.

Vendors seldom tell when a word sounds, so a sentence's words share its sound in proportion to their letters.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\s\u3040-\u30ff\u3400-\u9fff]+")
"""A word; in scripts without spaces a character."""
CHARACTERS_PER_SECOND = 14.0
"""Of English at its usual pace: a guess for a sentence whose sound is not complete."""


def words_before(text: str, share: float) -> int:
    """Characters of `text` up to the end of the last word that lies whole within its first `share` (0 to 1)."""
    limit = share * len(text) + 1e-6
    ends = [match.end() for match in _WORD.finditer(text)]
    return max((end for end in ends if end <= limit), default=0)


@dataclass(slots=True)
class _Sentence:
    text: str
    first: int
    """Index of its first character in the speech."""
    start: int
    """Sample at which it begins."""
    end: int | None = None
    """Sample at which it ends; None while its sound still comes."""


class SpokenText:
    """The words of one speech beside its sound.

    Args:
        rate: Hz.
    """

    def __init__(self, rate: int) -> None:
        self.text = ""
        self.samples = 0
        self._per_character = rate / CHARACTERS_PER_SECOND
        self._sentences: list[_Sentence] = []

    def begin(self, sentence: str) -> None:
        """The sound that comes from here on says this; it may be none."""
        self.finish()
        self._sentences.append(_Sentence(sentence, len(self.text), self.samples))
        self.text += sentence

    def sound(self, samples: int) -> None:
        """More sound of the current sentence."""
        self.samples += samples

    def finish(self) -> None:
        """The current sentence's sound is complete."""
        if self._sentences and self._sentences[-1].end is None:
            self._sentences[-1].end = self.samples

    def heard(self, sample: int) -> int:
        """Characters up to the end of the last word that was heard whole by then."""
        heard = 0
        for sentence in self._sentences:
            if sentence.end is not None and sample >= sentence.end:
                heard = sentence.first + len(sentence.text)
            elif sample > sentence.start:
                words = words_before(sentence.text, (sample - sentence.start) / self._length(sentence))
                heard = sentence.first + words if words else heard
        return heard

    def position(self, character: int) -> int:
        """Sample at which the first word from that character on begins."""
        for sentence in self._sentences:
            word = _WORD.search(sentence.text, max(0, character - sentence.first))
            if word is not None and character < sentence.first + len(sentence.text):
                share = word.start() / len(sentence.text) if sentence.first + word.start() > sentence.first else 0.0
                return min(self.samples, sentence.start + int(share * self._length(sentence)))
        return self.samples

    def pieces(self, character: int, sample: int) -> Iterator[tuple[str, int, int]]:
        """What is left to say from there on: a text, and the samples from and to which it sounds."""
        for sentence in self._sentences:
            end = self.samples if sentence.end is None else sentence.end
            text = sentence.text[max(0, character - sentence.first) :]
            if text or end > sample:
                yield text, max(sample, sentence.start), max(sample, end)

    def _length(self, sentence: _Sentence) -> float:
        so_far = (self.samples if sentence.end is None else sentence.end) - sentence.start
        return so_far if sentence.end is not None else max(so_far, len(sentence.text) * self._per_character)
