"""Sounds for the audio tests: pure tones, files made from them, and what an ear would say about them."""

import io

import av
import numpy as np


def tone(rate: int, seconds: float, hz: float = 440.0, peak: int = 12000) -> bytes:
    """PCM16 mono of a sine."""
    time = np.arange(round(rate * seconds)) / rate
    return (peak * np.sin(2 * np.pi * hz * time)).astype("<i2").tobytes()


def pitch(pcm: bytes, rate: int) -> float:
    """Hz of the loudest part."""
    samples = np.frombuffer(pcm, "<i2").astype(np.float64)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax() * rate / len(samples))


def loudness(pcm: bytes) -> float:
    """RMS in the units of int16."""
    return float(np.sqrt(np.mean(np.frombuffer(pcm, "<i2").astype(np.float64) ** 2)))


def encoded(container: str, codec: str, rate: int, seconds: float, *, layout: str = "mono") -> bytes:
    """A file of a 440 Hz sine; `container` and `codec` are libav's names."""
    sink = io.BytesIO()
    with av.open(sink, "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate, options={"strict": "experimental"})
        assert isinstance(stream, av.AudioStream)
        stream.layout = layout
        mono = np.frombuffer(tone(rate, seconds), "<i2")
        samples = np.repeat(mono, stream.layout.nb_channels)
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), "s16", layout)
        frame.sample_rate = rate
        frame.pts = 0
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return sink.getvalue()
