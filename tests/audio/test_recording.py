import io
import os
import struct
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speko.audio import AudioFormatError, Recording, wav_header
from tests.audio.sounds import encoded, pitch, tone

SINE = tone(16000, 2.5)
WAV = wav_header(16000, len(SINE)) + SINE
MP3 = encoded("mp3", "libmp3lame", 16000, 2.5)


def read(body: bytes, content_type: str | None, **limits: int) -> Recording:
    return Recording.read(io.BytesIO(body), len(body), content_type, **limits)


@pytest.mark.parametrize(
    ("body", "header", "content_type", "filename", "rate", "channels"),
    [
        (WAV, "audio/wav", "audio/wav", "audio.wav", 16000, 1),
        (WAV, None, "audio/wav", "audio.wav", 16000, 1),
        (MP3, "audio/wav", "audio/mpeg", "audio.mp3", 16000, 1),
        (MP3, "audio/mp3", "audio/mpeg", "audio.mp3", 16000, 1),
        (encoded("ogg", "libopus", 48000, 2.5), "application/octet-stream", "audio/ogg", "audio.ogg", 48000, 1),
        (encoded("flac", "flac", 44100, 2.5, layout="stereo"), "", "audio/flac", "audio.flac", 44100, 2),
        (encoded("webm", "libopus", 48000, 2.5), "audio/webm;codecs=opus", "audio/webm", "audio.webm", 48000, 1),
        (encoded("ipod", "aac", 44100, 2.5), "audio/x-m4a", "audio/x-m4a", "audio.m4a", 44100, 1),
        (encoded("wav", "pcm_mulaw", 8000, 2.5), "audio/wav", "audio/wav", "audio.wav", 8000, 1),
        (SINE, "audio/pcm", "audio/pcm", "audio.pcm", 16000, 1),
        (SINE, None, "audio/pcm", "audio.pcm", 16000, 1),
        (tone(8000, 2.5), "audio/pcm; rate=8000", "audio/pcm", "audio.pcm", 8000, 1),
        (np.frombuffer(SINE, "<i2").repeat(2).tobytes(), "audio/pcm;channels=2", "audio/pcm", "audio.pcm", 16000, 2),
        (
            np.frombuffer(SINE, "<i2").astype(">i2").tobytes(),
            "audio/L16;rate=16000",
            "audio/l16",
            "audio.pcm",
            16000,
            1,
        ),
    ],
)
def test_read(body: bytes, header: str | None, content_type: str, filename: str, rate: int, channels: int) -> None:  # noqa: PLR0917
    with read(body, header) as recording:
        assert (recording.content_type, recording.filename, recording.decodable) == (content_type, filename, True)
        assert (recording.size, recording.sample_rate, recording.channels) == (len(body), rate, channels)
        assert recording.duration_ms == pytest.approx(2500, abs=30)
        with recording.open() as reader:
            assert reader.read() == body
        pieces = list(recording.pcm(16000))
        assert max(len(piece) for piece in pieces) <= 32000
        assert len(b"".join(pieces)) / 32000 == pytest.approx(2.5, abs=0.03)
        assert pitch(b"".join(pieces), 16000) == pytest.approx(440, abs=1)


@pytest.mark.parametrize("header", ["audio/wav", "audio/pcm", "audio/mpeg", "audio/webm", "audio/strange", None, ""])
@pytest.mark.parametrize("body", [b"", b"\0"])
def test_empty_and_one_byte_audio(body: bytes, header: str | None) -> None:
    with pytest.raises(AudioFormatError, match="empty"):
        read(body, header)


@pytest.mark.parametrize(
    ("body", "header", "text"),
    [
        (WAV[:44], "audio/wav", "no complete sample"),
        (b"\0\0\0", "audio/pcm;channels=2", "no complete sample"),
        (SINE, "audio/pcm;rate=0", "rate"),
        (SINE, "audio/pcm;channels=99", "channels"),
        (b"hello", "audio/wav", "WAVE header"),
        (b"hello" * 1000, "audio/mpeg", "damaged"),
        (b"OggS" + bytes(100), None, "damaged"),
        (b"hello", "text/plain", "not audio"),
        (WAV, "nonsense", "Content-Type"),
        (wav_header(1, None) + bytes(2 * 3600 * 7), "audio/wav", "longer than 360 minutes"),
    ],
)
def test_what_is_no_audio_says_why(body: bytes, header: str, text: str) -> None:
    with pytest.raises(AudioFormatError, match=text):
        read(body, header)


@pytest.mark.parametrize(
    ("body", "header"), [(WAV, "audio/wav"), (SINE, "audio/pcm"), (MP3, "audio/mpeg"), (WAV, None)]
)
def test_too_long(body: bytes, header: str | None) -> None:
    with pytest.raises(AudioFormatError, match="longer than"):
        read(body, header, max_duration_ms=2400)
    assert read(body, header, max_duration_ms=2600).decodable


