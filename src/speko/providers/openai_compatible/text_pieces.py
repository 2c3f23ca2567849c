"""Cuts a text for a vendor that speaks only so much at once."""

import re

_ENDS = (re.compile(r"[.!?…。！？]+[\"'”’)]*\s+|\n+|[。！？]"), re.compile(r"[,;:，；：、]\s*"), re.compile(r"\s+"))


def text_pieces(text: str, limit: int) -> list[str]:
    """The text in pieces of at most `limit` characters: whole sentences if they fit, else clauses, else words."""
    pieces = []
    rest = text.strip()
    while len(rest) > limit:
        cut = next((end for ends in _ENDS if (end := _last_end(ends, rest, limit))), limit)
        pieces.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    if rest:
        pieces.append(rest)
    return pieces


def _last_end(ends: re.Pattern[str], text: str, limit: int) -> int:
    """Where the last of the ends within the limit ends; 0 if there is none."""
    # One more character than fits, for the blank behind a piece that fits exactly.
    found = (match.end() for match in ends.finditer(text, 0, limit + 1))
    return max((end for end in found if len(text[:end].rstrip()) <= limit), default=0)
