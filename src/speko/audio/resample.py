"""Sample-rate conversion: one stateful soxr stream per stream of sound."""

import numpy as np
import soxr

from speko.audio.pcm import MAX_SAMPLE_RATE, quantise


def resampled_length(samples: int, from_rate: int, to_rate: int) -> int:
    """How many samples `samples` samples become: the exact ratio, rounded half up."""
    return (2 * samples * to_rate + from_rate) // (2 * from_rate)


class Resampler:
    """Converts one stream of PCM16 mono. Any chunking of the same sound gives the same bytes.

    The filter holds back about 40 ms between 16, 24 and 48 kHz and 115 ms at 8 kHz (soxr's HQ recipe; VHQ holds back
    twice as much and gains nothing that 16 bits can carry). The stream runs on float32, because soxr dithers int16
    output, and dither depends on the chunking.

    Args:
        from_rate, to_rate: Hz, 1 to 384000; equal rates pass through.
    """

    def __init__(self, from_rate: int, to_rate: int) -> None:
        for rate in (from_rate, to_rate):
            if not 1 <= rate <= MAX_SAMPLE_RATE:
                raise ValueError(f"a sample rate is 1 to {MAX_SAMPLE_RATE} Hz")
        self._stream = (
            None if from_rate == to_rate else soxr.ResampleStream(from_rate, to_rate, 1, dtype="float32", quality="HQ")
        )

    def push(self, pcm: bytes) -> bytes:
        """What is ready after `pcm` (whole samples); may be empty. Not after `flush`."""
        return pcm if self._stream is None else _convert(self._stream, pcm, last=False)

    def flush(self) -> bytes:
        """What the filter still held. The stream ends here."""
        return b"" if self._stream is None else _convert(self._stream, b"", last=True)


def _convert(stream: soxr.ResampleStream, pcm: bytes, *, last: bool) -> bytes:
    samples = np.frombuffer(pcm, "<i2").astype(np.float32)
    return quantise(stream.resample_chunk(samples, last=last)).tobytes()