def test_a_failed_read_closes_the_source(tmp_path: Path) -> None:
    path = tmp_path / "body"
    path.write_bytes(b"hello" * 1_000_000)
    source = path.open("rb")
    with pytest.raises(AudioFormatError):
        Recording.read(source, path.stat().st_size, "audio/wav")
    assert source.closed


def test_a_wav_that_lies_about_its_length_is_heard_in_full() -> None:
    for claimed in (0, 10**9, 0xFFFFFFFF):
        lying = WAV[:40] + struct.pack("<I", claimed) + SINE
        with read(lying, "audio/wav") as recording:
            assert recording.duration_ms == 2500
            assert b"".join(recording.pcm(16000)) == SINE


def test_what_only_a_vendor_may_know_is_kept() -> None:
    with read(b"a codec of the future", "audio/x-future; level=9") as recording:
        assert (recording.content_type, recording.filename, recording.decodable) == (
            "audio/x-future",
            "audio.bin",
            False,
        )
        assert (recording.duration_ms, recording.sample_rate, recording.channels) == (0, 0, 0)
        assert recording.open().read() == b"a codec of the future"
        with pytest.raises(AudioFormatError, match="cannot be decoded here"):
            recording.pcm(16000)
        with pytest.raises(AudioFormatError, match="cannot be decoded here"):
            recording.wav(16000)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 20_000), st.sampled_from([8000, 16000, 44100, 999]), st.sampled_from([8000, 16000, 24000]),
    st.integers(1, 3),
)  # fmt: skip
def test_wav_has_exact_sizes(samples: int, rate: int, wanted: int, channels: int) -> None:
    body = bytes(2 * samples * channels)
    with read(body, f"audio/pcm;rate={rate};channels={channels}") as recording:
        wav = b"".join(recording.wav(wanted))
        assert len(wav) - 44 == recording.pcm_bytes(wanted) == int.from_bytes(wav[40:44], "little")
        assert int.from_bytes(wav[4:8], "little") == len(wav) - 8
        assert wav[44:] == b"".join(recording.pcm(wanted))


def test_wav_from_compressed_audio_has_unknown_sizes() -> None:
    with read(MP3, "audio/mpeg") as recording:
        assert recording.pcm_bytes(16000) is None
        wav = b"".join(recording.wav(16000))
    assert wav[:44] == wav_header(16000, None)
    assert read(wav, "audio/wav").duration_ms == pytest.approx(2500, abs=30)


@pytest.mark.parametrize("body", [WAV, MP3])
def test_many_may_hear_at_once_also_from_disk(body: bytes, tmp_path: Path) -> None:
    padding = b"" if body is MP3 else bytes(3 << 20)
    path = tmp_path / "body"
    path.write_bytes(body + padding)
    with Recording.read(path.open("rb"), path.stat().st_size, None) as recording, ThreadPoolExecutor(4) as threads:
        expected = b"".join(recording.pcm(24000))
        heard = list(threads.map(lambda _: b"".join(recording.pcm(24000)), range(8)))
    assert all(pcm == expected for pcm in heard)


def test_sound_that_is_being_decoded_outlives_the_recording() -> None:
    recording = read(WAV, None)
    pieces = recording.pcm(16000)
    first = next(pieces)
    recording.close()
    assert first + b"".join(pieces) == SINE
    with pytest.raises(ValueError, match="closed"):
        recording.open()


def test_a_spooled_upload() -> None:
    with tempfile.SpooledTemporaryFile(max_size=1 << 20) as source:
        source.write(WAV)
        spooled: BinaryIO = source  # type: ignore[assignment]
        with Recording.read(spooled, len(WAV), "audio/wav") as recording:
            assert b"".join(recording.pcm(16000)) == SINE


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"RIFF\0\0\0\0WAVEfmt ", b"OggS", b"fLaC", b"ID3\4\0\0\0\0\0\0", b"\x1aE\xdf\xa3", WAV[:40]]),
    st.sampled_from([None, "audio/wav", "audio/mpeg", "audio/webm", "audio/pcm;rate=8000", "application/json"]),
)
def test_any_bytes_are_a_recording_or_a_format_error(tail: bytes, start: bytes, header: str | None) -> None:
    try:
        with read(start + tail, header) as recording:
            sound = b"".join(recording.pcm(8000)) if recording.decodable else b""
            assert len(sound) % 2 == 0
    except AudioFormatError:
        return


def test_random_bytes_as_every_type() -> None:
    noise = os.urandom(50_000)
    for header in ("audio/wav", "audio/mpeg", "audio/ogg", "audio/flac"):
        with pytest.raises(AudioFormatError):
            read(noise, header)
