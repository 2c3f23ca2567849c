import io
import os
import tracemalloc
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speko.audio import containers
from speko.audio.containers import decode, probe
from speko.audio.errors import AudioFormatError
from tests.audio.sounds import encoded, loudness, pitch, tone

FILES = {
    "mp3": encoded("mp3", "libmp3lame", 44100, 2.0, layout="stereo"),
    "mp3 16k": encoded("mp3", "libmp3lame", 16000, 2.0),
    "ogg opus": encoded("ogg", "libopus", 48000, 2.0),
    "ogg vorbis": encoded("ogg", "vorbis", 44100, 2.0, layout="stereo"),
    "flac": encoded("flac", "flac", 16000, 2.0, layout="stereo"),
    "webm": encoded("webm", "libopus", 48000, 2.0),
    "m4a": encoded("ipod", "aac", 44100, 2.0),
    "adts": encoded("adts", "aac", 44100, 2.0),
    "wav mu-law": encoded("wav", "pcm_mulaw", 8000, 2.0),
    "wav 5.1": encoded("wav", "pcm_s16le", 48000, 2.0, layout="5.1"),
    "ogg 7.1": encoded("ogg", "libopus", 48000, 2.0, layout="7.1"),
    "m4a 7.1": encoded("ipod", "aac", 48000, 2.0, layout="7.1"),
    "flac 7.1": encoded("flac", "flac", 48000, 2.0, layout="7.1"),
    "aiff": encoded("aiff", "pcm_s16be", 22050, 2.0),
}


def heard(file: bytes, rate: int = 16000, max_duration_ms: int = containers.MAX_DURATION_MS) -> bytes:
    return b"".join(decode(io.BytesIO(file), rate, max_duration_ms))


@pytest.mark.parametrize(
    ("name", "rate", "channels"),
    [
        ("mp3", 44100, 2),
        ("mp3 16k", 16000, 1),
        ("ogg opus", 48000, 1),
        ("ogg vorbis", 44100, 2),
        ("flac", 16000, 2),
        ("webm", 48000, 1),
        ("m4a", 44100, 1),
        ("adts", 44100, 1),
        ("wav mu-law", 8000, 1),
        ("wav 5.1", 48000, 6),
        ("ogg 7.1", 48000, 8),
        ("m4a 7.1", 48000, 8),
        ("flac 7.1", 48000, 8),
        ("aiff", 22050, 1),
    ],
)
def test_probe_and_decode(name: str, rate: int, channels: int) -> None:
    info = probe(io.BytesIO(FILES[name]))
    assert (info.sample_rate, info.channels) == (rate, channels)
    assert info.duration_ms == pytest.approx(2000, abs=50)
    for wanted in (16000, 24000):
        pieces = list(decode(io.BytesIO(FILES[name]), wanted))
        assert [len(piece) for piece in pieces[:-1]] == [2 * wanted] * (len(pieces) - 1)
        pcm = b"".join(pieces)
        assert len(pcm) / 2 / wanted == pytest.approx(2.0, abs=0.05)
        assert pitch(pcm, wanted) == pytest.approx(440, abs=1)
        assert loudness(pcm) == pytest.approx(loudness(tone(wanted, 2.0)), rel=0.1)


def test_flac_is_lossless() -> None:
    file = encoded("flac", "flac", 16000, 1.3)
    assert heard(file) == tone(16000, 1.3)


def test_a_duration_that_lies_is_counted_instead() -> None:
    # FLAC keeps the number of samples in 36 bits, 21 bytes into the file.
    honest = FILES["flac"]
    for claim in (0, 1, 2**36 - 1):
        at = int.from_bytes(honest[21:26]) >> 36 << 36 | claim
        assert probe(io.BytesIO(honest[:21] + at.to_bytes(5) + honest[26:])).duration_ms == 2000


