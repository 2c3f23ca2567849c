"""What is known of a response: what the server sent of it, and how it is cut to what was heard."""

from collections.abc import Iterator
from typing import Literal

Status = Literal["completed", "cancelled", "incomplete", "failed"]


class SentResponse:
    """One response.

    Args:
        response_id: as the server calls it.
        rate: Hz of its audio.
    """

    __slots__ = ("_bytes_per_ms", "_cut_ms", "_items", "_odd", "calls", "id", "over", "spoken_items", "stopped")

    def __init__(self, response_id: str, rate: int) -> None:
        self.id = response_id
        self.over = False
        """The server sends nothing more of it."""
        self.stopped = False
        """The user is not to hear more of it."""
        self.spoken_items: set[str] = set()
        """Items of which words were sent."""
        self.calls: set[str] = set()
        """Tool calls that it asked for."""
        self._items: dict[str, int] = {}  # bytes of audio of each item, in the order in which they are heard
        self._bytes_per_ms = rate * 2 / 1000
        self._odd = b""
        self._cut_ms: float = float("inf")

    @property
    def audio_ms(self) -> int:
        """Length of the audio that was sent."""
        return int(sum(self._items.values()) / self._bytes_per_ms)

    def add(self, item_id: str, pcm: bytes) -> bytes:
        """Counts the next sound; returns it in whole samples."""
        self._items[item_id] = self._items.get(item_id, 0) + len(pcm)
        if self._odd or len(pcm) & 1:
            pcm = self._odd + pcm
            whole = len(pcm) & ~1
            pcm, self._odd = pcm[:whole], pcm[whole:]
        return pcm

    def cuts(self, heard_ms: int) -> Iterator[tuple[str, int]]:
        """The items that hold more than was heard, with the ms that remain of each. A response is only ever cut
        shorter: what has been cut off is gone. The end of a response in flight is always cut, for the server may be
        ahead of what has arrived here."""
        heard = min(max(0, heard_ms), self.audio_ms)
        if heard >= self._cut_ms:
            return
        begins = 0.0
        for place, (item_id, size) in enumerate(self._items.items(), 1):
            ends = begins + size / self._bytes_per_ms
            is_growing = place == len(self._items) and not self.over
            if begins < self._cut_ms and (min(ends, self._cut_ms) > heard or is_growing):
                yield item_id, int(max(0.0, heard - begins))
            begins = ends
        self._cut_ms = heard
