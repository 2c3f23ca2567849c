"""Encoders from PCM16 mono to what a caller asks for in `Accept`, chunk by chunk."""

from collections.abc import Iterator
from typing import Protocol

import av
import av.audio.codeccontext
import numpy as np

from speko.audio.resample import Resampler
from speko.audio.sniff import MP3, PCM, WAV
from speko.audio.wav import wav_header


class AudioEncoder(Protocol):
    """One stream of sound on its way out. Takes whole samples."""

    content_type: str

    def push(self, pcm: bytes) -> bytes:
        """What is ready after this PCM16 mono; may be empty."""
        ...

    def flush(self) -> bytes:
        """The rest. The stream ends here."""
        ...


class PcmEncoder:
    """The samples as they are. `sample_rate` in Hz."""

    def __init__(self, sample_rate: int) -> None:
        self.content_type = f"{PCM};rate={sample_rate}"

    def push(self, pcm: bytes) -> bytes:
        return pcm

    def flush(self) -> bytes:
        return b""


class WavEncoder:
    """A WAVE header with unknown sizes, since it leaves before the end is known, then the samples."""

    content_type = WAV

    def __init__(self, sample_rate: int) -> None:
        self._header = wav_header(sample_rate, None)

    def push(self, pcm: bytes) -> bytes:
        header, self._header = self._header, b""
        return header + pcm

    def flush(self) -> bytes:
        return self.push(b"")


_MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)


class Mp3Encoder:
    """Bare MPEG audio frames at a constant bit rate, through LAME.

    `sample_rate` (Hz) is converted to the next rate that MP3 knows.
    """

    content_type = MP3

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = next((rate for rate in _MP3_RATES if rate >= sample_rate), _MP3_RATES[-1])
        self._resampler = Resampler(sample_rate, self.sample_rate)
        self._lame = _lame(self.sample_rate)

    def push(self, pcm: bytes) -> bytes:
        return self._encode(self._resampler.push(pcm))

    def flush(self) -> bytes:
        rest = self._encode(self._resampler.flush())
        return rest + b"".join(bytes(packet) for packet in self._lame.encode(None))

    def _encode(self, pcm: bytes) -> bytes:
        if not pcm:
            return b""
        frame = av.AudioFrame.from_ndarray(np.frombuffer(pcm, "<i2").reshape(1, -1), "s16", "mono")
        frame.sample_rate = self.sample_rate
        return b"".join(bytes(packet) for packet in self._lame.encode(frame))


def _lame(sample_rate: int) -> av.AudioCodecContext:
    codec = av.AudioCodecContext.create("libmp3lame", "w")
    codec.sample_rate = sample_rate
    codec.layout = "mono"
    codec.format = "s16p"
    # bit/s; the low MPEG versions have speech's whole band in 64k
    codec.bit_rate = 64_000 if sample_rate <= 24000 else 128_000
    return codec


_ENCODERS: dict[str, type[PcmEncoder] | type[WavEncoder] | type[Mp3Encoder]] = {
    "audio/wav": WavEncoder,
    "audio/x-wav": WavEncoder,
    "audio/wave": WavEncoder,
    "audio/vnd.wave": WavEncoder,
    "audio/mpeg": Mp3Encoder,
    "audio/mp3": Mp3Encoder,
    "audio/pcm": PcmEncoder,
    "audio/*": PcmEncoder,
    "*/*": PcmEncoder,
}


def encoder_for(accept: str | None, sample_rate: int) -> AudioEncoder:
    """The encoder for an `Accept` header (RFC 9110, section 12.5.1).

    The highest q wins; among equals a type wins over a wildcard, then the first one. Whatever names neither WAV nor
    MP3, or cannot be read, gets PCM.

    Args:
        accept: the header, all its lines joined by commas.
        sample_rate: Hz of the PCM that will be pushed.
    """
    best: tuple[float, bool] = (0.0, False)
    chosen: type[PcmEncoder] | type[WavEncoder] | type[Mp3Encoder] = PcmEncoder
    for media_type, quality in _ranges(accept or ""):
        encoder = _ENCODERS.get(media_type)
        rank = (quality, not media_type.endswith("*"))
        if encoder and quality > 0 and rank > best:
            best, chosen = rank, encoder
    return chosen(sample_rate)


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    for part in accept.split(","):
        media_type, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip() == "q":
                quality = _quality(value.strip())
        yield media_type, quality


def _quality(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if 0 <= value <= 1 else 0.0