def test_links_of_a_chained_file_may_differ() -> None:
    chained = encoded("adts", "aac", 44100, 1.0) + encoded("adts", "aac", 22050, 1.0)
    pcm = heard(chained)
    assert len(pcm) / 32000 == pytest.approx(2.0, abs=0.2)
    assert pitch(pcm[:30000], 16000) == pytest.approx(440, abs=2)
    assert pitch(pcm[-28000:], 16000) == pytest.approx(440, abs=2)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("keep", [0.02, 0.5, 0.95])
def test_cut_files_give_what_is_there_or_a_format_error(name: str, keep: float) -> None:
    cut = FILES[name][: int(len(FILES[name]) * keep)]
    try:
        info = probe(io.BytesIO(cut))
        pcm = heard(cut)
    except AudioFormatError:
        assert keep == 0.02 or name in (
            "m4a",
            "m4a 7.1",
            "ogg vorbis",
        )  # the index comes last; all sound is in one page
        return
    assert 0 < len(pcm) <= 2.2 * 32000
    assert info.sample_rate > 0


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(FILES)), st.integers(0, 2**32 - 1), st.integers(1, 400))
def test_damage_never_raises_anything_else(name: str, seed: int, edits: int) -> None:
    random = np.random.default_rng(seed)
    damaged = bytearray(FILES[name])
    for at in random.integers(0, len(damaged), edits):
        damaged[at] = random.integers(256)
    for read in (probe, lambda body: list(decode(body, 16000))):
        try:
            read(io.BytesIO(damaged))
        except AudioFormatError:
            continue


def test_some_damage_is_skipped_as_players_do() -> None:
    damaged = bytearray(FILES["mp3"])
    damaged[12000:12300] = os.urandom(300)
    assert len(heard(bytes(damaged))) / 32000 == pytest.approx(2.0, abs=0.2)


@pytest.mark.parametrize(
    "body", [b"", b"\0", b"hello, world " * 100, bytes(5000), b"OggS", b"fLaC", b"ID3\4\0\0\0\0\0\0"]
)
def test_what_is_no_audio(body: bytes) -> None:
    with pytest.raises(AudioFormatError):
        probe(io.BytesIO(body))
    with pytest.raises(AudioFormatError):
        heard(body)


def test_a_film_without_sound() -> None:
    sink = io.BytesIO()
    with av.open(sink, "w", format="matroska") as file:
        stream = file.add_stream("rawvideo", rate=1)
        assert isinstance(stream, av.VideoStream)
        stream.width = stream.height = 16
        stream.pix_fmt = "yuv420p"
        file.mux(stream.encode(av.VideoFrame(16, 16, "yuv420p")))
    with pytest.raises(AudioFormatError, match="no audio"):
        probe(io.BytesIO(sink.getvalue()))


def test_a_playlist_opens_no_other_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret.wav").write_bytes(encoded("wav", "pcm_s16le", 16000, 1.0))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AudioFormatError):
        heard(b"ffconcat version 1.0\nfile secret.wav\n")


def test_a_small_file_with_hours_of_sound_stops_at_the_limit() -> None:
    minutes = encoded("flac", "flac", 8000, 180.0)
    with pytest.raises(AudioFormatError, match="longer than 2 minutes"):
        probe(io.BytesIO(minutes), 120_000)
    pieces = decode(io.BytesIO(minutes), 8000, 120_000)
    with pytest.raises(AudioFormatError, match="longer than 2 minutes"):
        while True:
            next(pieces)


def test_decoding_needs_memory_for_a_moment_of_sound_only() -> None:
    silence = encoded("flac", "flac", 48000, 60.0)
    tracemalloc.start()
    try:
        for _ in decode(io.BytesIO(silence), 48000):
            pass
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


def test_libav_stays_silent(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    refused = 0
    for file in FILES.values():
        damaged = file[:100] + bytes(255 - byte for byte in file[100:])
        try:
            heard(damaged)
        except AudioFormatError:
            refused += 1
    assert refused > 5
    assert capfd.readouterr() == ("", "")
    assert not caplog.records


def test_errors_of_the_reader_stay_what_they_are() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError("disk on fire")

    with pytest.raises(OSError, match="disk on fire"):
        probe(Broken(FILES["mp3"]))
