"""Uncompressed audio: where the samples lie in a body and how to read them."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from speko.audio.pcm import SAMPLE_BYTES, in_seconds, mono_pcm16
from speko.audio.resample import Resampler, resampled_length

_PIECE_BYTES = 1 << 18


class Encoding(Enum):
    """How one sample is stored: numpy's name for it; three bytes have none."""

    U8 = "u1"
    S16 = "<i2"
    S16_BE = ">i2"
    S24 = "s24"
    S32 = "<i4"
    F32 = "<f4"
    F64 = "<f8"

    @property
    def width(self) -> int:
        """Bytes per sample."""
        return 3 if self is Encoding.S24 else np.dtype(self.value).itemsize

    def samples(self, data: bytes) -> npt.NDArray[Any]:
        """The samples in `data`, which holds whole ones, in the machine's own types."""
        if self is Encoding.S24:
            wide = np.zeros((len(data) // 3, 4), "u1")
            wide[:, 1:] = np.frombuffer(data, "u1").reshape(-1, 3)
            return wide.view("<i4").reshape(-1)
        stored = np.frombuffer(data, self.value)
        return stored.astype("<i2") if self is Encoding.S16_BE else stored


@dataclass(frozen=True, slots=True)
class LinearAudio:
    """Interleaved samples at `offset` bytes into a body."""

    encoding: Encoding
    sample_rate: int
    """Hz."""
    channels: int
    offset: int
    """Bytes before the first sample."""
    frames: int
    """Samples per channel."""

    @property
    def frame_bytes(self) -> int:
        return self.encoding.width * self.channels

    @property
    def duration_ms(self) -> int:
        return round(self.frames * 1000 / self.sample_rate)

    def pcm_bytes(self, sample_rate: int) -> int:
        """Exactly how many bytes `pcm` gives."""
        return resampled_length(self.frames, self.sample_rate, sample_rate) * SAMPLE_BYTES

    def pcm(self, reader: BinaryIO, sample_rate: int) -> Iterator[bytes]:
        """PCM16 mono at `sample_rate` Hz in pieces of one second; the last may be shorter.

        Args:
            reader: over the whole body; used from here on.
            sample_rate: Hz of what comes out.
        """
        return in_seconds(self._resampled(reader, Resampler(self.sample_rate, sample_rate)), sample_rate)

    def _resampled(self, reader: BinaryIO, resampler: Resampler) -> Iterator[bytes]:
        reader.seek(self.offset)
        # Small enough that a low rate, which grows when converted, stays bounded too.
        step = min(max(1, _PIECE_BYTES // self.frame_bytes), self.sample_rate)
        left = self.frames
        while left > 0:
            data = reader.read(min(step, left) * self.frame_bytes)
            data = data[: len(data) - len(data) % self.frame_bytes]
            if not data:
                break
            left -= len(data) // self.frame_bytes
            yield resampler.push(mono_pcm16(self.encoding.samples(data).reshape(-1, self.channels)))
        yield resampler.flush()
