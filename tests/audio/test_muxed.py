"""Sound in containers, taken out again by FFmpeg."""

import io

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speko.audio.muxed import AacEncoder, FlacEncoder, OpusEncoder
from tests.audio.sounds import loudness, pitch, tone

Encoder = OpusEncoder | AacEncoder | FlacEncoder
RATE = 24_000


def encode(encoder: Encoder, pcm: bytes, piece: int) -> bytes:
    """All of it, pushed in pieces of so many bytes."""
    pieces = [encoder.push(pcm[at : at + piece]) for at in range(0, len(pcm), piece)]
    return b"".join([*pieces, encoder.flush()])


def heard(sound: bytes) -> bytes:
    """What a player makes of it: PCM16 mono at `RATE`."""
    resampler = av.AudioResampler("s16", "mono", RATE)
    with av.open(io.BytesIO(sound), "r") as file:
        frames = [out for frame in [*file.decode(audio=0), None] for out in resampler.resample(frame)]
    return b"".join(frame.to_ndarray().astype("<i2").tobytes() for frame in frames)


@settings(max_examples=20)
@given(st.binary(min_size=2, max_size=20_000).map(lambda raw: raw[: len(raw) // 2 * 2]), st.integers(1, 3000))
def test_flac_is_exact(pcm: bytes, piece: int) -> None:
    assert heard(encode(FlacEncoder(RATE), pcm, piece * 2)) == pcm


@pytest.mark.parametrize("encoder", [OpusEncoder, AacEncoder])
@pytest.mark.parametrize("piece", [960, 10_000_000])
def test_what_is_lossy_sounds_the_same(encoder: type[OpusEncoder | AacEncoder], piece: int) -> None:
    pcm = heard(encode(encoder(RATE), tone(RATE, 2.0), piece))
    assert 2.0 <= len(pcm) / 2 / RATE <= 2.1
    assert pitch(pcm, RATE) == pytest.approx(440, abs=2)
    assert loudness(pcm[RATE:-RATE]) == pytest.approx(loudness(tone(RATE, 1.0)), rel=0.1)


@pytest.mark.parametrize("encoder", [OpusEncoder, AacEncoder, FlacEncoder])
def test_sound_leaves_as_it_comes(encoder: type[Encoder]) -> None:
    made = encoder(RATE)
    sizes = [len(made.push(tone(RATE, 0.1))) for _ in range(10)]
    assert sum(size > 0 for size in sizes) >= 8


@pytest.mark.parametrize("encoder", [OpusEncoder, AacEncoder, FlacEncoder])
def test_sound_of_no_length_ends_well(encoder: type[Encoder]) -> None:
    assert isinstance(encoder(RATE).flush(), bytes)
