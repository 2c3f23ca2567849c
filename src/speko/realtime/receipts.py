"""What came from the client over all its sockets, and whether it counts what comes to it: so each side can send what a
dead socket has swallowed."""

from speko.events.s2s import Played

_TOLD_WITHIN = 0.5
"""Seconds in which a client that is back says how much it had played."""
_COUNTED_WITHIN = 10.0
"""Seconds in which one that is known to count says what had come to it."""


class Receipts:
    """Of one session."""

    __slots__ = ("_greeted", "agreed", "counts", "refused_bytes", "text_frames")

    def __init__(self) -> None:
        self.text_frames = 0
        """That came, whatever is in them."""
        self.refused_bytes = 0
        """Of sound that came."""
        self.agreed = True
        """The client's count of what comes to it and ours are of the same."""
        self._greeted = False
        """A socket of the client has got `ready`."""
        self.counts = False
        """The client is known to count."""

    def for_ready(self, kept_bytes: int) -> tuple[int, int] | tuple[()]:
        """What the next `ready` says beside the rates. `kept_bytes`: of sound that came and was not refused."""
        greeted, self._greeted = self._greeted, True
        return (kept_bytes + self.refused_bytes, self.text_frames) if greeted and self.agreed else ()

    def played(self, frame: Played) -> Played:
        """The frame, without a count that says nothing to us."""
        self.counts |= frame.received_audio_bytes is not None
        return frame if self.agreed else Played(frame.ms)

    @property
    def patience(self) -> float:
        """Seconds in which a client that is back says what it has."""
        return _COUNTED_WITHIN if self.counts and self.agreed else _TOLD_WITHIN
