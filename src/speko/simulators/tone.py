"""A tone in place of a voice."""

from functools import lru_cache

import numpy as np

PITCH = 440.0
"""Hz."""


@lru_cache(maxsize=4)
def tone(milliseconds: int, sample_rate: int) -> bytes:
    """A sine of `PITCH` at a third of full scale, as PCM16 little-endian mono at `sample_rate` Hz."""
    samples = np.arange(milliseconds * sample_rate // 1000)
    wave = np.sin(samples * (2 * np.pi * PITCH / sample_rate)) * 10922
    return bytes(wave.astype("<i2").data)
