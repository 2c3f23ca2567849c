"""Cuts a text that is still being written into sentences, which are spoken one by one. Pure."""

import re

LONGEST = 300
"""Characters after which a sentence is cut at a pause, at worst at a space."""
_END = re.compile(
    r"""
      [.!?…]+ ["'”’)\]*_]* (?=\s)      # a full stop with what closes after it, once something follows
    | [。！？｡]+ ["'”’」』）]*            # scripts without spaces
    | [।॥۔؟]+ (?=\s)                  # Devanagari, Urdu, Arabic
    | \n                               # a line of a list
    """,
    re.VERBOSE,
)
_NO_END = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|prof|st|sr|jr|vs|etc|e\.g|i\.e|approx)|\b[A-Za-z]|(?:^|\n)\s*\d{1,3})\.$",
    re.IGNORECASE,
)
_PAUSE = re.compile(r"[,;:、，；：)–—]\s*|\s+")


class Sentences:
    """One text. All that is put in comes out, in order and with its white space."""

    def __init__(self) -> None:
        self._held = ""

    def push(self, text: str) -> list[str]:
        """The sentences that are complete now."""
        self._held += text
        found: list[str] = []
        while end := self._end():
            found.append(self._held[:end])
            self._held = self._held[end:]
        return found

    def finish(self) -> list[str]:
        """What is left."""
        rest, self._held = self._held, ""
        return [rest] if rest.strip() else []

    def _end(self) -> int:
        """Where the first sentence ends; 0 = it goes on."""
        for match in _END.finditer(self._held):
            head = self._held[: match.end()]
            if any(char.isalnum() for char in head) and not _NO_END.search(head.rstrip("\"'”’)]*_")):
                return match.end()
        if len(self._held) <= LONGEST:
            return 0
        cuts = [match.end() for match in _PAUSE.finditer(self._held, LONGEST // 2, LONGEST)]
        pauses = [
            cut for cut in cuts if not self._held[cut - 1 : cut].isspace() or self._held[:cut].rstrip()[-1] in ",;:"
        ]
        return max(pauses, default=max(cuts, default=LONGEST))
