"""Recordings that are read, trimmed and written."""

import struct
import wave
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.cli.exits import CommandError
from speko.cli.talking.take import Take
from speko.cli.talking.wav import rate_of, read_wav, without_quiet_end, write_wav
from tests.cli.talking.agent import tone


def test_a_simple_file_is_read_as_it_is() -> None:
    write_wav("a.wav", 16000, tone(0.1))
    assert rate_of("a.wav") == 16000
    assert read_wav("a.wav", 16000) == tone(0.1)


def test_other_rates_widths_and_channels_are_converted() -> None:
    write_wav("a.wav", 8000, tone(0.5, 8000), tone(0.5, 8000))
    pcm = read_wav("a.wav", 24000)
    assert len(pcm) == 24000
    middle = struct.unpack("<h", pcm[12000:12002])[0]
    assert 7900 < middle < 8200
    with wave.open("b.wav", "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(16000)
        file.writeframes(b"\x80" * 1600)
    assert read_wav("b.wav", 16000) == bytes(3200)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"RIFF\0\0\0\0WAVE", b"words"])
def test_what_is_no_recording(content: bytes) -> None:
    Path("a.wav").write_bytes(content)
    assert rate_of("a.wav") is None
    with pytest.raises(CommandError) as raised:
        read_wav("a.wav", 16000)
    assert raised.value.code == "CANNOT_READ"


def test_files_that_are_not_there() -> None:
    assert rate_of("none.wav") is None
    with pytest.raises(CommandError, match=r"cannot read none\.wav"):
        read_wav("none.wav", 16000)
    with pytest.raises(CommandError, match="cannot write"):
        write_wav("none/a.wav", 16000, b"")


@given(st.binary(max_size=40).map(lambda data: data[: len(data) // 2 * 2]), st.integers(0, 50))
def test_the_quiet_end_goes_and_nothing_else(speech: bytes, quiet: int) -> None:
    loud = speech + struct.pack("<h", -301)
    assert without_quiet_end(loud + struct.pack("<h", 300) * quiet) == loud


def test_nothing_but_silence() -> None:
    assert without_quiet_end(bytes(100)) == b""
    assert without_quiet_end(b"") == b""


def test_both_sides_on_one_clock() -> None:
    take = Take(1000, began=5.0)
    take.user(5.0, tone(0.01, 1000))
    take.agent(5.02, tone(0.01, 1000))
    take.user(5.009, tone(0.01, 1000))  # the clock trembles: sound is never put over sound
    take.user(5.04, tone(0.005, 1000))
    take.save("both.wav")
    with wave.open("both.wav", "rb") as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (2, 1000, 45)
        samples = struct.unpack("<90h", file.readframes(45))
    user, agent = samples[0::2], samples[1::2]
    assert [index for index, sample in enumerate(user) if sample] == [*range(20), *range(40, 45)]
    assert [index for index, sample in enumerate(agent) if sample] == list(range(20, 30))
