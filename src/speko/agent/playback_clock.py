"""How far a listener is in what was sent. Pure: times are seconds of any monotonic clock, sound is samples.

Heard = min(sound sent, time since the first of it), corrected by what the client says. Sound that comes after a gap
begins to be heard when it comes. Source: contract, S2S WebSocket 11.
"""


class PlaybackClock:
    """The playhead in one stretch of speech.

    Args:
        rate: Hz.
        not_before: when it can begin to be heard: other sound is ahead of it.
    """

    def __init__(self, rate: int, not_before: float = 0.0) -> None:
        self.sent = 0
        """Samples."""
        self._rate = rate
        self._not_before = not_before
        self._at = 0
        self._since: float | None = None
        """When the playhead was at `_at`; None = it stands still."""

    def add(self, samples: int, now: float) -> None:
        """More sound was sent."""
        if self._since is None or self.heard(now) >= self.sent:
            self._at, self._since = self.sent, max(now, self._not_before)
        self.sent += samples

    def heard(self, now: float) -> int:
        """Samples heard."""
        if self._since is None:
            return self._at
        return min(self.sent, self._at + round(max(0.0, now - self._since) * self._rate))

    def left(self, now: float) -> float:
        """Seconds until all that was sent is heard."""
        ahead = 0.0 if self._since is None else max(0.0, self._since - now)
        return ahead + (self.sent - self.heard(now)) / self._rate

    def correct(self, samples: int, now: float) -> None:
        """The playhead is there."""
        self._at = max(0, min(samples, self.sent))
        if self._since is not None:
            self._since = now if samples > 0 else max(now, self._since)

    def stop(self, now: float) -> None:
        """The playhead stands still."""
        self._at, self._since = self.heard(now), None

    def rewind(self, samples: int) -> None:
        """What came after that was lost, and will be sent again."""
        self.sent = self._at = samples
        self._since = None
