"""Compressed audio through libav (PyAV): what a file holds, and its sound."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, BinaryIO

import av
import av.error
from av.container import InputContainer

from speko.audio.errors import AudioFormatError
from speko.audio.pcm import MAX_SAMPLE_RATE, SAMPLE_BYTES, in_seconds
from speko.audio.resample import Resampler

MAX_DURATION_MS = 6 * 3600 * 1000

# Files that hold their own sound. Playlists and the like would make libav open other files and addresses.
_FORMATS = "aac,aiff,amr,au,caf,flac,matroska,webm,mov,mp4,m4a,3gp,mp3,ogg,w64,wav"
_AGREE_MS = 250
_SPARE_FAILURES = 8


@dataclass(frozen=True, slots=True)
class ContainerInfo:
    """What one pass over a file's packets tells."""

    duration_ms: int
    sample_rate: int
    """Hz, of the first frame decoded."""
    channels: int


def probe(reader: BinaryIO, max_duration_ms: int = MAX_DURATION_MS) -> ContainerInfo:
    """Read a file through, decoding no more than its first sound.

    The file's own duration counts where the packets bear it out; else the packets do.

    Args:
        reader: seekable, over the whole body; used from here on.
        max_duration_ms: longer audio is refused.

    Raises:
        AudioFormatError: not audio, nothing decodable in it, or too long.
    """
    with _as_format_error(), _open(reader) as container:
        stream = _audio_stream(container)
        first: av.AudioFrame | None = None
        ticks = 0
        for packet in container.demux(stream):
            ticks += packet.duration or 0
            if first is None:
                first = _first_sound(packet)
        if first is None:
            raise AudioFormatError("the audio file holds no sound that can be decoded")
        counted = ticks * (stream.time_base or Fraction(0)) * 1000
        claimed = Fraction(container.duration or 0, 1000)
        agree = not counted or abs(claimed - counted) <= _AGREE_MS
        milliseconds = round(claimed if claimed > 0 and agree else counted)
        _check_duration(milliseconds, max_duration_ms)
        _check_rate(first.sample_rate)
        return ContainerInfo(milliseconds, first.sample_rate, first.layout.nb_channels)


def decode(reader: BinaryIO, sample_rate: int, max_duration_ms: int = MAX_DURATION_MS) -> Iterator[bytes]:
    """PCM16 mono at `sample_rate` Hz in pieces of one second; the last may be shorter.

    Single broken packets are skipped, as players do.

    Args:
        reader: seekable, over the whole body; used from here on.
        sample_rate: Hz of what comes out.
        max_duration_ms: more sound than that is an error, however small the file.

    Raises:
        AudioFormatError: not audio, mostly broken, or too long; also after the first pieces.
    """
    with _as_format_error(), _open(reader) as container:
        yield from in_seconds(_resampled(container, sample_rate, max_duration_ms), sample_rate)


def _resampled(container: InputContainer, sample_rate: int, max_duration_ms: int) -> Iterator[bytes]:
    resampler: Resampler | None = None
    rate = 0
    milliseconds = 0.0
    for pcm, frame_rate in _sound(container):
        if resampler is None or frame_rate != rate:  # links of a chained file may differ
            if resampler:
                yield resampler.flush()
            rate = _check_rate(frame_rate)
            resampler = Resampler(rate, sample_rate)
        milliseconds += len(pcm) / SAMPLE_BYTES * 1000 / rate
        _check_duration(milliseconds, max_duration_ms)
        yield resampler.push(pcm)
    if resampler:
        yield resampler.flush()


def _sound(container: InputContainer) -> Iterator[tuple[bytes, int]]:
    """PCM16 mono, packet by packet, and its rate in Hz."""
    good = bad = 0
    to_mono = _ToMono()
    for packet in container.demux(_audio_stream(container)):
        try:
            sound = [(to_mono.convert(frame), frame.sample_rate) for frame in packet.decode()]
        except (av.error.FFmpegError, ValueError):
            bad += 1
            if bad > good + _SPARE_FAILURES:
                break
            continue
        good += 1
        yield from sound
    if bad > good:
        raise AudioFormatError("the audio file is damaged")


def _first_sound(packet: "av.Packet[av.AudioStream]") -> av.AudioFrame | None:
    try:
        return next((frame for frame in packet.decode() if frame.samples and _ToMono().convert(frame)), None)
    except (av.error.FFmpegError, ValueError):
        return None


_ODD_METADATA: dict[str, Any] = {} if int(av.__version__.split(".")[0]) >= 19 else {"metadata_errors": "replace"}
"""Tags that are not UTF-8 must not fail the file. Newer versions of PyAV, for newer Pythons, never fail on them."""


class _ToMono:
    """Frames of any layout to PCM16 mono, by libav itself.

    PyAV must not unpack what the decoder gives: with eight planes or more it reads past the end of the list of planes,
    so that a file with 7.1 sound, or damage that looks like it, would crash the process.
    """

    def __init__(self) -> None:
        self._shape: tuple[str, str, int] | None = None
        self._converter = av.AudioResampler()

    def convert(self, frame: av.AudioFrame) -> bytes:
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if shape != self._shape:
            self._shape = shape
            self._converter = av.AudioResampler("s16", "mono")
        return b"".join(mono.to_ndarray().tobytes() for mono in self._converter.resample(frame))


def _open(reader: BinaryIO) -> InputContainer:
    reader.seek(0)
    container: InputContainer = av.open(reader, "r", container_options={"format_whitelist": _FORMATS}, **_ODD_METADATA)
    return container


def _audio_stream(container: InputContainer) -> av.AudioStream:
    if not container.streams.audio:
        raise AudioFormatError("the file holds no audio")
    return container.streams.audio[0]


def _check_rate(sample_rate: int) -> int:
    if not 1 <= sample_rate <= MAX_SAMPLE_RATE:
        raise AudioFormatError(f"the sample rate of the audio is not within 1 to {MAX_SAMPLE_RATE} Hz")
    return sample_rate


def _check_duration(milliseconds: float, max_duration_ms: int) -> None:
    if milliseconds > max_duration_ms:
        raise AudioFormatError(f"the audio is longer than {max_duration_ms // 60000} minutes")


@contextmanager
def _as_format_error() -> Iterator[None]:
    """libav's errors, and PyAV's about what libav handed it, become ours."""
    try:
        yield
    except AudioFormatError:
        raise
    except (av.error.FFmpegError, ValueError, OverflowError, NotImplementedError) as error:
        raise AudioFormatError("the audio file is damaged or in a form that cannot be read") from error
