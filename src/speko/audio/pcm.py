"""PCM16 little-endian mono: the one form in which sound moves inside the gateway."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

SAMPLE_BYTES = 2
MAX_SAMPLE_RATE = 384_000
"""Hz. Nothing that records speech goes higher; a header that says more is nonsense."""

# What maps a sample type onto the range of int16: (its zero, its factor).
_RANGE = {"u1": (128.0, 256.0), "i2": (0.0, 1.0), "i4": (0.0, 1 / 65536), "f4": (0.0, 32768.0), "f8": (0.0, 32768.0)}


class SampleAligner:
    """Lets whole frames through and carries the rest over, so that no read boundary splits a sample.

    Args:
        frame_bytes: bytes that belong together: 2 for PCM16 mono.
    """

    def __init__(self, frame_bytes: int = SAMPLE_BYTES) -> None:
        self._frame_bytes = frame_bytes
        self._carry = b""

    def push(self, data: bytes) -> bytes:
        """The whole frames among what is carried and `data`; may be empty."""
        if self._carry:
            data = self._carry + data
        cut = len(data) - len(data) % self._frame_bytes
        self._carry = data[cut:]
        return data[:cut]

    @property
    def pending(self) -> int:
        """Bytes that wait for the rest of their frame."""
        return len(self._carry)


def duration_ms(byte_count: int, sample_rate: int) -> int:
    """Milliseconds, rounded, that `byte_count` bytes of PCM16 mono last at `sample_rate` Hz."""
    return round(byte_count // SAMPLE_BYTES * 1000 / sample_rate)


def quantise(samples: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.int16]:
    """Round and clip samples that are already in the range of int16; what is not a number becomes silence."""
    whole = np.rint(np.nan_to_num(samples, nan=0.0))
    clipped: npt.NDArray[np.int16] = np.clip(whole, -32768, 32767).astype("<i2")
    return clipped


def mono_pcm16(samples: npt.NDArray[Any]) -> bytes:
    """PCM16 mono from samples of any usual type: the mean of the channels, bit-exact for int16 mono.

    Args:
        samples: shape (frames, channels); uint8, int16, int32, float32 or float64.
    """
    if samples.dtype == np.dtype("<i2") and samples.shape[1] == 1:
        return samples.tobytes()
    zero, factor = _RANGE[samples.dtype.str[1:]]
    # A file may hold infinities; their mean is not a number, and that is silence.
    with np.errstate(all="ignore"):
        return quantise((samples.mean(axis=1, dtype=np.float64) - zero) * factor).tobytes()


def in_seconds(pcm: Iterable[bytes], sample_rate: int) -> Iterator[bytes]:
    """The same PCM16 mono in pieces of exactly one second; the last one may be shorter, none is empty."""
    second = sample_rate * SAMPLE_BYTES
    held = bytearray()
    for piece in pcm:
        held += piece
        while len(held) >= second:
            yield bytes(held[:second])
            del held[:second]
    if held:
        yield bytes(held)
