"""Audio without I/O and without opinions: PCM16, WAV, containers, resampling."""

from speko.audio.recording import AudioFormatError, Recording

__all__ = ["AudioFormatError", "Recording"]
