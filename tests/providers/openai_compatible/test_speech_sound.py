"""Sound as it arrives, without a network."""

import itertools
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.audio import wav_header
from speko.providers.errors import MalformedResponse
from speko.providers.openai_compatible.speech_sound import SpeechSound

PCM = bytes(range(200))


def decode(*pieces: bytes, raw_rate: int = 24000) -> tuple[bytes, set[int]]:
    """The whole sound, and the rates that its chunks say."""
    sound = SpeechSound(raw_rate)
    chunks = [chunk for piece in pieces for chunk in sound.push(piece)] + sound.push(b"", last=True)
    assert all(chunk.pcm and len(chunk.pcm) % 2 == 0 for chunk in chunks)
    return b"".join(chunk.pcm for chunk in chunks), {chunk.sample_rate for chunk in chunks}


def wav(layout: bytes, data: bytes, *, size: int | None = None, before: bytes = b"") -> bytes:
    chunks = b"fmt " + struct.pack("<I", len(layout)) + layout + before
    chunks += b"data" + struct.pack("<I", len(data) if size is None else size) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def layout(tag: int, channels: int, rate: int, bits: int) -> bytes:
    width = channels * bits // 8
    return struct.pack("<HHIIHH", tag, channels, rate, rate * width, width, bits)


def test_raw_sound() -> None:
    assert decode(PCM, raw_rate=16000) == (PCM, {16000})


def test_raw_sound_shorter_than_any_header() -> None:
    assert decode(b"\x01\x02") == (b"\x01\x02", {24000})
    assert decode(b"\x01") == (b"", set())
    assert decode(b"") == (b"", set())


def test_half_a_sample_at_the_very_end_is_dropped() -> None:
    assert decode(PCM + b"\x01")[0] == PCM


@pytest.mark.parametrize("size", [None, 0, 0xFFFFFFFF, 0x7FFFFFFF])
def test_a_wave_file_whatever_it_says_about_its_length(size: int | None) -> None:
    assert decode(wav(layout(1, 1, 22050, 16), PCM, size=size)) == (PCM, {22050})


def test_what_follows_the_sound_is_not_played() -> None:
    tagged = wav(layout(1, 1, 16000, 16), PCM) + b"LIST" + struct.pack("<I", 4) + b"junk"
    assert decode(tagged)[0] == PCM


def test_chunks_before_the_sound() -> None:
    listed = b"LIST" + struct.pack("<I", 5) + b"odd!!\x00"
    assert decode(wav(layout(1, 1, 16000, 16), PCM, before=listed)) == (PCM, {16000})


def test_stereo_and_floats_become_pcm16_mono() -> None:
    samples = np.array([[0.5, 0.0], [-1.0, -1.0], [0.25, 0.75]], "<f4")
    sound = np.frombuffer(decode(wav(layout(3, 2, 48000, 32), samples.tobytes()))[0], "<i2")
    assert sound.tolist() == [8192, -32768, 16384]


@pytest.mark.parametrize(
    "data",
    [
        b"RIFF\x00\x00\x00\x00WAVE",
        b"RIFF\x00\x00\x00\x00WAVEdata\x04\x00\x00\x00abcd",
        wav(layout(7, 1, 8000, 8), PCM),
        wav(layout(1, 0, 8000, 16), PCM),
        b"RIFF\x00\x00\x00\x00WAVE" + (b"junk" + struct.pack("<I", 2**15) + bytes(2**15)) * 4,
    ],
)
def test_headers_that_cannot_be_read(data: bytes) -> None:
    with pytest.raises(MalformedResponse):
        decode(data)


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", wav_header(8000, None), wav(layout(1, 2, 8000, 16), b"", size=0)]),
    st.lists(st.integers(0, 500), max_size=12),
)
def test_reads_of_any_size_give_the_same_sound(data: bytes, header: bytes, cuts: list[int]) -> None:
    stream = header + data
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    pieces = [stream[start:end] for start, end in itertools.pairwise(edges)]
    assert decode(*pieces) == decode(stream)
