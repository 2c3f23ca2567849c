"""Text frames that came while there was no engine, each with the place in the user's audio at which it came."""

from collections import deque

from speko.events.s2s import ClientFrame

MOST_FRAMES = 1000
MOST_BYTES = 256 * 1024


class EarlyFrames:
    """In order, and bounded."""

    def __init__(self) -> None:
        self._frames: deque[tuple[int, ClientFrame | str]] = deque()
        self._bytes = 0

    def add(self, position: int, frame: ClientFrame | str, size: int) -> bool:
        """Keeps a frame, or what was wrong with it. False: that is too much."""
        self._frames.append((position, frame))
        self._bytes += size
        return len(self._frames) <= MOST_FRAMES and self._bytes <= MOST_BYTES

    def take(self) -> list[tuple[int, ClientFrame | str]]:
        """All of them; each is given out once."""
        frames = list(self._frames)
        self._frames.clear()
        self._bytes = 0
        return frames
