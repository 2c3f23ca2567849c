"""Encoders whose frames need a container round them: Opus in Ogg, AAC in ADTS, FLAC. All stream: nothing written is
written again, so the lengths in their headers stay open."""

from typing import ClassVar

import av
import numpy as np

from speko.audio.resample import Resampler


class _Sink:
    """Where the container writes to; it has no way back."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        """Takes the next bytes."""
        self._written += data
        return len(data)

    def take(self) -> bytes:
        """What was written since the last time."""
        taken, self._written = bytes(self._written), bytearray()
        return taken


class _MuxedEncoder:
    """PCM16 mono at `sample_rate` Hz into one container."""

    content_type: str
    _container: ClassVar[str]
    _codec: ClassVar[str]
    _rate: ClassVar[int | None] = None
    """Hz that the codec takes; None = any."""
    _options: ClassVar[dict[str, str]] = {}

    def __init__(self, sample_rate: int) -> None:
        self._sample_rate = self._rate or sample_rate
        self._resampler = Resampler(sample_rate, self._sample_rate)
        self._sink = _Sink()
        self._output = av.open(self._sink, "w", format=self._container, options=self._options)
        stream = self._output.add_stream(self._codec, rate=self._sample_rate, layout="mono")
        assert isinstance(stream, av.AudioStream)  # noqa: S101 - its codec is one of sound
        self._stream = stream

    def push(self, pcm: bytes) -> bytes:
        """What is ready after this sound."""
        self._encode(self._resampler.push(pcm))
        return self._sink.take()

    def flush(self) -> bytes:
        """The rest, and the end of the container."""
        self._encode(self._resampler.flush())
        for packet in self._stream.encode(None):
            self._output.mux(packet)
        self._output.close()
        return self._sink.take()

    def _encode(self, pcm: bytes) -> None:
        if not pcm:
            return
        frame = av.AudioFrame.from_ndarray(np.frombuffer(pcm, "<i2").reshape(1, -1), "s16", "mono")
        frame.sample_rate = self._sample_rate
        for packet in self._stream.encode(frame):
            self._output.mux(packet)


class OpusEncoder(_MuxedEncoder):
    """Opus in Ogg, a page every 20 ms, so that nobody waits for a page to fill."""

    content_type = "audio/ogg"
    _container, _codec, _rate = "ogg", "libopus", 48_000
    _options: ClassVar[dict[str, str]] = {"page_duration": "20000"}  # in microseconds


class AacEncoder(_MuxedEncoder):
    """AAC in ADTS, which players take from the middle too."""

    content_type = "audio/aac"
    _container, _codec = "adts", "aac"


class FlacEncoder(_MuxedEncoder):
    """FLAC, bit for bit."""

    content_type = "audio/flac"
    _container, _codec = "flac", "flac"
