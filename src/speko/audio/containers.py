"""Compressed audio through libav (PyAV): what a file holds, and its sound."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO, NoReturn

import av
import av.error

from speko.audio.errors import AudioFormatError
from speko.audio.pcm import MAX_SAMPLE_RATE, in_seconds, mono_pcm16
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
                first = next(iter(_decode(packet)), None)
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
        yield from in_seconds(_resampled(_frames(container), sample_rate, max_duration_ms), sample_rate)


def _resampled(frames: Iterator[av.AudioFrame], sample_rate: int, max_duration_ms: int) -> Iterator[bytes]:
    resampler: Resampler | None = None
    rate = 0
    milliseconds = 0.0
    for frame in frames:
        if resampler is None or frame.sample_rate != rate:  # links of a chained file may differ
            if resampler:
                yield resampler.flush()
            rate = _check_rate(frame.sample_rate)
            resampler = Resampler(rate, sample_rate)
        milliseconds += frame.samples * 1000 / rate
        _check_duration(milliseconds, max_duration_ms)
        yield resampler.push(_mono(frame))
    if resampler:
        yield resampler.flush()


def _frames(container: av.container.InputContainer) -> Iterator[av.AudioFrame]:
    good = bad = 0
    for packet in container.demux(_audio_stream(container)):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            bad += 1
            if bad > good + _SPARE_FAILURES:
                break
            continue
        good += 1
        yield from frames
    if bad > good:
        raise AudioFormatError("the audio file is damaged")


def _decode(packet: "av.Packet[av.AudioStream]") -> list[av.AudioFrame]:
    try:
        return [frame for frame in packet.decode() if frame.samples]
    except av.error.InvalidDataError:
        return []


def _mono(frame: av.AudioFrame) -> bytes:
    samples = frame.to_ndarray()
    channels = frame.layout.nb_channels
    return mono_pcm16(samples.T if frame.format.is_planar else samples.reshape(-1, channels))


def _open(reader: BinaryIO) -> av.container.InputContainer:
    reader.seek(0)
    return av.open(
        reader,
        "r",
        container_options={"format_whitelist": _FORMATS},
        metadata_errors="replace",
        io_open=_refuse,
    )


def _refuse(*_: object) -> NoReturn:
    raise AudioFormatError("the audio file refers to another file")


def _audio_stream(container: av.container.InputContainer) -> av.AudioStream:
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
