import io
import struct

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from speko.audio.errors import AudioFormatError
from speko.audio.linear import Encoding, LinearAudio
from speko.audio.wav import HEADER_BYTES, WavCodecError, parse_wav, wav_header

GUID_REST = bytes.fromhex("000000001000800000aa00389b71")
SINE = (10000 * np.sin(np.arange(400) / 7)).astype("<i2")


def chunk(name: bytes, body: bytes, size: int | None = None) -> bytes:
    return name + struct.pack("<I", len(body) if size is None else size) + body + b"\0" * (len(body) % 2)


def fmt(*, tag: int = 1, channels: int = 1, rate: int = 16000, bits: int = 16, align: int | None = None) -> bytes:
    align = channels * bits // 8 if align is None else align
    return struct.pack("<HHIIHH", tag, channels, rate, rate * align & 0xFFFFFFFF, align, bits)


def riff(*chunks: bytes, magic: bytes = b"RIFF") -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return magic + struct.pack("<I", len(body)) + body


def parse(wav: bytes) -> LinearAudio:
    return parse_wav(io.BytesIO(wav), len(wav))


def samples(wav: bytes, rate: int | None = None) -> list[int]:
    audio = parse(wav)
    pcm = b"".join(audio.pcm(io.BytesIO(wav), rate or audio.sample_rate))
    return [int(value) for value in np.frombuffer(pcm, "<i2")]


@given(st.integers(1, 384_000), st.binary(min_size=2, max_size=400))
def test_what_we_write_we_read(rate: int, pcm: bytes) -> None:
    pcm = pcm[: len(pcm) // 2 * 2]
    wav = wav_header(rate, len(pcm)) + pcm
    audio = parse(wav)
    assert audio == LinearAudio(Encoding.S16, rate, 1, HEADER_BYTES, len(pcm) // 2)
    assert b"".join(audio.pcm(io.BytesIO(wav), rate)) == pcm
    assert audio.pcm_bytes(rate) == len(pcm)


def test_header_bytes_are_the_standard_ones() -> None:
    assert wav_header(16000, 100) == (
        b"RIFF\x88\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data\x64\0\0\0"
    )


@pytest.mark.parametrize("data_bytes", [None, 2**32])
def test_header_of_a_stream_has_unknown_sizes(data_bytes: int | None) -> None:
    header = wav_header(24000, data_bytes)
    assert (header[4:8], header[40:44], len(header)) == (b"\xff" * 4, b"\xff" * 4, HEADER_BYTES)


STORED = {
    (1, 8): ((SINE >> 8) + 128).astype("u1").tobytes(),
    (1, 16): SINE.tobytes(),
    (1, 24): (SINE.astype("<i4") << 8).view("u1").reshape(-1, 4)[:, :3].tobytes(),
    (1, 32): (SINE.astype("<i4") << 16).astype("<i4").tobytes(),
    (3, 32): (SINE / np.float32(32768)).astype("<f4").tobytes(),
    (3, 64): (SINE / 32768).astype("<f8").tobytes(),
}


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 24000, 44100, 48000, 96000])
@pytest.mark.parametrize("extensible", [False, True])
@pytest.mark.parametrize(("tag", "bits"), STORED)
def test_every_width_becomes_pcm16(tag: int, bits: int, extensible: bool, rate: int) -> None:
    layout = fmt(tag=0xFFFE if extensible else tag, rate=rate, bits=bits)
    if extensible:
        layout += struct.pack("<HHIH", 22, bits, 4, tag) + GUID_REST
    heard = np.array(samples(riff(chunk(b"fmt ", layout), chunk(b"data", STORED[tag, bits]))))
    assert np.array_equal(heard, SINE if bits > 8 else SINE >> 8 << 8)
    assert parse(riff(chunk(b"fmt ", layout), chunk(b"data", STORED[tag, bits]))).sample_rate == rate


def test_channels_are_mixed_down() -> None:
    assert samples(riff(chunk(b"fmt ", fmt(channels=2)), chunk(b"data", struct.pack("<4h", 100, 300, -7, 7)))) == [
        200,
        0,
    ]


