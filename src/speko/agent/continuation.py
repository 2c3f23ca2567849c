"""Goes on with an answer that another model has begun: what the second one says again is left out. Pure."""

_SURE = 12
"""Letters and digits in common with the beginning, from which an answer that ends is taken for a repetition."""

_WITHOUT_SPACES = "\u2e80"
"""Scripts from here on mostly put no space between words."""


def _letters(text: str) -> list[tuple[str, int]]:
    """Letters and digits, folded, each with the index just after it."""
    return [(folded, at + 1) for at, char in enumerate(text) if char.isalnum() for folded in char.casefold()]


class Continuation:
    """Compares what comes with what was said, letter by letter, without regard to case, marks and white space.

    As long as it repeats the beginning it is kept back. If it says the same to the end of `said`, only the rest comes
    out; if it turns out to be something else, all of it does: rather twice than never.
    """

    def __init__(self, said: str) -> None:
        letters = _letters(said)
        self._said = [letter for letter, _ in letters]
        self._tail = said[letters[-1][1] :] if letters else ""
        """Marks after the last word."""
        self._gap = bool(said) and not said[-1].isspace()
        self._held: str | None = "" if self._said else None
        """None = nothing is compared any more."""

    def push(self, text: str) -> str:
        """What there is to say now."""
        if self._held is None:
            return self._joined(text)
        self._held += text
        letters = _letters(self._held)
        for (letter, _), said in zip(letters, self._said, strict=False):
            if letter != said:
                return self._let_go(self._held)
        if len(letters) < len(self._said):
            return ""
        rest = self._held[letters[len(self._said) - 1][1] :]
        if not any(char.isalnum() for char in rest):
            return ""
        for mark in self._tail:
            rest = rest.removeprefix(mark)
        self._gap = False  # `rest` brings along what stands between the words
        return self._let_go(rest)

    def finish(self) -> str:
        """The end of the answer: what was kept back and is no repetition."""
        held, self._held = self._held, None
        return self._joined(held) if held and len(_letters(held)) < min(_SURE, len(self._said)) else ""

    def _let_go(self, text: str) -> str:
        self._held = None
        return self._joined(text)

    def _joined(self, text: str) -> str:
        if self._gap and text:
            self._gap = False
            return f" {text}" if text[0].isalnum() and text[0] < _WITHOUT_SPACES else text
        return text
