"""In which messages the words and the sound of an answer go out. Without I/O."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from speko.simulators.openai.realtime.input_audio import BYTES_PER_MS
from speko.simulators.openai.realtime.voice import Word

LEAD = 6
"""Words by which the text runs ahead of the sound, where it does not go in step."""
GIANT_BYTES = 4 * 2**20
"""Of sound in the one message of the fault `giant`, filled up with silence."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Text to send first, then a message of sound."""

    words: Sequence[Word]
    pcm: bytes
    complete: int
    """Words of the answer whose sound is complete with this."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How an answer goes out."""

    delta_ms: int
    in_step: bool = False
    text_last: bool = False
    giant: bool = False
    cut_after: int | None = None
    """A word with whose sound a message has to end."""


def deliveries(words: Sequence[Word], manner: Manner) -> Iterator[Delivery]:
    """The messages of an answer. What is left of its text has none: it comes after the last of them."""
    ends: list[int] = []
    for word in words:
        ends.append((ends[-1] if ends else 0) + len(word.pcm))
    pcm = b"".join(word.pcm for word in words)
    announced = 0
    start = 0
    for stop in _stops(ends, manner):
        complete = sum(end <= stop for end in ends)
        # A word without sound is complete with the one before it.
        begun = max(sum(end < stop for end in ends) + 1, complete)
        upto = 0 if manner.text_last else begun + (0 if manner.in_step else LEAD)
        sound = pcm[start:stop].ljust(GIANT_BYTES, b"\0") if manner.giant else pcm[start:stop]
        yield Delivery(words[announced : max(upto, announced)], sound, complete)
        announced, start = min(max(upto, announced), len(words)), stop


def _stops(ends: Sequence[int], manner: Manner) -> list[int]:
    """Bytes of the sound at which the messages end."""
    total = ends[-1] if ends else 0
    if not total:
        return []
    if manner.giant:
        return [total]
    hard = set(ends) if manner.in_step else {total}
    if manner.cut_after is not None and 0 < manner.cut_after <= len(ends):
        hard.add(ends[manner.cut_after - 1])
    stops: list[int] = []
    at = 0
    for end in sorted(hard):
        while at < end:
            at = min(at + manner.delta_ms * BYTES_PER_MS, end)
            stops.append(at)
    return stops
