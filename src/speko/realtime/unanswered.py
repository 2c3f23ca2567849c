"""The user's audio that was not answered yet, kept for the next engine, should this one be lost.

The audio is one stream, cut into utterances where the user stopped speaking. An utterance is settled when it was
answered, or when its words are known, since words are carried over as text: nothing is heard twice, and nothing never.
Positions are bytes of the stream.
"""

from collections import deque
from dataclasses import dataclass

EARLY_BYTES = 1 << 20
"""Of audio before the first engine is there. Source: contract, S2S WebSocket 2."""
_BEFORE_SPEECH = 1.0
"""Seconds of silence kept before speech that an engine has found."""
_UNREPORTED = 2.0
"""Seconds within which an engine that finds speech reports it."""
_TIDY_EVERY = 2.0
_MOST_SPANS = 64
_PIECE = 65_536
_SMALL = 128
"""Bytes of a frame below which frames are joined, lest a flood of tiny ones fills the memory."""


@dataclass(slots=True)
class Span:
    """The audio of one utterance."""

    start: int
    end: int
    settled: bool = False
    committed: bool = False
    """By the client."""


class Unanswered:
    """The ring. Before the first engine it holds less."""

    __slots__ = (
        "_chunks",
        "_limit",
        "_per_second",
        "_room",
        "_seconds",
        "_spans",
        "alive_at",
        "commit_at",
        "end",
        "given",
        "open_from",
        "start",
    )

    def __init__(self, rate: int, seconds: float) -> None:
        self._per_second = rate * 2
        self._seconds = seconds
        self._limit = EARLY_BYTES
        self._room = self._bytes(_TIDY_EVERY)
        self._chunks: deque[bytes] = deque()
        self._spans: list[Span] = []
        self.start = 0
        self.end = 0
        self.open_from = 0
        """Where the utterance begins that is not over yet."""
        self.given = 0
        """What the next engine has been given; of use only while one is being connected."""
        self.commit_at: int | None = None
        """Up to where the client had committed what the next engine is given."""
        self.alive_at = 0
        """What had come when the engine last showed that it is alive."""

    def add(self, pcm: bytes) -> bool:
        """The next sound. Returns whether it is time to `tidy`."""
        self._chunks.append(pcm)
        self.end += len(pcm)
        return self.end - self.start > self._room

    def tidy(self, *, quiet: bool) -> None:
        """Drops what is not needed any more, and what is too old. `quiet`: the engine finds speech and has found none,
        so what it has had time to listen to is silence."""
        if quiet:
            self._skip(self.alive_at - self._bytes(_UNREPORTED))
        while self._spans and (self._spans[0].settled or len(self._spans) > _MOST_SPANS):
            self._spans.pop(0)
        needed_from = self._spans[0].start if self._spans else self.open_from
        self._forget_before(max(needed_from, self.end - self._limit))
        size = self.end - self.start
        if len(self._chunks) * _SMALL > size:
            self._pack()
        self._room = min(self._limit, size + self._bytes(_TIDY_EVERY))

    def live(self) -> None:
        """The first engine is there: from now on the ring has its full size."""
        self._limit = self._bytes(self._seconds)
        self._room = min(self._room, self._limit)

    def ago(self, ms: int) -> int:
        """The position of so long ago, within the utterance that is not over."""
        return max(self.open_from, self.end - self._bytes(max(0, ms) / 1000))

    def speech_from(self, position: int) -> None:
        """Speech began there: the silence long before it is not needed."""
        self._skip(position - self._bytes(_BEFORE_SPEECH))

    def close(self, position: int) -> Span:
        """The utterance is over, at `position`."""
        span = Span(self.open_from, position)
        self._spans.append(span)
        self.open_from = position
        return span

    def committed(self) -> None:
        """The client has ended the last utterance, too."""
        if self._spans:
            self._spans[-1].committed = True

    def ms(self, size: int) -> float:
        """So many bytes as time."""
        return size * 1000 / self._per_second

    def clear(self, position: int) -> None:
        """What came since the last utterance, up to `position`, shall not be heard by anybody."""
        self._skip(position)
        self.given = max(self.given, self.open_from)

    @property
    def waiting(self) -> bool:
        """There is an utterance that is over and not settled."""
        return any(not span.settled for span in self._spans)

    def collapse(self, *, quiet: bool) -> None:
        """The engine is lost: what is not settled becomes one stretch again, for the next one to hear."""
        self.tidy(quiet=quiet)
        pieces: list[bytes] = []
        size = 0
        committed = None
        for span in (*self._spans, Span(self.open_from, self.end)):
            if not span.settled:
                held = self._between(span.start, span.end)
                pieces.append(held)
                size += len(held)
                if span.committed:
                    committed = size
        self._spans.clear()
        self._chunks = deque(_split(b"".join(pieces)))
        self.start = self.open_from = self.given = self.end - size
        self.commit_at = None if committed is None else self.start + committed

    def give(self, up_to: int) -> list[bytes]:
        """What the next engine hears next, in pieces."""
        if len(self._chunks) > 64:
            self._pack()
        start, self.given = self.given, max(self.given, up_to)
        return _split(self._between(start, self.given))

    def _skip(self, position: int) -> None:
        self.open_from = min(self.end, max(self.open_from, position))

    def _between(self, start: int, end: int) -> bytes:
        found = []
        at = self.start
        for chunk in self._chunks:
            if at < end and at + len(chunk) > start:
                found.append(chunk[max(0, start - at) : max(0, end - at)])
            at += len(chunk)
        return b"".join(found)

    def _pack(self) -> None:
        self._chunks = deque(_split(b"".join(self._chunks)))

    def _forget_before(self, position: int) -> None:
        while self._chunks and self.start < position:
            oldest = self._chunks.popleft()
            if self.start + len(oldest) > position:
                self._chunks.appendleft(oldest[position - self.start :])
                self.start = position
            else:
                self.start += len(oldest)

    def _bytes(self, seconds: float) -> int:
        return round(seconds * self._per_second) & ~1


def _split(audio: bytes) -> list[bytes]:
    return [audio[at : at + _PIECE] for at in range(0, len(audio), _PIECE)]
