import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.audio.errors import AudioFormatError
from speko.audio.sniff import ContentType, RawFormat, decide_type, raw_format, sniff
from speko.audio.wav import wav_header
from tests.audio.sounds import encoded

MP3_FRAMES = encoded("mp3", "libmp3lame", 16000, 1.0)
BARE_MP3 = MP3_FRAMES[MP3_FRAMES.index(b"\xff\xf3") :]
WAV = wav_header(16000, 2) + b"\0\0"


@pytest.mark.parametrize(
    ("header", "media_type", "parameters"),
    [
        (None, "", {}),
        ("", "", {}),
        ("audio/wav", "audio/wav", {}),
        (" Audio/PCM ; Rate = 8000 ;channels=2;", "audio/pcm", {"rate": "8000", "channels": "2"}),
        ('audio/webm; codecs="opus; x=1"; a=b', "audio/webm", {"codecs": "opus; x=1", "a": "b"}),
        ("audio/x-m4a;a=", "audio/x-m4a", {"a": ""}),
    ],
)
def test_content_type(header: str | None, media_type: str, parameters: dict[str, str]) -> None:
    assert ContentType.parse(header) == ContentType(media_type, parameters)


@pytest.mark.parametrize("header", ["wav", "audio/", "a b/c", "audio/pcm;rate", 'audio/pcm;rate="1', "audio/pcm;=1"])
def test_what_is_no_content_type(header: str) -> None:
    with pytest.raises(AudioFormatError, match="cannot be read"):
        ContentType.parse(header)


@given(st.text(max_size=200) | st.text(alphabet='a=";, /', max_size=200).map(lambda rest: f"audio/pcm;{rest}"))
def test_any_header_is_read_or_refused(header: str) -> None:
    try:
        claim = ContentType.parse(header)
    except AudioFormatError:
        return
    assert claim.media_type == header.partition(";")[0].strip().lower()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("audio/pcm", RawFormat(16000, 1)),
        ("audio/pcm;rate=8000", RawFormat(8000, 1)),
        ('audio/pcm; rate="48000"; channels=8', RawFormat(48000, 8)),
        ("audio/pcm;rate=384000", RawFormat(384_000, 1)),
        ("audio/L16;rate=22050", RawFormat(22050, 1, big_endian=True)),
    ],
)
def test_raw_format(header: str, expected: RawFormat) -> None:
    assert raw_format(ContentType.parse(header)) == expected


@pytest.mark.parametrize(
    "parameters",
    ["rate=0", "rate=-1", "rate=384001", "rate=fast", "rate=", "rate=1e4", "rate=1_000", "rate=" + "9" * 900,
     "rate=²", "channels=0", "channels=9", "channels=x"],
)  # fmt: skip
def test_nonsense_in_the_raw_format(parameters: str) -> None:
    with pytest.raises(AudioFormatError, match="not a whole number"):
        raw_format(ContentType.parse(f"audio/pcm;{parameters}"))


def test_l16_has_to_give_its_rate() -> None:
    with pytest.raises(AudioFormatError, match="needs a rate"):
        raw_format(ContentType.parse("audio/l16"))


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (WAV, "audio/wav"),
        (b"RIFF\0\0\0\0AVI LIST", None),
        (MP3_FRAMES, "audio/mpeg"),
        (BARE_MP3, "audio/mpeg"),
        (BARE_MP3[:100], "audio/mpeg"),
        (encoded("mp2", "mp2", 44100, 0.5), "audio/mpeg"),
        (encoded("mp3", "libmp3lame", 48000, 0.5)[45:], "audio/mpeg"),
        (b"ID3", None),
        (b"ID3\xff\0\0\0\0\0\0", None),
        (encoded("ogg", "libopus", 48000, 0.5), "audio/ogg"),
        (encoded("flac", "flac", 16000, 0.5), "audio/flac"),
        (encoded("webm", "libopus", 48000, 0.5), "audio/webm"),
        (encoded("ipod", "aac", 44100, 0.5), "audio/mp4"),
        (encoded("adts", "aac", 44100, 0.5), None),
        (b"", None),
        (b"\xff", None),
        (bytes(100), None),
        (b"\xff\xfb\x90\x00" + bytes(2000), None),
        (b"\xff" * 100, None),
    ],
)
def test_sniff(head: bytes, expected: str | None) -> None:
    assert sniff(head[:4096]) == expected


def test_loud_samples_are_not_taken_for_mpeg_audio() -> None:
    # -1025 is FF FB in memory: the mark of an MPEG frame.
    samples = np.tile(np.array([-1025, 144], "<i2"), 1000)
    assert sniff(samples.tobytes()) is None


@given(st.binary(max_size=64), st.sampled_from([b"", b"\xff\xfb", b"ID3", b"RIFF", b"OggS"]))
def test_sniff_takes_any_bytes(body: bytes, start: bytes) -> None:
    found = sniff(start + body)
    assert found is None or found.startswith("audio/")
    assert (found == "audio/ogg") == ((start + body)[:4] == b"OggS")


@pytest.mark.parametrize(
    ("header", "head", "expected"),
    [
        (None, WAV, "audio/wav"),
        (None, bytes(100), "audio/pcm"),
        ("application/octet-stream", MP3_FRAMES, "audio/mpeg"),
        ("application/octet-stream", bytes(100), "audio/pcm"),
        ("audio/x-wav", WAV, "audio/wav"),
        ("audio/wave", WAV, "audio/wav"),
        ("audio/wav", MP3_FRAMES, "audio/mpeg"),
        ("audio/wav", bytes(100), "audio/wav"),
        ("audio/mp3", BARE_MP3, "audio/mpeg"),
        ("audio/mp3", b"junk before the first frame", "audio/mpeg"),
        ("audio/mpeg", WAV, "audio/wav"),
        ("audio/ogg;codecs=opus", b"OggS", "audio/ogg"),
        ("audio/x-flac", b"fLaC", "audio/flac"),
        ("audio/pcm;rate=8000", bytes(10), "audio/pcm"),
        ("audio/pcm;rate=8000", WAV, "audio/wav"),
        ("audio/pcm;rate=8000", BARE_MP3, "audio/pcm"),
        ("audio/l16;rate=8000", bytes(10), "audio/l16"),
        ("audio/webm;codecs=opus", b"\x1aE\xdf\xa3", "audio/webm"),
        ("audio/x-m4a", b"\0\0\0\x1cftypM4A ", "audio/x-m4a"),
        ("audio/x-strange", b"whatever", "audio/x-strange"),
        ("audio/x-strange", WAV, "audio/wav"),
        ("video/webm", b"\x1aE\xdf\xa3", "audio/webm"),
        ("application/x-www-form-urlencoded", WAV, "audio/wav"),
    ],
)
def test_decide_type(header: str | None, head: bytes, expected: str) -> None:
    assert decide_type(ContentType.parse(header), head[:4096]) == expected


@pytest.mark.parametrize("header", ["text/plain", "application/json", "multipart/form-data;boundary=x"])
def test_what_neither_claims_nor_proves_to_be_audio_is_refused(header: str) -> None:
    with pytest.raises(AudioFormatError, match="not audio"):
        decide_type(ContentType.parse(header), b"hello")
