"""Text in pieces that are spoken one after the other: the first one short, so that the sound starts soon."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

FIRST, LATER = 160, 400
"""Characters of the first piece and of the following ones, at most."""

_SENTENCE_END = re.compile(
    r"""
      [.!?…]+ ["'”’)\]]* (?=\s)      # a full stop, with what closes after it
    | [。！？｡]+ ["'”’」』）]*           # scripts without spaces
    | [।॥۔؟]+ (?=\s|$)               # Devanagari, Urdu, Arabic
    | \n\s*\n                        # a paragraph
    """,
    re.VERBOSE,
)
_ABBREVIATION = re.compile(r"(?:\b(?:mr|mrs|ms|dr|prof|st|sr|jr|vs|etc|e\.g|i\.e|no|vol)|\b[A-Za-z])\.$", re.IGNORECASE)
_PAUSES = ",;:、，；：)"


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text."""

    text: str
    end: int
    """Characters of the whole text up to the end of this piece."""


def pieces(text: str) -> Iterator[Piece]:
    """Cuts a text at sentences, and where they are too long at pauses, at spaces, at worst anywhere.

    Nothing but white space between pieces gets lost. Takes time in proportion to the length of the text.
    """
    start, room = 0, FIRST
    held = 0
    """The last end of a sentence that fits, which waits for the next one to fit, too."""
    for end in _ends(text):
        if held > start and end - start > room:
            if piece := text[start:held].strip():
                yield Piece(piece, held)
            start = held
        while end - start > room:
            cut = _cut(text, start, room)
            if piece := text[start:cut].strip():
                yield Piece(piece, cut)
                room = LATER
            start = cut
        held = end
        # The first sentence goes alone; later ones travel together as far as they fit.
        if (room == FIRST or end == len(text)) and (piece := text[start:end].strip()):
            yield Piece(piece, end)
            start, room = end, LATER


def _ends(text: str) -> Iterator[int]:
    for match in _SENTENCE_END.finditer(text):
        end = match.end()
        if end < len(text) and not _ABBREVIATION.search(text, max(0, end - 8), end):
            yield end
    yield len(text)


def _cut(text: str, start: int, room: int) -> int:
    """Where to cut `text[start:start + room]`: after the last pause of its second half, else after a space."""
    half, limit = start + room // 2, start + room
    pause = max(text.rfind(mark, half, limit) for mark in _PAUSES) + 1
    space = max(text.rfind(gap, half, limit) for gap in " \n\t") + 1
    return pause or space or limit


def without_controls(text: str) -> str:
    """White space becomes one space each; control, format and unpaired surrogate characters go."""
    spaced = "".join(" " if char.isspace() else char for char in text)
    return "".join(char for char in spaced if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
