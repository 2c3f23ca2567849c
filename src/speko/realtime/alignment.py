"""Which words of a response have been said at a moment of its sound. Engines send text and sound side by side without
saying how they belong together, so it is worked out from where in the sound each piece of text arrived.

Text comes in step with its sound (a sentence, then its audio) or runs ahead of it (all the text, then minutes of
audio). Both are read alike: the text that arrives at one position of the sound is spread evenly from there to the
position at which the next text arrives. Where that would be faster than anybody speaks, text was running ahead, and the
two pieces are taken as one. What has no next piece yet is spread at the rate at which this voice usually speaks.
"""

import re

MAX_RATE = 25.0
"""Characters per second; text that would have to be said faster was sent ahead of its sound."""
_MIN_RATE = 3.0
"""Scripts that write a word in one character."""
_USUAL_RATE = 15.0
_MARK_MS = 40.0
"""Pieces of text that arrive closer together than this count as one."""
_MOST_CHARS = 65_536
"""Of one response; longer than anybody listens. What comes beyond is not kept."""
# Chinese and Japanese write no spaces: each character is a word, with the punctuation that follows it.
_NO_SPACES = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_NO_SPACES}][^\w\s]*|[^\s{_NO_SPACES}]+")


class SpeakingRate:
    """How fast the engine's voice speaks, learnt from finished responses. Characters per second."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = _USUAL_RATE

    def learn(self, chars: int, ms: float) -> None:
        """A response of so many characters took so long."""
        if ms >= 1000 and chars >= 15:
            measured = min(MAX_RATE, max(_MIN_RATE, chars * 1000 / ms))
            self.value += 0.5 * (measured - self.value)


class SpokenText:
    """The text of one response, with where in its sound each piece arrived. Positions in ms of the response's audio."""

    __slots__ = ("_joint", "_marks", "text")

    def __init__(self) -> None:
        self.text = ""
        self._marks: list[tuple[int, float]] = []
        self._joint = False

    def add(self, delta: str, at_ms: float) -> None:
        """The next piece of text, which arrived when so much of the sound had."""
        if self._joint:
            if self.text and not self.text[-1].isspace() and not delta[:1].isspace():
                self.text += " "
        elif self._marks and at_ms - self._marks[-1][1] < _MARK_MS:
            self.text = (self.text + delta)[:_MOST_CHARS]
            return
        self._joint = False
        self._marks.append((len(self.text), at_ms))
        self.text = (self.text + delta)[:_MOST_CHARS]

    def cut(self, chars: int) -> None:
        """Forgets what comes after so many characters; whatever is added next continues there, as a word of its own."""
        self.text = self.text[:chars].rstrip()
        self._marks = [mark for mark in self._marks if mark[0] < max(1, len(self.text))]
        self._joint = True

    def said(self, at_ms: float, length_ms: float, *, finished: bool, rate: float) -> int:
        """How many characters are said at `at_ms`: whole words, a word being said when more than half of it is.
        `length_ms`: of the sound, as far as it is there; `finished`: nothing more of it will come; `rate`: characters
        per second, for text whose end in the sound is not known.
        """
        played = self._played_chars(at_ms, length_ms, finished, rate)
        end = 0
        for word in _WORD.finditer(self.text):
            if (word.start() + word.end()) / 2 >= played:
                break
            end = word.end()
        return end

    def _played_chars(self, at_ms: float, length_ms: float, finished: bool, rate: float) -> float:
        total = len(self.text)
        if at_ms <= 0:
            return 0
        if finished and at_ms >= length_ms:
            return total
        stretches = self._stretches(length_ms if finished else None)
        for number, (start, start_ms) in enumerate(stretches):
            if number + 1 < len(stretches):
                end, end_ms = stretches[number + 1]
            else:
                end, end_ms = total, length_ms if finished else start_ms + (total - start) * 1000 / rate
            if at_ms < end_ms:
                return start + (end - start) * max(0.0, at_ms - start_ms) / (end_ms - start_ms)
        return total

    def _stretches(self, length_ms: float | None) -> list[tuple[int, float]]:
        """Where stretches that are spread evenly begin: characters, ms. The first sound belongs to the first text."""
        stretches = [(0, 0.0)]
        for mark in self._marks[1:]:
            if _sayable(stretches[-1], mark):
                stretches.append(mark)
        if length_ms is not None:
            while len(stretches) > 1 and not _sayable(stretches[-1], (len(self.text), length_ms)):
                stretches.pop()  # this text came after its sound
        return stretches


def _sayable(start: tuple[int, float], end: tuple[int, float]) -> bool:
    return (end[0] - start[0]) * 1000 <= (end[1] - start[1]) * MAX_RATE
