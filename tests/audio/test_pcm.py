from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.audio.pcm import SampleAligner, duration_ms, in_seconds, mono_pcm16, quantise


@given(st.binary(max_size=64), st.lists(st.integers(0, 64)), st.integers(1, 6))
def test_aligner_gives_every_whole_frame_and_keeps_the_rest(data: bytes, cuts: list[int], frame_bytes: int) -> None:
    aligner = SampleAligner(frame_bytes)
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [aligner.push(data[start:end]) for start, end in pairwise(edges)]
    whole = len(data) - len(data) % frame_bytes
    assert all(len(piece) % frame_bytes == 0 for piece in pieces)
    assert b"".join(pieces) == data[:whole]
    assert aligner.pending == len(data) - whole


@pytest.mark.parametrize(
    ("byte_count", "rate", "expected"), [(0, 16000, 0), (1, 16000, 0), (32000, 16000, 1000), (48001, 24000, 1000)]
)
def test_duration(byte_count: int, rate: int, expected: int) -> None:
    assert duration_ms(byte_count, rate) == expected


def test_quantise_rounds_clips_and_silences_what_is_no_number() -> None:
    samples = np.array([0.4, 0.6, -0.6, 40000.0, -40000.0, np.nan, np.inf, -np.inf])
    assert quantise(samples).tolist() == [0, 1, -1, 32767, -32768, 0, 32767, -32768]


@given(st.lists(st.integers(-32768, 32767), max_size=50))
def test_mono_int16_is_bit_exact(values: list[int]) -> None:
    samples = np.array(values, "<i2").reshape(-1, 1)
    assert mono_pcm16(samples) == samples.tobytes()


@pytest.mark.parametrize(
    ("dtype", "values", "expected"),
    [
        ("u1", [[128], [255], [0]], [0, 32512, -32768]),
        ("<i2", [[100, 200], [-32768, -32768], [1, -1]], [150, -32768, 0]),
        ("<i4", [[0x7FFF0000], [-0x80000000], [0x00010000]], [32767, -32768, 1]),
        ("<f4", [[0.5], [-1.0], [1.0], [2.0]], [16384, -32768, 32767, 32767]),
        ("<f8", [[0.5, -0.5], [0.25, 0.75], [np.inf, -np.inf], [1e308, 1e308]], [0, 16384, 0, 32767]),
    ],
)
def test_downmix_of_every_type(dtype: str, values: list[list[float]], expected: list[int]) -> None:
    assert np.frombuffer(mono_pcm16(np.array(values, dtype)), "<i2").tolist() == expected


@given(st.lists(st.binary(max_size=90).map(lambda piece: piece + piece)), st.integers(1, 40))
def test_in_seconds_keeps_all_bytes(pieces: list[bytes], rate: int) -> None:
    seconds = list(in_seconds(pieces, rate))
    assert b"".join(seconds) == b"".join(pieces)
    assert all(len(piece) == 2 * rate for piece in seconds[:-1])
    assert all(0 < len(piece) <= 2 * rate for piece in seconds)
