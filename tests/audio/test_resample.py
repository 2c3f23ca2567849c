from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speko.audio.resample import Resampler, resampled_length
from tests.audio.sounds import loudness, tone

RATES = [8000, 11025, 16000, 22050, 24000, 44100, 48000]


def convert(pcm: bytes, from_rate: int, to_rate: int, step: int | None = None) -> bytes:
    resampler = Resampler(from_rate, to_rate)
    step = step or max(len(pcm), 2)
    pieces = [resampler.push(pcm[at : at + step]) for at in range(0, len(pcm), step)]
    return b"".join([*pieces, resampler.flush()])


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(RATES), st.sampled_from(RATES), st.integers(0, 6000), st.integers(0, 2**32 - 1))
def test_any_chunking_gives_the_same_bytes_and_the_exact_length(
    data: st.DataObject, from_rate: int, to_rate: int, count: int, seed: int
) -> None:
    samples = np.random.default_rng(seed).integers(-32768, 32768, count).astype("<i2")
    whole = convert(samples.tobytes(), from_rate, to_rate)
    assert len(whole) == 2 * resampled_length(count, from_rate, to_rate)
    cuts = data.draw(st.lists(st.integers(0, count), max_size=12))
    resampler = Resampler(from_rate, to_rate)
    edges = [0, *sorted(cuts), count]
    pieces = [resampler.push(samples[start:end].tobytes()) for start, end in pairwise(edges)]
    assert b"".join([*pieces, resampler.flush()]) == whole


@given(st.integers(0, 10**9), st.integers(1, 384_000), st.integers(1, 384_000))
def test_length_is_the_ratio_rounded(count: int, from_rate: int, to_rate: int) -> None:
    assert abs(resampled_length(count, from_rate, to_rate) - count * to_rate / from_rate) <= 0.5 + 1e-6


@settings(max_examples=40, deadline=None)
@given(st.integers(1000, 384_000), st.integers(1000, 48_000), st.integers(0, 3000))
def test_the_length_is_exact_between_odd_rates_too(from_rate: int, to_rate: int, count: int) -> None:
    assert len(convert(bytes(2 * count), from_rate, to_rate)) == 2 * resampled_length(count, from_rate, to_rate)


SINE = tone(16000, 1.0)


def unlike(pcm: bytes) -> int:
    """How far the worst sample is from where it was in the sine: out of phase, too loud, or a click. The first and the
    last 25 ms are left out: there the sine itself begins and ends with a jump."""
    before, after = (np.frombuffer(sound, "<i2").astype(int) for sound in (SINE, pcm))
    assert len(after) == len(before)
    return int(np.abs(after - before)[400:-400].max())


CUTS = st.lists(st.integers(0, 36_000), max_size=40)


def in_pieces(pcm: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(2 * cut for cut in cuts if 2 * cut < len(pcm)), len(pcm)]
    return [pcm[start:end] for start, end in pairwise(edges)]


@settings(max_examples=50, deadline=None)
@given(CUTS, CUTS)
def test_a_sine_there_and_back_keeps_phase_and_level_and_has_no_click(there: list[int], back: list[int]) -> None:
    up, down = Resampler(16000, 24000), Resampler(24000, 16000)
    middle = b"".join([*map(up.push, in_pieces(SINE, there)), up.flush()])
    after = b"".join([*map(down.push, in_pieces(middle, back)), down.flush()])
    assert unlike(after) <= 3
    assert loudness(after) == pytest.approx(loudness(SINE), rel=0.002)


def test_what_is_wrong_with_a_sine_would_show() -> None:
    later = SINE[2:] + SINE[:2]
    louder = (np.frombuffer(SINE, "<i2") * 1.01).astype("<i2").tobytes()
    clicks = b"".join(convert(convert(piece, 16000, 24000), 24000, 16000) for piece in in_pieces(SINE, [5001, 9003]))
    assert min(map(unlike, (later, louder, clicks))) > 50


def test_what_the_lower_rate_cannot_carry_is_filtered_out() -> None:
    assert loudness(convert(tone(48000, 1.0, hz=11000), 48000, 16000)) < 60


def test_full_scale_is_clipped_and_not_wrapped() -> None:
    square = np.repeat(np.tile(np.array([32767, -32768], "<i2"), 100), 20)
    halves = np.frombuffer(convert(square.tobytes(), 16000, 24000), "<i2").reshape(-1, 30)[:, 5:25]
    assert (halves[::2] > 20000).all()
    assert (halves[1::2] < -20000).all()


def test_equal_rates_pass_through() -> None:
    resampler = Resampler(16000, 16000)
    assert resampler.push(b"\x01\x02") == b"\x01\x02"
    assert resampler.flush() == b""


@pytest.mark.parametrize(("from_rate", "to_rate"), [(0, 16000), (16000, 0), (384_001, 16000), (16000, -1)])
def test_nonsense_rates_are_refused(from_rate: int, to_rate: int) -> None:
    with pytest.raises(ValueError, match="sample rate"):
        Resampler(from_rate, to_rate)
