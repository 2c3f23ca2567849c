"""Audio without I/O and without opinions: PCM16, WAV, containers, resampling."""

from speko.audio.encode import AudioEncoder, Mp3Encoder, PcmEncoder, WavEncoder, encoder_for
from speko.audio.errors import AudioFormatError
from speko.audio.pcm import SampleAligner, duration_ms
from speko.audio.recording import Recording
from speko.audio.resample import Resampler
from speko.audio.wav import wav_header

__all__ = [
    "AudioEncoder",
    "AudioFormatError",
    "Mp3Encoder",
    "PcmEncoder",
    "Recording",
    "Resampler",
    "SampleAligner",
    "WavEncoder",
    "duration_ms",
    "encoder_for",
    "wav_header",
]
