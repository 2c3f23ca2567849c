"""One recording as a caller sent it."""

from collections.abc import Iterator
from typing import BinaryIO


class AudioFormatError(ValueError):
    """The bytes are not the audio they claim to be. The message is for the caller."""


class Recording:
    """A recording in its original bytes, with what its header says, decoded on demand.

    Everything here blocks: call it off the event loop.
    """

    content_type: str
    size: int
    duration_ms: int
    sample_rate: int
    channels: int

    def open(self) -> BinaryIO:
        """A new reader over the original bytes."""
        raise NotImplementedError

    def pcm(self, sample_rate: int) -> Iterator[bytes]:
        """PCM16 little-endian mono at `sample_rate` Hz, in pieces of at most one second."""
        raise NotImplementedError