def test_other_chunks_and_their_pad_bytes_are_skipped() -> None:
    wav = riff(
        chunk(b"LIST", b"odd"), chunk(b"fmt ", fmt() + b"\0\0"), chunk(b"fact", b"1234"), chunk(b"data", b"\1\0"),
        chunk(b"LIST", b"tail"),
    )  # fmt: skip
    assert samples(wav) == [1]


@pytest.mark.parametrize("claimed", [0, 8, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_data_size_that_lies_means_what_is_there(claimed: int) -> None:
    wav = riff(chunk(b"fmt ", fmt()), chunk(b"data", struct.pack("<3h", 1, 2, 3) + b"x", size=claimed)[: 8 + 7])
    assert samples(wav) == [1, 2, 3]


def test_rf64_gives_its_size_in_its_own_chunk() -> None:
    long_sizes = struct.pack("<QQQI", 0, 4, 2, 0)
    wav = riff(
        chunk(b"ds64", long_sizes), chunk(b"fmt ", fmt()), chunk(b"data", struct.pack("<2h", 5, 6), size=0xFFFFFFFF),
        chunk(b"LIST", b"tail"), magic=b"RF64",
    )  # fmt: skip
    assert samples(wav) == [5, 6]


DATA = chunk(b"data", bytes(8))


@pytest.mark.parametrize(
    ("wav", "text"),
    [
        (b"", "begin with a WAVE header"),
        (b"RIFF\0\0\0\0AVI " + bytes(40), "begin with a WAVE header"),
        (riff(), "no samples behind"),
        (riff(chunk(b"fmt ", fmt())), "no samples behind"),
        (riff(DATA), "no format before"),
        (riff(chunk(b"fmt ", fmt()[:14]), DATA), "too short"),
        (riff(chunk(b"fmt ", fmt(channels=0)), DATA), "no channels"),
        (riff(chunk(b"fmt ", fmt(rate=0)), DATA), "sample rate"),
        (riff(chunk(b"fmt ", fmt(rate=384_001)), DATA), "sample rate"),
        (riff(chunk(b"fmt ", fmt(align=4)), DATA), "contradicts itself"),
        (riff(chunk(b"fmt ", fmt(align=0)), DATA), "contradicts itself"),
        (riff(chunk(b"fmt ", fmt()), chunk(b"data", b"")), "no complete sample"),
        (riff(chunk(b"fmt ", fmt()), chunk(b"data", b"x")[:9]), "no complete sample"),
        (riff(*[chunk(b"junk", b"")] * 10_001, chunk(b"fmt ", fmt()), DATA), "no samples behind"),
    ],
)
def test_what_cannot_be_played_says_why(wav: bytes, text: str) -> None:
    with pytest.raises(AudioFormatError, match=text):
        parse(wav)


@pytest.mark.parametrize(("tag", "bits"), [(7, 8), (6, 8), (2, 4), (0x55, 0), (1, 12), (3, 16)])
def test_other_codecs_are_told_apart_from_damage(tag: int, bits: int) -> None:
    with pytest.raises(WavCodecError):
        parse(riff(chunk(b"fmt ", fmt(tag=tag, bits=bits, align=1)), DATA))


GOOD = riff(chunk(b"LIST", b"odd"), chunk(b"fmt ", fmt(channels=2)), chunk(b"data", bytes(range(40))))


@settings(max_examples=300)
@given(
    st.binary(max_size=80)
    | st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=6).map(
        lambda edits: bytes(dict(edits).get(at, byte) for at, byte in enumerate(GOOD))
    )
    | st.integers(0, len(GOOD)).map(lambda end: GOOD[:end])
)
@example(riff(chunk(b"fmt ", fmt(), size=0xFFFFFFF0), DATA))
def test_any_bytes_are_audio_or_a_format_error(wav: bytes) -> None:
    try:
        audio = parse(wav)
    except AudioFormatError:
        return
    heard = b"".join(audio.pcm(io.BytesIO(wav), audio.sample_rate))
    assert 0 < len(heard) == 2 * audio.frames
