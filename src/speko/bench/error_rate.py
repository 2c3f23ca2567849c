"""Word and character error rates: edits (Levenshtein) per unit of the reference, in percent. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_NOT_SPOKEN = re.compile(r"[^\w\s']|_|(?<!\w)'|'(?!\w)")


def normalised(text: str) -> str:
    """Text as error rates compare it: lower case, no punctuation, single spaces. Apostrophes within words stay."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return " ".join(_NOT_SPOKEN.sub(" ", plain).split())


def edits(reference: Sequence[object], hypothesis: Sequence[object]) -> int:
    """The least number of insertions, deletions and substitutions that turn one sequence into the other."""
    row = list(range(len(hypothesis) + 1))
    for at, wanted in enumerate(reference, start=1):
        diagonal, row[0] = row[0], at
        for place, got in enumerate(hypothesis, start=1):
            cost = diagonal + (wanted != got)
            diagonal = row[place]
            row[place] = min(cost, diagonal + 1, row[place - 1] + 1)
    return row[-1]


@dataclass(frozen=True, slots=True)
class ErrorRate:
    """Edits over a number of texts."""

    edits: int
    units: int
    """Words or characters of the references."""

    @property
    def percent(self) -> float:
        """May be above 100: insertions have no bound. 0 for no references and nothing heard."""
        if self.units == 0:
            return 100.0 if self.edits else 0.0
        return 100.0 * self.edits / self.units


def word_error_rate(pairs: Iterable[tuple[str, str]]) -> ErrorRate:
    """WER over pairs of reference and hypothesis, all words counted together."""
    return _rate((normalised(reference).split(), normalised(hypothesis).split()) for reference, hypothesis in pairs)


def character_error_rate(pairs: Iterable[tuple[str, str]]) -> ErrorRate:
    """CER over pairs of reference and hypothesis, all characters counted together; spaces count too."""
    return _rate((normalised(reference), normalised(hypothesis)) for reference, hypothesis in pairs)


def _rate(pairs: Iterable[tuple[Sequence[object], Sequence[object]]]) -> ErrorRate:
    total, units = 0, 0
    for reference, hypothesis in pairs:
        total += edits(reference, hypothesis)
        units += len(reference)
    return ErrorRate(total, units)
