import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speko.audio import AudioEncoder, Mp3Encoder, PcmEncoder, Recording, WavEncoder, encoder_for, wav_header
from tests.audio.sounds import loudness, pitch, tone


def encode(encoder: AudioEncoder, pcm: bytes, step: int) -> bytes:
    return b"".join([*(encoder.push(pcm[at : at + step]) for at in range(0, len(pcm), step)), encoder.flush()])


def test_pcm_passes_through() -> None:
    encoder = PcmEncoder(24000)
    assert encoder.content_type == "audio/pcm;rate=24000"
    assert encode(encoder, tone(24000, 0.5), 960) == tone(24000, 0.5)


@pytest.mark.parametrize("pcm", [tone(24000, 0.5), b""])
def test_wav_is_one_header_and_the_samples(pcm: bytes) -> None:
    encoder = WavEncoder(24000)
    assert encoder.content_type == "audio/wav"
    assert encode(encoder, pcm, 960) == wav_header(24000, None) + pcm


@pytest.mark.parametrize(
    ("rate", "expected"),
    [(8000, 8000), (16000, 16000), (22050, 22050), (24000, 24000), (48000, 48000), (20000, 22050), (96000, 48000)],
)
@pytest.mark.parametrize("step", [480, 10_000_000])
def test_mp3(rate: int, expected: int, step: int) -> None:
    encoder = Mp3Encoder(rate)
    assert encoder.content_type == "audio/mpeg"
    mp3 = encode(encoder, tone(rate, 1.5), step)
    with Recording.read(io.BytesIO(mp3), len(mp3), None) as recording:
        assert (recording.content_type, recording.sample_rate) == ("audio/mpeg", expected)
        # LAME adds its delay, and the last frame is filled up.
        assert 1500 <= recording.duration_ms <= 1500 + 4 * 1152 * 1000 / expected
        pcm = b"".join(recording.pcm(16000))
    assert pitch(pcm, 16000) == pytest.approx(440, abs=1)
    # LAME lowers some presets by 5 % so that nothing clips.
    assert loudness(pcm[8000:-8000]) == pytest.approx(loudness(tone(16000, 1.0)), rel=0.06)


def test_mp3_flows_while_the_sound_still_comes() -> None:
    encoder = Mp3Encoder(24000)
    sizes = [len(encoder.push(tone(24000, 0.1))) for _ in range(10)]
    assert sum(size > 0 for size in sizes) >= 8


def test_mp3_of_nothing() -> None:
    encoder = Mp3Encoder(24000)
    assert encoder.push(b"") == b""
    assert encoder.flush() == b""


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 3000), max_size=12))
def test_mp3_takes_pieces_of_any_size(counts: list[int]) -> None:
    encoder = Mp3Encoder(16000)
    noise = np.random.default_rng(1).integers(-9000, 9000, sum(counts)).astype("<i2")
    pieces = np.split(noise, np.cumsum(counts)[:-1]) if counts else []
    mp3 = b"".join([*(encoder.push(piece.tobytes()) for piece in pieces), encoder.flush()])
    assert bool(mp3) == bool(sum(counts))


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, PcmEncoder),
        ("", PcmEncoder),
        ("*/*", PcmEncoder),
        ("audio/*", PcmEncoder),
        ("audio/pcm", PcmEncoder),
        ("application/json", PcmEncoder),
        ("audio/wav", WavEncoder),
        ("Audio/X-WAV", WavEncoder),
        ("audio/mpeg", Mp3Encoder),
        ("audio/mp3;q=0.1", Mp3Encoder),
        ("audio/mpeg, */*", Mp3Encoder),
        ("*/*, audio/mpeg", Mp3Encoder),
        ("audio/wav;q=0.5, */*;q=0.8", PcmEncoder),
        ("audio/wav;q=0.5, audio/mpeg;q=0.8", Mp3Encoder),
        ("audio/wav, audio/mpeg", WavEncoder),
        ("audio/mpeg, audio/wav", Mp3Encoder),
        ("audio/pcm, audio/mpeg;q=0.9", PcmEncoder),
        ("audio/mpeg;q=0", PcmEncoder),
        ("audio/mpeg;q=0, audio/wav;q=0.001", WavEncoder),
        ("audio/mpeg; codecs=mp3 ; Q = 0.9, audio/webm", Mp3Encoder),
        ("audio/mpeg;q=high", PcmEncoder),
        ("audio/mpeg;q=nan", PcmEncoder),
        ("audio/mpeg;q=7", PcmEncoder),
        ("audio/webm,audio/ogg,audio/wav,audio/*;q=0.9,*/*;q=0.5", WavEncoder),
        (";;,,", PcmEncoder),
    ],
)
def test_accept(accept: str | None, expected: type) -> None:
    assert type(encoder_for(accept, 24000)) is expected


@given(st.text(max_size=100) | st.text(alphabet="audio/mpegwv*;,q=.01 ", max_size=100))
def test_any_accept_header_gets_an_encoder(accept: str) -> None:
    assert encoder_for(accept, 16000).content_type.startswith("audio/")
